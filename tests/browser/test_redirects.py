"""A redirect to an app is caught before it leaves, whatever brings it; requests are recorded."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import pytest

from payerproof.browser.agent import BrowserAgent
from payerproof.browser.engine import Browser
from payerproof.browser.errors import PageUnreachable, UnknownPersona
from payerproof.browser.facts import AuthorizationVisit
from payerproof.record import Recorder
from payerproof.target import load_target

pytestmark = pytest.mark.browser

HTTPS = "https://phone.app.example/cb"
CUSTOM = "app.example:/cb"
PASSWORD = "correct-horse-battery"


class Payer:
    """A small server: each path does one thing. ``localhost`` stands for a third party."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.posted: list[bytes] = []
        self.password_tries = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                outer.serve(self)

            def do_POST(self) -> None:
                outer.posted.append(self.rfile.read(int(self.headers["content-length"])))
                outer.serve(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.port = self.server.server_port
        self.base = f"http://127.0.0.1:{self.port}"
        self.pages: dict[str, Callable[[], str]] = {
            "/script": lambda: f"<script>location='{CUSTOM}?code=script1234'</script>",
            "/link": lambda: (
                f"<h1>Done</h1><a href='{CUSTOM}?code=link12345' role=button>Continue</a>"
            ),
            "/form-post": lambda: (
                f"<form method=post action='{HTTPS}'><input type=hidden name=code "
                "value=posted1234></form><script>document.forms[0].submit()</script>"
            ),
            "/consent": lambda: (
                "<h1>Budget Buddy wants access to your data</h1><form method=post "
                "action=/302-custom><button>Allow</button><button name=x>Deny</button></form>"
            ),
            "/tracker": lambda: (
                f"<h1>Error</h1><img src='http://localhost:{self.port}/pixel?m=ada'>"
            ),
            "/wrong": lambda: (
                "<h1>Sign in</h1><p role=alert>"
                + ("The user name or password is incorrect." if self.password_tries else "")
                + "</p><form method=post action=/wrong><input name=username><input name=password "
                "type=password><button>Sign in</button></form>"
            ),
            "/cookie": lambda: "<title>cookie</title>",
        }

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        self.asked.append(handler.path)
        if path == "/wrong" and handler.command == "POST":
            self.password_tries += 1
        moved = {
            "/302-https": f"{HTTPS}?code=web1234567&state=s1",
            "/302-custom": f"{CUSTOM}?code=custom1234",
            "/302-loopback": f"http://127.0.0.1:{self.port}/cb?code=loop123456",
            "/302-fragment": f"{HTTPS}#access_token=tok1234567&state=s1",
            "/loop": "/loop",
        }.get(path)
        body = self.pages.get(path, lambda: "")().encode()
        handler.send_response(302 if moved else 200 if body else 404)
        if moved:
            handler.send_header("Location", moved)
        if path == "/cookie":
            handler.send_header("Set-Cookie", "sid=v4lue; HttpOnly; SameSite=Lax; Path=/")
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def payer() -> Iterator[Payer]:
    running = Payer()
    yield running
    running.close()


@pytest.fixture
def agent(
    payer: Payer,
    browser: Browser,
    recorder: Recorder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BrowserAgent]:
    file = tmp_path_factory.mktemp("payer") / "payer.toml"
    persona = 'role = "member"\nsynthetic = true\n'
    file.write_text(
        'name = "P"\nprogrammes = ["MA"]\nenvironment = "sandbox"\n'
        f'[endpoints]\npatient_access = "{payer.base}/fhir"\n'
        f'[[apps]]\nid = "web"\nclient_id = "w"\ntype = "public"\nredirect_uri = "{HTTPS}"\n'
        f'[[apps]]\nid = "phone"\nclient_id = "p"\ntype = "public"\nredirect_uri = "{CUSTOM}"\n'
        f'[[personas]]\nid = "ada"\nusername = "ada"\npassword = "env:PP_PASSWORD"\n{persona}'
        f'[[personas]]\nid = "eli"\nusername = "eli"\npassword = "env:PP_PASSWORD"\n{persona}'
    )
    with (
        mock.patch.dict(os.environ, {"PP_PASSWORD": PASSWORD}),
        BrowserAgent(load_target(file), recorder, browser=browser) as running,
    ):
        yield running


@pytest.mark.parametrize(
    ("path", "redirect_uri", "parameters"),
    [
        ("/302-https", HTTPS, {"code": "web1234567", "state": "s1"}),
        ("/302-custom", CUSTOM, {"code": "custom1234"}),
        ("/302-fragment", HTTPS, {"access_token": "tok1234567", "state": "s1"}),
        ("/script", CUSTOM, {"code": "script1234"}),
        ("/link", CUSTOM, {"code": "link12345"}),
        ("/form-post", HTTPS, {"code": "posted1234"}),
        ("/consent", CUSTOM, {"code": "custom1234"}),
    ],
)
def test_the_redirect_is_caught(
    agent: BrowserAgent,
    payer: Payer,
    path: str,
    redirect_uri: str,
    parameters: dict[str, str],
) -> None:
    outcome = agent.authorize(AuthorizationVisit("ada", payer.base + path, redirect_uri))
    assert outcome.redirected, (outcome.trouble, outcome.trouble_text)
    assert outcome.parameters == parameters
    assert outcome.redirect_url.startswith(redirect_uri)


def test_a_loopback_redirect_is_not_sent(agent: BrowserAgent, payer: Payer) -> None:
    uri = f"http://127.0.0.1:{payer.port}/cb"
    outcome = agent.authorize(AuthorizationVisit("ada", f"{payer.base}/302-loopback", uri))
    assert outcome.parameters == {"code": "loop123456"}
    assert not any(path.startswith("/cb") for path in payer.asked)


def test_an_authorization_request_may_be_posted(agent: BrowserAgent, payer: Payer) -> None:
    form = (("client_id", "w"), ("scope", "launch/patient patient/*.rs"))
    visit = AuthorizationVisit("ada", f"{payer.base}/302-https", HTTPS, method="POST", form=form)
    outcome = agent.authorize(visit)
    assert outcome.parameters["code"] == "web1234567"
    assert payer.posted[-1] == b"client_id=w&scope=launch%2Fpatient+patient%2F*.rs"


def test_exchanges_are_recorded_without_the_code(
    agent: BrowserAgent, payer: Payer, recorder: Recorder
) -> None:
    outcome = agent.authorize(AuthorizationVisit("ada", f"{payer.base}/302-https", HTTPS))
    lines = _lines(recorder)
    (recorded,) = [line for line in lines if line.get("id") in outcome.exchanges]
    assert (recorded["via"], recorded["persona"], recorded["status"]) == ("browser", "ada", 302)
    assert "web1234567" not in json.dumps(recorded)
    assert HTTPS in recorded["response_headers"]["location"]


def test_third_parties_are_listed(agent: BrowserAgent, payer: Payer) -> None:
    outcome = agent.authorize(AuthorizationVisit("ada", f"{payer.base}/tracker", HTTPS))
    assert not outcome.redirected
    (request,) = outcome.third_party
    assert (request.host, request.resource_type) == ("localhost", "image")
    assert request.exchange in outcome.exchanges
    # Chromium's default policy sends the origin alone to another site.
    assert request.referer_sent == "origin"
    assert (request.post_bytes, request.cookies_sent) == (0, False)


def test_a_password_is_typed_once_and_not_again_in_the_run(
    agent: BrowserAgent, payer: Payer
) -> None:
    visit = AuthorizationVisit("eli", f"{payer.base}/wrong", HTTPS)
    first = agent.authorize(visit)
    assert (first.trouble, first.logged_in) == ("wrong-credentials", False)
    assert "incorrect" in first.trouble_text
    again = agent.authorize(visit)
    assert again.trouble == "wrong-credentials"
    assert payer.password_tries == 1


def test_an_endless_redirect_is_a_trouble_of_its_own(agent: BrowserAgent, payer: Payer) -> None:
    outcome = agent.authorize(AuthorizationVisit("ada", f"{payer.base}/loop", HTTPS))
    assert outcome.trouble == "redirect-loop"


def test_cookies_are_described_without_their_values(agent: BrowserAgent, payer: Payer) -> None:
    page = agent.visit(f"{payer.base}/cookie")
    (cookie,) = page.cookies
    assert (cookie.name, cookie.http_only, cookie.secure, cookie.same_site) == (
        "sid",
        True,
        False,
        "Lax",
    )
    assert "v4lue" not in repr(page)


def test_contexts_of_members_are_apart(agent: BrowserAgent, payer: Payer) -> None:
    agent.visit(f"{payer.base}/cookie", persona="ada")
    (kept,) = agent.visit(f"{payer.base}/tracker", persona="ada").cookies
    assert kept.name == "sid"
    assert agent.visit(f"{payer.base}/tracker", persona="eli").cookies == ()


def test_unknown_personas_and_unreachable_pages_are_said_so(
    agent: BrowserAgent, payer: Payer
) -> None:
    with pytest.raises(UnknownPersona, match="nobody"):
        agent.authorize(AuthorizationVisit("nobody", payer.base, HTTPS))
    with pytest.raises(PageUnreachable, match="ERR_CONNECTION_REFUSED"):
        agent.visit(f"http://127.0.0.1:{_closed_port()}/")


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lines(recorder: Recorder) -> list[dict[str, object]]:
    path: Path = recorder._segment.path
    return [json.loads(line) for line in path.read_text().splitlines()]
