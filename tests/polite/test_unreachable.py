"""Why no answer came: every sentence names host, cause, remedy and exchange."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from raw_server import RawServer, ok

from payerproof.polite import Http, TlsFilesError, Unreachable

Make = Callable[..., Http]
Serve = Callable[..., RawServer]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def trouble_with(http: Http, url: str, **how: Any) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        http.send("GET", url, **how)
    assert f"({{x:{caught.value.exchange}}})" in caught.value.sentence
    assert str(caught.value) == caught.value.sentence
    return caught.value


def test_a_name_that_nobody_knows(make_http: Make) -> None:
    trouble = trouble_with(make_http(), "http://nobody.invalid/fhir")
    assert trouble.kind == "dns"
    assert "nobody.invalid" in trouble.sentence


def test_a_name_that_takes_too_long(make_http: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def slow(*_: object, **__: object) -> None:
        asked.wait(30)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        trouble = trouble_with(make_http(connect_seconds=0.05), "http://slow.example/")
    finally:
        asked.set()
    assert trouble.kind == "timeout"
    assert "could not be looked up in time" in trouble.sentence


def test_a_port_where_nothing_listens(make_http: Make, lines: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    trouble = trouble_with(make_http(), f"http://127.0.0.1:{port}/?name=Ada")
    assert trouble.kind == "refused"
    assert f"127.0.0.1:{port} refused the connection" in trouble.sentence
    assert (lines()[0]["status"], lines()[0]["id"]) == (None, trouble.exchange)
    assert "Ada" not in str(lines())


def test_a_server_that_never_answers(make_http: Make, serve: Serve) -> None:
    server = serve(lambda connection, head, number: None)
    trouble = trouble_with(make_http(deadline_seconds=0.1), server.url)
    assert trouble.kind == "timeout"
    assert "after 0.1 seconds (limits.deadline_seconds" in trouble.sentence


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_server_that_drips_does_not_outlive_the_deadline(
    make_http: Make, serve: Serve, where: str
) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\nX-Slow: ")
        if where == "body":
            connection.sendall(b"\r\n\r\n")
        while not stop.wait(0.01):
            connection.sendall(b"x")
        return False

    try:
        trouble = trouble_with(make_http(), serve(drip).url, deadline=0.2)
    finally:
        stop.set()
    assert trouble.kind == "timeout"
    assert "0.2 seconds" in trouble.sentence


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http(make_http: Make, serve: Serve, answer: bytes) -> None:
    def say(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        return False

    trouble = trouble_with(make_http(), serve(say).url)
    assert trouble.kind == "protocol"
    assert "not a well-formed HTTP/1.1 response" in trouble.sentence


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
    ],
)
def test_a_body_that_breaks_off(make_http: Make, serve: Serve, lines: Any, answer: bytes) -> None:
    def say(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        return False

    trouble = trouble_with(make_http(), serve(say).url)
    assert trouble.kind == "protocol"
    assert "before the body was complete" in trouble.sentence
    assert [line["status"] for line in lines()] == [200]


@pytest.mark.parametrize("url", ["", "/token", "ftp://p.example/x", "app.example:/cb", "http:///x"])
def test_an_address_that_cannot_be_requested(make_http: Make, lines: Any, url: str) -> None:
    trouble = trouble_with(make_http(), url)
    assert trouble.kind == "protocol"
    assert "not an absolute http or https address" in trouble.sentence
    assert lines()[0]["status"] is None


def test_a_request_that_cannot_be_put_together(make_http: Make, serve: Serve) -> None:
    with pytest.raises(ValueError, match="cannot go over HTTP"):
        make_http().send("GET", serve(ok()).url, headers={"X-A": "line\nbreak"})


def test_an_authority_out_of_the_payer_file_is_trusted(
    make_http: Make, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    server = serve(ok(b'"safe"'), context)
    assert make_http(tls={"ca_bundle": bundle}).send("GET", server.url).json() == "safe"
    trouble = trouble_with(make_http(), server.url)
    assert trouble.kind == "tls"
    assert "an authority that is not known here" in trouble.sentence
    assert "tls.ca_bundle" in trouble.sentence


def test_a_bundle_that_does_not_hold_the_authority(
    make_http: Make, serve: Serve, bundle: Path
) -> None:
    stranger = server_context(trustme.CA().issue_cert("127.0.0.1"))
    trouble = trouble_with(make_http(tls={"ca_bundle": bundle}), serve(ok(), stranger).url)
    assert "tls.ca_bundle of the payer file does not hold its authority" in trouble.sentence


def test_a_certificate_for_another_name(
    make_http: Make, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    context = server_context(authority.issue_cert("other.example"))
    trouble = trouble_with(make_http(tls={"ca_bundle": bundle}), serve(ok(), context).url)
    assert trouble.kind == "tls"
    assert "is for another" in trouble.sentence
    assert "use the name that the certificate is for" in trouble.sentence


def test_an_expired_certificate(
    make_http: Make, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    context = server_context(authority.issue_cert("127.0.0.1", not_after=past))
    trouble = trouble_with(make_http(tls={"ca_bundle": bundle}), serve(ok(), context).url)
    assert "its certificate has expired; the payer has to renew it" in trouble.sentence


def test_a_self_signed_certificate(make_http: Make, serve: Serve, tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trouble = trouble_with(make_http(), serve(ok(), context).url)
    assert trouble.kind == "tls"
    assert "self-signed" in trouble.sentence
    assert "tls.ca_bundle" in trouble.sentence


def self_signed(folder: Path) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return paths


def test_a_server_that_asks_for_a_client_certificate(
    make_http: Make, serve: Serve, authority: trustme.CA, bundle: Path, tmp_path: Path
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    server = serve(ok(b'"known"'), context)
    trouble = trouble_with(make_http(tls={"ca_bundle": bundle}), server.url)
    assert trouble.kind == "tls"
    assert "tls.client_certificate" in trouble.sentence
    ours = authority.issue_cert("payerproof.example")
    certificate, key = tmp_path / "ours.pem", tmp_path / "ours.key"
    ours.cert_chain_pems[0].write_to_path(str(certificate))
    ours.private_key_pem.write_to_path(str(key))
    files = {"ca_bundle": bundle, "client_certificate": certificate, "client_key": key}
    assert make_http(tls=files).send("GET", server.url).json() == "known"


def test_https_where_plain_http_is_spoken(make_http: Make, serve: Serve) -> None:
    def talk(connection: socket.socket) -> None:
        with connection:
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: talk(listener.accept()[0]), daemon=True)
        thread.start()
        trouble = trouble_with(make_http(), f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(5)
    assert trouble.kind == "tls"
    assert "does not speak TLS on that port" in trouble.sentence


@pytest.mark.parametrize("key", ["ca_bundle", "client_certificate"])
@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_certificate_files_that_cannot_be_used(
    make_http: Make, tmp_path: Path, key: str, content: str | None
) -> None:
    path = tmp_path / "file.pem"
    if content:
        path.write_text(content)
    with pytest.raises(TlsFilesError, match=rf"tls\.{key} in the payer file"):
        make_http(tls={key: path})


def test_a_proxy_gets_the_request_as_it_is(make_http: Make, serve: Serve) -> None:
    proxy = serve(ok(b'"through"'))
    http = make_http(tls={"proxy": proxy.url})
    answer = http.send("GET", "http://payer.example/fhir//a%2Fb/../c")
    assert answer.json() == "through"
    assert proxy.targets() == ["http://payer.example/fhir//a%2Fb/../c"]


def test_a_tunnel_through_a_proxy(
    make_http: Make, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(ok(b'"through"'), server_context(authority.issue_cert("payer.example")))

    def tunnel(connection: socket.socket, head: bytes, number: int) -> bool:
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(there, connection), daemon=True)
            back.start()
            pump(connection, there)
            there.shutdown(socket.SHUT_RDWR)
            back.join(5)
        return False

    proxy = serve(tunnel)
    http = make_http(tls={"proxy": proxy.url, "ca_bundle": bundle})
    answer = http.send("GET", "https://payer.example:8443/fhir/./x", bearer="tok-12345678")
    assert answer.json() == "through"
    assert proxy.targets() == ["payer.example:8443"]
    assert b"tok-" not in proxy.heads[0]
    assert server.targets() == ["/fhir/./x"]


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return


def test_a_proxy_that_refuses(make_http: Make, serve: Serve) -> None:
    proxy = serve(ok(b"", status="403 Forbidden"))
    trouble = trouble_with(make_http(tls={"proxy": proxy.url}), "https://payer.example/")
    assert trouble.kind == "refused"
    assert "tls.proxy" in trouble.sentence


def test_environment_proxies_are_not_used(
    make_http: Make, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert make_http().send("GET", serve(ok()).url).status == 200
