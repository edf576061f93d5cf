"""A client as the harness makes it, and servers it can be pointed at."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from raw_server import FakeTime, Handler, RawServer

from payerproof.polite import Clock, Http
from payerproof.record import Recorder, read_segment
from payerproof.redact import Redactor


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    servers: list[RawServer] = []

    def start(handler: Handler | bytes, tls: ssl.SSLContext | None = None) -> RawServer:
        if isinstance(handler, bytes):
            reply = handler

            def always(connection: socket.socket, head: bytes, number: int) -> None:
                connection.sendall(reply)

            servers.append(RawServer(always, tls))
        else:
            servers.append(RawServer(handler, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path / "gw0.jsonl", Redactor(b"k" * 32), "gw0")
    yield recorder
    recorder.close()


@pytest.fixture
def lines(recorder: Recorder) -> Callable[[], list[dict[str, Any]]]:
    return lambda: read_segment(recorder.segment)


@pytest.fixture
def make_http(recorder: Recorder) -> Iterator[Callable[..., Http]]:
    clients: list[Http] = []

    def make(
        *, share: float = 1.0, clock: Clock | None = None, tls: Any = None, **limits: Any
    ) -> Http:
        defaults = {
            "requests_per_second": 1000.0,
            "concurrency": 8,
            "deadline_seconds": 60.0,
            "connect_seconds": 30.0,
            "max_body_bytes": 1_000_000,
            "max_export_bytes": 3_000_000,
        }
        files = {"ca_bundle": None, "client_certificate": None, "client_key": None, "proxy": None}
        clients.append(
            Http(
                recorder,
                SimpleNamespace(**{**defaults, **limits}),
                SimpleNamespace(**{**files, **(tls or {})}),
                share=share,
                clock=clock,
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()
