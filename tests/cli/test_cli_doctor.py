"""``doctor``: what it finds without a network, and what it says of hosts that can't be used."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme

from payerproof.cli.checkup import Finding
from payerproof.cli.checkup_network import hosts, look_at_hosts
from payerproof.target import load_target

Say = Callable[..., Any]


@pytest.fixture(autouse=True)
def _a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "browser"
    path.write_text("#!/bin/sh\necho Chromium 147.0\n")
    path.chmod(0o755)
    monkeypatch.setenv("PAYERPROOF_BROWSER", str(path))


def test_offline_and_well(say: Say, payer: Path) -> None:
    said = say("doctor", str(payer), "--offline")
    assert said.code == 0
    assert "ok      payer file" in said.out
    assert "Chromium 147.0" in said.out
    assert "note    not tested: whatever needs two registered apps" in said.out


def test_offline_and_ill(say: Say, payer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADA_PASSWORD")
    said = say("doctor", str(payer), "--offline", "--format", "json")
    told = json.loads(said.out)
    assert (said.code, told["exit_code"]) == (2, 2)
    (found,) = [one for one in told["findings"] if one["state"] == "problem"]
    assert f"{payer}:15: personas[0].password" in found["sentence"]


def test_a_missing_browser_is_named(say: Say, payer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYERPROOF_BROWSER", "/nowhere/browser")
    said = say("doctor", str(payer), "--offline")
    assert said.code == 2
    assert "/nowhere/browser" in said.out


def test_offline_sends_nothing(say: Say, payer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert say("doctor", str(payer), "--offline").code == 0


# -- hosts ------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[int, trustme.CA]]:
    """A TLS server on this machine, with its authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as talk:
                    talk.recv(1)
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], authority
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def look(payer: Path, address: str, more: str = "") -> list[Finding]:
    text = payer.read_text().replace("https://fhir.plan.example/r4", address)
    payer.write_text(text + more)
    return list(look_at_hosts(load_target(payer)))


def test_a_trusted_certificate(payer: Path, server: tuple[int, trustme.CA], tmp_path: Path) -> None:
    port, authority = server
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (found,) = look(payer, f"https://localhost:{port}/", '[tls]\nca_bundle = "ca.pem"\n')
    assert (found.state, found.code) == ("fine", 0)
    assert found.sentence.startswith("TLSv1.3, trusted, ")


def test_a_foreign_certificate_is_code_4_and_says_where_to_put_the_authority(
    payer: Path, server: tuple[int, trustme.CA]
) -> None:
    (found,) = look(payer, f"https://localhost:{server[0]}/")
    assert (found.state, found.code) == ("problem", 4)
    assert "not trusted" in found.sentence
    assert "tls.ca_bundle" in found.sentence


def test_nobody_listens(payer: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    (found,) = look(payer, f"https://localhost:{port}/")
    assert (found.state, found.code) == ("problem", 4)
    assert found.sentence == "can't be reached: Connection refused."


def test_an_unknown_name(payer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    (found,) = look(payer, "https://fhir.plan.example/r4")
    assert found.code == 4
    assert "the name fhir.plan.example is not known here" in found.sentence


def test_each_host_is_looked_at_once(payer: Path) -> None:
    payer.write_text(
        payer.read_text().replace(
            "[[apps]]",
            '[pages]\ndeveloper_docs = "https://fhir.plan.example/docs"\n'
            'app_gallery = "http://apps.plan.example/"\n[[apps]]',
            1,
        )
    )
    assert hosts(load_target(payer)) == [
        ("fhir.plan.example", 443, True),
        ("apps.plan.example", 80, False),
    ]


def test_every_trouble_of_the_browser_is_put_in_words() -> None:
    from payerproof.browser.facts import TROUBLES as KNOWN
    from payerproof.cli.checkup_login import TROUBLES

    assert set(TROUBLES) == set(KNOWN)
