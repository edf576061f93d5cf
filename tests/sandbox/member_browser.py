"""A tiny browser and a tiny app for tests of the sandbox: in process, no network, no harness."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from payerproof.sandbox.app import House, SandboxApp
from payerproof.sandbox.apps import Registry, register_apps
from payerproof.sandbox.tenant import Tenant

ORIGIN = "https://localhost"
WIDE = "launch/patient openid fhirUser offline_access patient/*.rs"


@cache
def _registry() -> Registry:
    return register_apps(secrets.token_bytes(32))


def fresh_house() -> House:
    """A house without tenants; its apps' keys, which take a second to make, are shared."""
    return House(registry=_registry())


def totp(seed: str, at: float | None = None) -> str:
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    step = int(time.time() if at is None else at) // 30
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


class Page(HTMLParser):
    """Forms, links and text of a page."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status = answer.status_code
        self.url = str(answer.request.url)
        self.headers = answer.headers
        self.forms: list[dict[str, Any]] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.lang = ""
        self.feed(answer.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def place(self) -> str:
        return urlsplit(self.url).path.rpartition("/portal/")[2]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = found.get("lang", "")
        elif tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "form":
            self.forms.append({"action": found["action"], "method": found["method"], "inputs": []})
        elif tag in ("input", "button", "select", "option") and self.forms:
            self.forms[-1]["inputs"].append({"tag": tag, **found})

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def form(self, ending: str) -> dict[str, Any]:
        return next(form for form in self.forms if form["action"].endswith(ending))

    def boxes(self) -> dict[str, bool]:
        inputs = [i for form in self.forms for i in form["inputs"] if i.get("type") == "checkbox"]
        return {box["name"].removeprefix("share-"): "checked" in box for box in inputs}

    def hidden(self, ending: str) -> dict[str, str]:
        inputs = self.form(ending)["inputs"]
        return {i["name"]: i["value"] for i in inputs if i.get("type") == "hidden"}


@dataclass
class Browser:
    """One browser with its cookies, at one tenant."""

    house: House
    tenant: Tenant
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def __post_init__(self) -> None:
        self._app = SandboxApp(self.house)

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, cookies=self.cookies, trust_env=False
            ) as client:
                answer = await client.request(method, url, **more)
                self.cookies = client.cookies
                return answer

        with ThreadPoolExecutor(1) as own:  # Playwright's loop may be running in this thread
            return own.submit(lambda: asyncio.run(once())).result()

    def follow(self, answer: httpx.Response) -> Page | str:
        """Follow redirects inside the sandbox; a redirect to an app is returned as its address."""
        for _ in range(10):
            if answer.status_code not in (302, 303):
                return Page(answer)
            location = answer.headers["location"]
            if not location.startswith(ORIGIN + "/"):
                return location
            answer = self.send("GET", location)
        raise AssertionError("too many redirects")

    def open(self, url: str) -> Page | str:
        return self.follow(self.send("GET", url))

    def page(self, url: str) -> Page:
        found = self.open(url)
        assert isinstance(found, Page), found
        return found

    def submit(self, page: Page, ending: str, **values: str) -> Page | str:
        form = page.form(ending)
        data = {**page.hidden(ending), **values}
        if form["method"] == "get":
            return self.open(f"{form['action']}?{urlencode(data)}")
        return self.follow(self.send("POST", form["action"], data=data))

    def sign_in(self, page: Page, user: str, password: str | None = None) -> Page | str:
        """Fill whatever sign-in pages there are. Codes are single-use, so each sign-in of a test
        forgets the last one first, as waiting half a minute would."""
        person = self.tenant.world.people[user]
        self.tenant.attempts.last_step.pop(user, None)
        values = {"username": user, "password": password or person.password}
        code = totp(person.totp)
        if self.tenant.face.second_factor == "with-password":
            values["code"] = code
        if self.tenant.face.login == "identifier-first":
            second = self.submit(page, "/sign-in", username=values.pop("username"))
            assert isinstance(second, Page)
            assert second.place == "password"
            found = self.submit(second, "/password", **values)
        else:
            found = self.submit(page, "/sign-in", **values)
        if isinstance(found, Page) and found.place == "second-factor" and found.status == 200:
            return self.submit(found, "/second-factor", code=code)
        return found

    def allow(self, page: Page, **boxes: bool) -> Page | str:
        ticked = {**page.boxes(), **boxes}
        values = {f"share-{name}": "yes" for name, on in ticked.items() if on}
        return self.submit(page, "/consent", decision="allow", **values)


@dataclass
class AppUnderTest:
    """A client by its id in apps.toml."""

    browser: Browser
    id: str = "attested"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def app(self) -> Any:
        return next(a for a in self.browser.tenant.apps.values() if a.id == self.id)

    @property
    def base(self) -> str:
        return self.browser.tenant.base

    def parameters(self, **changed: str | None) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.app.redirect_uris[0],
            "scope": WIDE,
            "state": self.state,
            "aud": self.browser.tenant.fhir_base,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def authorize_url(self, **changed: str | None) -> str:
        return f"{self.base}/oauth/authorize?{urlencode(self.parameters(**changed))}"

    def connect(self, user: str = "ada", *, choose: str = "", boxes: dict[str, bool] | None = None,
                **changed: str | None) -> str:  # fmt: skip
        """Walk the pages to the end; returns the redirect."""
        found = self.browser.open(self.authorize_url(**changed))
        if isinstance(found, Page) and found.place == "sign-in":
            found = self.browser.sign_in(found, user)
        if isinstance(found, Page) and found.place == "choose-member":
            patient = self.browser.tenant.world.people[choose or user].patient
            found = self.browser.submit(found, "/choose-member", member=patient)
        if isinstance(found, Page) and found.place == "consent":
            found = self.browser.allow(found, **(boxes or {}))
        assert isinstance(found, str), found.text
        return found

    def code(self, user: str = "ada", **more: Any) -> str:
        return answer_of(self.connect(user, **more))["code"]

    def token(self, **form: str | None) -> httpx.Response:
        values = {"client_id": self.app.client_id, **form}
        auth = None
        if self.app.secret:
            auth = (self.app.client_id, self.app.secret)
            del values["client_id"]
        data = {name: value for name, value in values.items() if value is not None}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self.base}/oauth/token"
        return self.browser.send("POST", url, content=urlencode(data), headers=headers, auth=auth)

    def exchange(self, code: str, **changed: str | None) -> httpx.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.app.redirect_uris[0],
            "code_verifier": self.verifier,
            **changed,
        }
        return self.token(**form)

    def refresh(self, token: str, **changed: str | None) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **changed)

    def tokens(self, user: str = "ada", **more: Any) -> dict[str, Any]:
        answer = self.exchange(self.code(user, **more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def reads(self, tokens: dict[str, Any]) -> int:
        """Status of reading the member's own Patient."""
        url = f"{self.browser.tenant.fhir_base}/Patient/{tokens['patient']}"
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.browser.send("GET", url, headers=headers).status_code


def answer_of(location: str) -> dict[str, str]:
    """Parameters of a redirect to an app, each exactly once."""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def signed_by_hmac(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """A JWS that takes a public key for an HMAC secret, by hand: libraries refuse to."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(hmac.new(key, text.encode(), hashlib.sha256).digest())}"
