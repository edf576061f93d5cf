from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme
from raw_server import RawServer, ok

from payerproof.polite import Http, Unreachable, plain_http, probe_versions
from payerproof.polite.tls_probe import VERSIONS, can_speak

CERTIFICATE = trustme.CA().issue_cert("127.0.0.1")


@contextmanager
def speaking(lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CERTIFICATE.configure_cert(context)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest

    def serve() -> None:
        for _ in VERSIONS:
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as talk:
                    talk.recv(1)
            except OSError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("lowest", "highest"),
    [
        ("TLS 1.2", "TLS 1.3"),
        ("TLS 1.2", "TLS 1.2"),
        ("TLS 1.3", "TLS 1.3"),
        ("TLS 1.0", "TLS 1.2"),
    ],
)
def test_versions_are_told_apart(lowest: str, highest: str) -> None:
    with speaking(VERSIONS[lowest], VERSIONS[highest]) as port:
        found = probe_versions("127.0.0.1", port, timeout=60)
    for name, version in VERSIONS.items():
        expected = VERSIONS[lowest] <= version <= VERSIONS[highest]
        assert found[name] == (expected if can_speak(version) else None), name


def test_a_version_this_computer_cannot_speak_is_not_called_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("payerproof.polite.tls_probe.can_speak", lambda version: version > 0x0302)
    with speaking(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) as port:
        found = probe_versions("127.0.0.1", port, timeout=60)
    assert found == {"TLS 1.0": None, "TLS 1.1": None, "TLS 1.2": True, "TLS 1.3": True}


def test_a_server_that_falls_silent_is_not_called_refusing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert set(probe_versions("127.0.0.1", port, timeout=0.05).values()) == {None}


def test_a_port_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        probe_versions("127.0.0.1", port, timeout=1)
    assert caught.value.kind == "refused"


def test_plain_http_is_recorded_whatever_comes(
    make_http: Callable[..., Http], serve: Callable[..., RawServer]
) -> None:
    server = serve(ok(b"", "Location: https://p.example/", status="301 Moved"))
    found = plain_http(make_http(), "127.0.0.1", server.port, "/fhir/metadata")
    assert found.answer is not None
    assert found.answer.status == 301
    assert found.exchange == "gw0-1"
    assert server.targets() == ["/fhir/metadata"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    closed = plain_http(make_http(), "127.0.0.1", port)
    assert closed.answer is None
    assert closed.trouble is not None
    assert (closed.trouble.kind, closed.exchange) == ("refused", "gw0-2")
