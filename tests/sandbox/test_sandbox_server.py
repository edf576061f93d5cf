"""The sandbox as a process of its own, over real TLS."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from payerproof.sandbox import Sandbox, SandboxError
from payerproof.sandbox.chaos import Chaos, with_chaos
from payerproof.sandbox.server import Server


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


def context(sandbox):
    return ssl.create_default_context(cafile=str(sandbox.ca_bundle))


def get(sandbox, url):
    with urllib.request.urlopen(url, context=context(sandbox)) as answer:
        return answer.status, answer.headers, json.load(answer)


def port(sandbox):
    found = urlsplit(sandbox.base).port
    assert found is not None
    return found


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_discovery_over_tls(sandbox, host):
    url = f"https://{host}:{port(sandbox)}/plain/fhir/.well-known/smart-configuration"
    status, headers, found = get(sandbox, url)
    assert status == 200
    assert found["token_endpoint"] == f"{sandbox.base}/plain/oauth/token"
    assert headers["strict-transport-security"]
    assert headers["server"] is None


@pytest.mark.parametrize("below", ["", "/metadata", "/Patient/1", "/Patient?name=a"])
def test_the_earlier_version_is_gone(sandbox, below):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(sandbox, f"{sandbox.base}/plain/fhir-dstu2{below}")
    assert caught.value.code == 410
    assert json.load(caught.value)["resourceType"] == "OperationOutcome"


def test_the_certificate_is_checked(sandbox):
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen(sandbox.base, context=ssl.create_default_context())
    assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "works"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_versions(sandbox, version, works):
    client = context(sandbox)
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    client.minimum_version = client.maximum_version = version
    with socket.create_connection(("127.0.0.1", port(sandbox))) as plain:
        if works:
            with client.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.version() == version.name.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError):
                client.wrap_socket(plain, server_hostname="localhost")


def test_plain_http_serves_nothing(sandbox):
    with socket.create_connection(("127.0.0.1", port(sandbox))) as plain:
        plain.settimeout(10)
        plain.sendall(b"GET /plain/fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP/")


def test_the_environment_names_what_a_payer_file_needs(sandbox):
    found = sandbox.environment("gateway")
    assert found["PAYERPROOF_SANDBOX_URL"] == f"{sandbox.base}/gateway"
    assert found["PAYERPROOF_SANDBOX_CA"] == str(sandbox.ca_bundle)
    assert found["PAYERPROOF_SANDBOX_CONTROL_TOKEN"]
    assert found["PAYERPROOF_SANDBOX_PASSWORD_ADA"]
    assert found["PAYERPROOF_SANDBOX_TOTP_ADA"]
    assert found["PAYERPROOF_SANDBOX_SECRET_CONFIDENTIAL"]
    key = json.loads(found["PAYERPROOF_SANDBOX_KEY_ASYMMETRIC"])
    assert (key["kty"], key["crv"]) == ("EC", "P-384")
    assert key["kid"]


def test_tenants_can_be_made(sandbox):
    assert sandbox.tenant("regional") == f"{sandbox.base}/regional"
    assert sandbox.tenant("plain", ["code-reusable"]) == f"{sandbox.base}/plain+code-reusable"
    assert sandbox.tenant("plain", name="mine") == f"{sandbox.base}/mine"
    with pytest.raises(SandboxError, match="no face 'nope'"):
        sandbox.tenant("nope")
    with pytest.raises(SandboxError, match="no defect"):
        sandbox.tenant("plain", ["nope"])


def test_secrets_are_in_no_repr(sandbox):
    text = repr(sandbox)
    assert sandbox.environment()["PAYERPROOF_SANDBOX_CONTROL_TOKEN"] not in text


def test_it_ends_with_its_parent():
    running = Sandbox()
    folder = running.ca_bundle.parent
    running.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port(running)), timeout=2)
    assert not folder.exists()


def test_importing_it_loads_neither_server_nor_data():
    code = (
        "import sys, payerproof.sandbox as s; "
        "print([m for m in sys.modules if m.split('.')[0] in ('starlette', 'uvicorn', 'joserfc')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_chaos_is_repeatable_and_spares_the_operator():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    def outcomes(path):
        import asyncio

        wrapped = with_chaos(app, Chaos(faults=0.5, seed=7))
        found = []

        async def send(message):
            if message["type"] == "http.response.start":
                found.append((message["status"], dict(message["headers"]).get(b"retry-after")))

        async def once():
            scope = {"type": "http", "path": path, "method": "GET", "headers": []}
            try:
                await wrapped(scope, None, send)
            except Exception as error:
                found.append(type(error).__name__)

        for _ in range(40):
            asyncio.run(once())
        return found

    first, second = outcomes("/plain/fhir/metadata"), outcomes("/plain/fhir/metadata")
    assert first == second
    assert (503, b"1") in first
    assert "_Dropped" in first
    assert (200, None) in first
    assert set(outcomes("/plain/control/clock")) == {(200, None)}


def test_a_dropped_answer_is_a_cut_connection_for_the_client():
    server = Server(chaos=Chaos(faults=1.0, seed=3))
    thread = threading.Thread(target=server.run)
    server.socket.listen()
    thread.start()
    client = ssl.create_default_context(cafile=str(server.certificates.authority))
    kinds = set()
    try:
        for _ in range(12):
            try:
                with urllib.request.urlopen(f"{server.house.origin}/", context=client) as answer:
                    answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    kinds.add(error.code)
            except Exception as error:
                kinds.add(type(error).__name__)
    finally:
        server.stop()
        thread.join()
    assert kinds == {503, "IncompleteRead"}


def inner_host(sandbox, defect):
    url = f"{sandbox.base}/plain+{defect}/fhir/.well-known/smart-configuration"
    return urlsplit(get(sandbox, url)[2]["introspection_endpoint"])


def in_the_clear(place):
    with socket.create_connection((place.hostname, place.port), 5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            return plain.recv(1000)
        except ConnectionResetError:
            return b""


def test_a_gateway_hands_on_to_the_main_host(sandbox):
    place = inner_host(sandbox, "http-redirects-at-an-inner-host")
    name = f"{place.scheme}://{place.netloc}/plain/fhir/metadata"
    assert get(sandbox, name)[2]["resourceType"] == "CapabilityStatement"
    request = urllib.request.Request(place.geturl(), b"token=none")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=context(sandbox))
    with refused.value:
        assert refused.value.code == 401


def test_a_gateway_speaks_in_the_clear_only_where_it_is_told_to(sandbox):
    assert in_the_clear(inner_host(sandbox, "plain-http-at-an-inner-host")).startswith(
        b"HTTP/1.1 200"
    )
    assert in_the_clear(inner_host(sandbox, "http-redirects-at-an-inner-host")).startswith(
        b"HTTP/1.1 308"
    )
    assert not in_the_clear(inner_host(sandbox, "old-tls-at-an-inner-host"))


def test_a_certificate_of_nobody_is_not_trusted(sandbox):
    place = inner_host(sandbox, "certificate-of-nobody-at-an-inner-host")
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen(place.geturl(), context=context(sandbox))
    assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)
