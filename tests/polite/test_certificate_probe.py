"""The probe sees whether a handshake asks for a certificate, whatever comes of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import trustme

from payerproof.polite import Unreachable, asks_for_certificate

AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1")


@contextmanager
def asking(mode: ssl.VerifyMode, version: ssl.TLSVersion) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CERTIFICATE.configure_cert(context)
    AUTHORITY.configure_trust(context)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = mode

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as talk:
                talk.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("mode", "asked"),
    [(ssl.CERT_REQUIRED, True), (ssl.CERT_OPTIONAL, True), (ssl.CERT_NONE, False)],
)
def test_a_request_is_seen(mode: ssl.VerifyMode, asked: bool, version: ssl.TLSVersion) -> None:
    with asking(mode, version) as port:
        assert asks_for_certificate("127.0.0.1", port, timeout=20) is asked


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable, match="whether it asks for a certificate"):
        asks_for_certificate("127.0.0.1", port, timeout=5)
