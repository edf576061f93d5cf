"""The payer file's CA serves the browser, and a certificate of any other CA is refused."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from payerproof.browser.agent import BrowserAgent
from payerproof.browser.engine import Browser
from payerproof.browser.errors import PageUnreachable
from payerproof.record import Recorder
from payerproof.target import load_target

pytestmark = pytest.mark.browser


class Secure:
    """An HTTPS server on loopback with the given chain."""

    def __init__(self, leaf: trustme.LeafCert, *more: bytes, client_ca: Path | None = None) -> None:
        self.names: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                assert isinstance(self.connection, ssl.SSLSocket)
                subject = dict(
                    pair[0] for pair in (self.connection.getpeercert() or {}).get("subject", ())
                )  # type: ignore[misc,arg-type]
                outer.names.append(subject.get("organizationName", ""))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>reached</title><h1>Plan</h1>")

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with leaf.private_key_and_cert_chain_pem.tempfile() as file:
            pem = Path(file).read_bytes() + b"".join(more)
            Path(file).write_bytes(pem)
            context.load_cert_chain(file)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"https://localhost:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        return  # refused handshakes are the point of these tests


@pytest.fixture(scope="module")
def ours() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def theirs() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, ours: trustme.CA, theirs: trustme.CA) -> Path:
    made = tmp_path_factory.mktemp("tls")
    ours.cert_pem.write_to_path(made / "ours.pem")
    theirs.cert_pem.write_to_path(made / "theirs.pem")
    client = theirs.issue_cert("payerproof@client.example", organization_name="Tester")
    client.private_key_pem.write_to_path(made / "client.key")
    client.cert_chain_pems[0].write_to_path(made / "client.pem")
    return made


@pytest.fixture(scope="module")
def agent(folder: Path, browser: Browser, recorder: Recorder) -> Iterator[BrowserAgent]:
    (folder / "payer.toml").write_text(
        'name = "Plan"\nprogrammes = ["MA"]\nenvironment = "sandbox"\n'
        '[endpoints]\npatient_access = "https://localhost/fhir"\n'
        '[tls]\nca_bundle = "ours.pem"\nclient_certificate = "client.pem"\n'
        'client_key = "client.key"\n'
    )
    with BrowserAgent(load_target(folder / "payer.toml"), recorder, browser=browser) as running:
        yield running


def test_a_certificate_of_the_payer_files_ca_is_accepted(
    agent: BrowserAgent, ours: trustme.CA
) -> None:
    server = Secure(ours.issue_cert("localhost"))
    page = agent.visit(server.url)
    server.close()
    assert (page.title, page.status) == ("reached", 200)
    assert page.headers["content-type"] == "text/html"


def test_a_certificate_of_another_ca_is_refused(agent: BrowserAgent, theirs: trustme.CA) -> None:
    server = Secure(theirs.issue_cert("localhost"))
    with pytest.raises(PageUnreachable, match="the certificate was refused"):
        agent.visit(server.url)
    server.close()
    assert server.names == []


def test_a_certificate_for_another_name_is_refused(agent: BrowserAgent, ours: trustme.CA) -> None:
    server = Secure(ours.issue_cert("elsewhere.example"))
    with pytest.raises(PageUnreachable, match=r"certificate was refused.*localhost"):
        agent.visit(server.url)
    server.close()


def test_enclosing_the_trusted_ca_in_a_foreign_chain_does_not_help(
    agent: BrowserAgent, ours: trustme.CA, theirs: trustme.CA
) -> None:
    """What Chromium's own list of excused keys would let pass."""
    server = Secure(theirs.issue_cert("localhost"), ours.cert_pem.bytes())
    with pytest.raises(PageUnreachable, match="the certificate was refused"):
        agent.visit(server.url)
    server.close()


def test_the_client_certificate_is_shown_to_the_payer(
    agent: BrowserAgent, folder: Path, ours: trustme.CA
) -> None:
    server = Secure(ours.issue_cert("localhost"), client_ca=folder / "theirs.pem")
    page = agent.visit(server.url)
    server.close()
    assert page.title == "reached"
    assert server.names[0] == "Tester"


def test_only_the_relays_own_key_is_excused(agent: BrowserAgent, folder: Path) -> None:
    relay = agent.engine.relay
    assert relay is not None
    excused = [a for a in agent.engine.arguments() if "certificate" in a]
    assert excused == [f"--ignore-certificate-errors-spki-list={relay.spki}"]
    given = x509.load_pem_x509_certificate((folder / "ours.pem").read_bytes())
    public = given.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    import base64
    import hashlib

    assert base64.b64encode(hashlib.sha256(public).digest()).decode() != relay.spki
