"""The pages in a real browser: they work without a mouse, axe finds nothing, nothing is fetched
from elsewhere, and the browser's own rules (CSP, cookies, form targets) let the flow through."""

from __future__ import annotations

import shutil
import threading
import time
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from member_browser import AppUnderTest, Browser, totp
from playwright.sync_api import sync_playwright

from payerproof.sandbox.app import parse_tenant_name
from payerproof.sandbox.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLOWS = [("plain", "dee", "phone"), ("gateway", "dee", "attested"), ("vendor", "ada", "unattested")]


@pytest.fixture(scope="module")
def server():
    running = Server()
    thread = threading.Thread(target=running.run)
    running.socket.listen()
    thread.start()
    yield running
    running.stop()
    thread.join()
    shutil.rmtree(running.certificates.folder)


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """A person at a keyboard, and notes of what the browser does behind their back."""

    def __init__(self, chromium, server, face, user, app):
        self.tenant = server.house.add(face, parse_tenant_name(face))
        self.app = AppUnderTest(Browser(server.house, self.tenant), app)
        self.person = self.tenant.world.people[user]
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        phone = {"width": 380, "height": 700}
        self.context = chromium.new_context(ignore_https_errors=True, viewport=phone)
        self.page = self.new_tab()

    def new_tab(self):
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).hostname or ""))
        return self.page

    def axe(self):
        found = Axe().run(self.page).response["violations"]
        assert not found, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]
        wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{self.page.url} needs sideways scrolling on a phone"

    def sign_in(self):
        face = self.tenant.face
        self.tenant.attempts.last_step.clear()
        self.axe()
        self.page.get_by_label("User name").fill(self.person.user)
        if face.login == "identifier-first":
            self.page.get_by_role("button", name="Next").press("Enter")
            self.axe()
        self.page.get_by_label("Password").fill(self.person.password)
        if face.second_factor == "own-page":
            self.page.get_by_label("Password").press("Enter")
            self.axe()
        self.page.get_by_label("Six-digit code").fill(totp(self.person.totp))
        self.page.get_by_label("Six-digit code").press("Enter")

    def choose(self, name):
        self.axe()
        if self.tenant.face.picker == "select":
            self.page.get_by_label("Select member").select_option(label=name)
        else:
            self.page.get_by_label(name).press("Space")
        self.page.get_by_role("button", name="Continue").press("Enter")

    def code(self):
        """The code that the browser was sent away with, as soon as there is one."""
        before = time.monotonic()
        while not self.tenant.grants.codes and time.monotonic() - before < 10:
            self.page.wait_for_timeout(20)
        return next(reversed(self.tenant.grants.codes))


@pytest.mark.parametrize(("face", "user", "app"), FLOWS)
def test_connect_and_revoke_by_keyboard(chromium, server, face, user, app):
    visitor = Visitor(chromium, server, face, user, app)
    page, tenant = visitor.page, visitor.tenant
    visitor.context.route("https://*.app.example/**", lambda route: route.fulfill(body="back"))
    page.goto(visitor.app.authorize_url())
    visitor.sign_in()
    if user == "dee":
        visitor.choose("Fay Synthetic-Novak")
    visitor.axe()
    page.get_by_label("Documents").press("Space")
    page.get_by_role("button", name=tenant.face.allow_label, exact=True).press("Enter")
    tokens = visitor.app.exchange(visitor.code()).json()
    assert "DocumentReference" not in tokens["scope"]
    assert visitor.app.reads(tokens) == 200

    if app != "phone":
        page.wait_for_url("https://*.app.example/**")
    page = visitor.new_tab()  # the first may wait for a phone app that isn't installed here
    page.goto(f"{tenant.base}/portal/apps")
    visitor.axe()
    page.get_by_role("button", name="Revoke").press("Enter")
    visitor.axe()
    page.get_by_role("button", name="Yes, revoke access").press("Enter")
    page.get_by_role("status").wait_for()
    visitor.axe()
    assert visitor.app.reads(tokens) == 401
    assert visitor.hosts <= {"localhost", urlsplit(visitor.app.app.redirect_uris[0]).hostname or ""}
    assert not [text for text in visitor.complaints if "Content Security Policy" in text]
    visitor.context.close()


def test_error_pages_are_accessible_too(chromium, server):
    visitor = Visitor(chromium, server, "regional", "ada", "attested")
    visitor.page.goto(visitor.app.authorize_url(redirect_uri="https://evil.example/"))
    visitor.axe()
    assert "isn't safe" in visitor.page.inner_text("h1")
    visitor.context.close()
