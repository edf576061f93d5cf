"""Which versions of TLS a server speaks, and whether it answers without TLS.

A probe shakes hands and hangs up: nothing is sent over the connection, so the certificate is of
no concern here; `Http` verifies it on every request. A proxy of the payer file is not used.
"""

from __future__ import annotations

import socket
import ssl
import warnings
from dataclasses import dataclass

from payerproof.polite.answer import Answer
from payerproof.polite.http import Http
from payerproof.polite.trouble import Unreachable

VERSIONS = {
    "TLS 1.0": ssl.TLSVersion.TLSv1,
    "TLS 1.1": ssl.TLSVersion.TLSv1_1,
    "TLS 1.2": ssl.TLSVersion.TLSv1_2,
    "TLS 1.3": ssl.TLSVersion.TLSv1_3,
}


def probe_versions(host: str, port: int, *, timeout: float) -> dict[str, bool | None]:
    """``{"TLS 1.0": False, …}``: True where a handshake came about, False where it was refused.

    None where it cannot be told: this computer's OpenSSL cannot speak that version, or the server
    fell silent for `timeout` seconds. Raises `Unreachable` where no connection can be made.
    """
    return {
        name: _accepts(host, port, version, timeout) if can_speak(version) else None
        for name, version in VERSIONS.items()
    }


def can_speak(version: ssl.TLSVersion) -> bool:
    """True where this computer's OpenSSL gets as far as a greeting in that version alone."""
    try:
        outgoing = ssl.MemoryBIO()
        talk = _context(version).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        talk.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.pending > 0
    except (ssl.SSLError, ValueError):
        return False
    return False  # a handshake without a peer cannot end


@dataclass(frozen=True, slots=True)
class PlainHttp:
    """What a server does with a request that is not encrypted."""

    answer: Answer | None
    """The answer to the unencrypted request, redirects not followed; None where there was none."""
    trouble: Unreachable | None
    """Why there was no answer."""

    @property
    def exchange(self) -> str:
        """Id of the recorded attempt."""
        if self.answer is not None:
            return self.answer.exchange
        return self.trouble.exchange if self.trouble else ""


def plain_http(
    http: Http, host: str, port: int = 80, target: str = "/", *, deadline: float | None = None
) -> PlainHttp:
    """Ask for `target` (path and query) over unencrypted HTTP, without credentials; recorded."""
    name = f"[{host}]" if ":" in host else host
    try:
        return PlainHttp(http.send("GET", f"http://{name}:{port}{target}", deadline=deadline), None)
    except Unreachable as trouble:
        return PlainHttp(None, trouble)


def _accepts(host: str, port: int, version: ssl.TLSVersion, timeout: float) -> bool | None:
    try:
        connection = socket.create_connection((host, port), timeout)
    except OSError as trouble:
        raise unreachable(host, port, trouble, "which versions of TLS it speaks") from trouble
    try:
        with connection, _context(version).wrap_socket(connection, server_hostname=host) as talk:
            return talk.version() is not None
    except TimeoutError:
        return None
    except ssl.SSLError as trouble:
        # an alert about our certificate comes only once the version is settled
        return any(word in (trouble.reason or "") for word in ("CERTIFICATE", "UNKNOWN_CA"))
    except OSError:
        return False  # the connection was closed, which is a way to refuse too


def unreachable(host: str, port: int, trouble: OSError, wanted: str) -> Unreachable:
    """What to raise where no connection can be made to see what is `wanted`."""
    why = (trouble.strerror or "no answer in time").lower()
    return Unreachable(
        _kind(trouble), f"{host}:{port} could not be reached to see {wanted} ({why})"
    )


def _kind(trouble: OSError) -> str:
    if isinstance(trouble, socket.gaierror):
        return "dns"
    return "timeout" if isinstance(trouble, TimeoutError) else "refused"


def _context(version: ssl.TLSVersion) -> ssl.SSLContext:
    """Offers one version only, with every cipher that OpenSSL was built with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # naming an old version warns, which is what a probe for old versions is about
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = version
        context.maximum_version = version
    return context
