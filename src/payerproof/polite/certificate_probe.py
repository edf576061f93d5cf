"""Whether a server asks its callers for a certificate (mutual TLS, RFC 8705 section 2).

The request for it is a message of the handshake (RFC 5246 section 7.4.4, RFC 8446 section 4.3.2),
so a probe that shakes hands sees it before anything is sent, and whatever comes of the handshake.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any

from payerproof.polite.tls_probe import unreachable

_CERTIFICATE_REQUEST = 13
"""Type of the handshake message, the same in TLS 1.2 and 1.3."""


def asks_for_certificate(host: str, port: int, *, timeout: float) -> bool:
    """True where the server's side of a handshake asks for our certificate; we show none.

    Raises `Unreachable` where no connection can be made.
    """
    asked: list[int] = []

    def watch(
        _connection: Any, direction: str, _version: Any, _kind: Any, what: Any, _data: bytes
    ) -> None:
        if direction == "read" and isinstance(what, int):
            asked.append(int(what))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # the module shows handshake messages to this attribute alone (there since Python 3.8)
    context._msg_callback = watch  # type: ignore[attr-defined]
    try:
        connection = socket.create_connection((host, port), timeout)
    except OSError as trouble:
        raise unreachable(host, port, trouble, "whether it asks for a certificate") from trouble
    with (
        contextlib.suppress(OSError),
        connection,
        context.wrap_socket(connection, server_hostname=host),
    ):
        pass
    return _CERTIFICATE_REQUEST in asked
