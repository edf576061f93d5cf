"""HTTP, polite: paced per host, within a deadline, recorded, and never surprising."""

from __future__ import annotations

from payerproof.polite.answer import Answer, Headers, NotJson
from payerproof.polite.certificate_probe import asks_for_certificate
from payerproof.polite.http import Http
from payerproof.polite.settings import Clock, LimitsLike, TlsLike
from payerproof.polite.tls_probe import PlainHttp, plain_http, probe_versions
from payerproof.polite.trouble import Unreachable
from payerproof.polite.wire import TlsFilesError, trust

__all__ = [
    "Answer",
    "Clock",
    "Headers",
    "Http",
    "LimitsLike",
    "NotJson",
    "PlainHttp",
    "TlsFilesError",
    "TlsLike",
    "Unreachable",
    "asks_for_certificate",
    "plain_http",
    "probe_versions",
    "trust",
]
