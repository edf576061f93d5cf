"""Why no answer came, in words that say which host, what happened and what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

KINDS = ("dns", "refused", "tls", "timeout", "too-large", "redirects", "protocol")


class Unreachable(Exception):
    """No usable answer came. `sentence` is for the reader and names the exchange.

    `kind` is one of ``dns``, ``refused``, ``tls``, ``timeout``, ``too-large``, ``redirects`` and
    ``protocol``; `exchange` is empty where nothing was recorded.
    """

    def __init__(self, kind: str, sentence: str, exchange: str = "") -> None:
        self.kind = kind
        self.sentence = f"{sentence} ({{x:{exchange}}})" if exchange else sentence
        self.exchange = exchange
        super().__init__(self.sentence)


class DeadlineExceeded(Exception):
    """The time for one answer is over; `phase` says what was being waited for."""

    def __init__(self, phase: str) -> None:
        self.phase = phase
        super().__init__(phase)


class BodyTooLarge(Exception):
    """The body is longer than may be read."""


class BadEncoding(Exception):
    """The body is not compressed in the way its label says."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the request was up against, for the sentence."""

    host: str
    """Host and port as they stand in the URL."""
    deadline: float
    connect: float
    max_body: int
    proxy: str | None
    has_bundle: bool


_CERTIFICATE = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed, and no authority vouches for it",
    19: "its certificate chain ends in a root that is not trusted here",
    20: "its certificate comes from an authority that is not known here, or the server leaves out "
    "an intermediate certificate",
    21: "its certificate cannot be verified, since the server leaves out the rest of the chain",
    23: "its certificate was revoked",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
"""Verification results of OpenSSL (x509_vfy.h) in words."""
_WRONG_NAME = {62, 64}
_WRONG_TIME = {9, 10}


def explain(trouble: BaseException, setting: Setting) -> tuple[str, str]:
    """Kind and sentence for what httpx, the socket or our own limits raised."""
    host = setting.host
    if isinstance(trouble, DeadlineExceeded):
        return "timeout", _timeout(trouble.phase, setting)
    if isinstance(trouble, BodyTooLarge):
        return "too-large", (
            f"the body from {host} is longer than the {setting.max_body:,} bytes that are read; "
            "raise limits.max_body_bytes in the payer file if such answers are meant"
        )
    if isinstance(trouble, BadEncoding):
        return "protocol", f"{host} sent a body that cannot be decompressed as its label says"
    for cause in causes(trouble):
        found = _low_level(cause, setting)
        if found:
            return found
    return _http_level(trouble, setting)


def causes(trouble: BaseException) -> Iterator[BaseException]:
    """`trouble` and what it came from, the innermost first."""
    chain: list[BaseException] = []
    while trouble not in chain:
        chain.append(trouble)
        before = trouble.__cause__ or trouble.__context__
        if before is None:
            break
        trouble = before
    return reversed(chain)


def was_reset(trouble: BaseException) -> bool:
    """True where the peer dropped the connection before it had answered."""
    if isinstance(trouble, httpx.RemoteProtocolError):
        return "without sending a response" in str(trouble)
    return any(
        isinstance(cause, ConnectionResetError | ConnectionAbortedError | BrokenPipeError)
        for cause in causes(trouble)
    )


def _low_level(cause: BaseException, setting: Setting) -> tuple[str, str] | None:
    host = setting.host
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "tls", _certificate(cause, setting)
    if isinstance(cause, ssl.SSLError):
        return "tls", _handshake(cause, setting)
    if isinstance(cause, socket.gaierror):
        return "dns", _unknown_name(setting)
    if isinstance(cause, ConnectionRefusedError):
        return "refused", (
            f"{_peer(setting)} refused the connection: nothing listens on that port, or a firewall "
            f"turned us away; see that {host} is the right address in the payer file"
        )
    if isinstance(cause, ConnectionError):
        return "protocol", f"{_peer(setting)} dropped the connection before it had answered"
    if isinstance(cause, OSError) and not isinstance(cause, TimeoutError) and cause.errno:
        return "refused", (
            f"no connection to {_peer(setting)} could be made "
            f"({(cause.strerror or 'network error').lower()})"
        )
    return None


def _http_level(trouble: BaseException, setting: Setting) -> tuple[str, str]:
    host = setting.host
    if isinstance(trouble, httpx.ConnectTimeout):
        phase = "connection" if setting.connect < setting.deadline else "answer"
        return "timeout", _timeout(phase, setting)
    if isinstance(trouble, httpx.TimeoutException | TimeoutError):
        return "timeout", _timeout("answer", setting)
    if isinstance(trouble, httpx.ProxyError):
        return "refused", (
            f"the proxy refused to connect us to {host}; see tls.proxy in the payer file"
        )
    if was_reset(trouble):
        return "protocol", f"{_peer(setting)} closed the connection without an answer"
    if "complete message body" in str(trouble) or "incomplete chunked" in str(trouble):
        return "protocol", f"{host} closed the connection before the body was complete"
    return "protocol", f"what {host} sent is not a well-formed HTTP/1.1 response"


def _peer(setting: Setting) -> str:
    return f"the proxy on the way to {setting.host}" if setting.proxy else setting.host


def _timeout(phase: str, setting: Setting) -> str:
    if phase == "connection":
        return (
            f"no connection to {_peer(setting)} came about within {setting.connect:g} seconds "
            "(limits.connect_seconds in the payer file)"
        )
    if phase == "name":
        return f"the name of {setting.host} could not be looked up in time"
    return (
        f"{setting.host} had not answered in full after {setting.deadline:g} seconds "
        "(limits.deadline_seconds in the payer file)"
    )


def _unknown_name(setting: Setting) -> str:
    if setting.proxy:
        return f"the proxy for {setting.host} has no known address; see tls.proxy in the payer file"
    return (
        f"no address is known for {setting.host}; see that the name in the payer file is right "
        "and can be resolved from here"
    )


def _certificate(cause: ssl.SSLCertVerificationError, setting: Setting) -> str:
    code = cause.verify_code
    what = _CERTIFICATE.get(code, f"its certificate does not verify ({cause.verify_message})")
    if code in _WRONG_NAME:
        advice = "use the name that the certificate is for in the payer file"
    elif code in _WRONG_TIME:
        advice = "the payer has to renew it; see also that the clock here is right"
    elif setting.has_bundle:
        advice = "the file in tls.ca_bundle of the payer file does not hold its authority"
    else:
        advice = (
            "if it belongs to the payer, put the PEM file of its authority into tls.ca_bundle "
            "of the payer file"
        )
    return f"{setting.host} could not be trusted: {what}; {advice}"


def _handshake(cause: ssl.SSLError, setting: Setting) -> str:
    reason = (cause.reason or "").upper()
    host = setting.host
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return (
            f"{host} broke off the TLS handshake; where it asks for a client certificate, put it "
            "into tls.client_certificate and tls.client_key of the payer file"
        )
    if "PROTOCOL" in reason and ("UNSUPPORTED" in reason or "ALERT" in reason):
        return f"{host} does not offer TLS 1.2 or later"
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason:
        return f"{host} does not speak TLS on that port; see whether the address should be http:"
    if "EOF" in reason or isinstance(cause, ssl.SSLEOFError):
        return f"{host} closed the connection in the midst of TLS"
    return f"the TLS handshake with {host} failed ({reason.replace('_', ' ').lower() or 'unknown'})"
