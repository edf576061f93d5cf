"""Seeded faults of the service desk, of enrolment, of parsers and of logs."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by
from member_browser import AppUnderTest, Browser
from test_desk import app_of, log, rows, said

CLIENT = "harbor-health-journal"
FORM = "application/x-www-form-urlencoded"


def _standing(**how: str) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        parent = payer.world.people["bruno"]
        given = {"email": parent.email} if how["by"] == "email" else {"phone": parent.phone}
        return said(payer, "contact", persona="bea", **given)["standing"] == how["standing"]

    return shows


def _newborn(*users: str) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        before = {user: len(rows(payer, user)) for user in ("britta", "bruno")}
        said(payer, "newborn", persona="britta", serviced="2026-11-10")
        return {user for user in before if len(rows(payer, user)) > before[user]} == {*users}

    return shows


def _residue(kind: str, *, found: bool = True) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        theirs = {one["id"] for one in payer.record("ivy", kind)}
        said(payer, "merge", persona="iva", member="ivy")
        rows(payer, "iva", kind)
        said(payer, "unmerge", persona="iva", member="ivy")
        owned = {one["id"] for one in payer.record("iva", kind)}
        return theirs <= rows(payer, "iva", kind) and (theirs <= owned) is not found

    return shows


def _used(state: str) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        app = app_of(payer)
        tokens = app.tokens("ada")
        said(payer, "account", persona="ada", state=state)
        return app.reads(tokens) == 200

    return shows


def _outlives(seconds: int) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        app = app_of(payer)
        tokens = app.tokens("ada")
        payer.control("clock", {"advance_seconds": seconds})
        said(payer, "app-category", client_id=CLIENT, access="short")
        return app.refresh(tokens["refresh_token"]).status_code == 200

    return shows


def _consent_source(payer: DefectPayer, **details: str) -> str:
    said(payer, "app-details", client_id=CLIENT, **details)
    browser = Browser(payer.house, payer.tenant)
    page = browser.sign_in(browser.open(AppUnderTest(browser).authorize_url()), "gus")
    return browser.send("GET", page.url).text


def _listed_source(payer: DefectPayer) -> str:
    app = app_of(payer)
    app.tokens("ada")
    said(payer, "app-details", client_id=CLIENT, name="<i>Harbor</i>")
    return app.browser.send("GET", payer.tenant.base + "/portal/apps").text


def _fetches(path: str) -> Shows:
    """Whether an XML body makes the payer fetch an address of ours."""

    def shows(payer: DefectPayer) -> bool:
        asked: list[str] = []

        class Canary(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Canary)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/canary"
            body = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{url}">]><x><_count>1</_count></x>'
            sender = Browser(payer.house, payer.tenant)
            headers = {"Content-Type": "application/xml"}
            if path.startswith("/fhir"):
                headers["Authorization"] = f"Bearer {payer.token()}"
            sender.send("POST", payer.tenant.base + path, content=body, headers=headers)
        finally:
            server.shutdown()
            server.server_close()
        return asked == ["/canary"]

    return shows


def _unpacks(payer: DefectPayer, times: int = 100) -> bool:
    body = gzip.compress(b"_count=1" + b"&" * times)
    headers = {"content_type": FORM, "content_encoding": "gzip"}
    return payer.ask("/Patient/_search", method="POST", body=body, **headers).status == 200


def _logs(text: str) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        payer.ask("/Patient?identifier=CANARY-1")
        return log(payer, text.format(token=payer.token())) > 0

    return shows


EOB = "ExplanationOfBenefit"
FAULTS: dict[str, Shows] = {
    "account-with-contact-of-another": _standing(by="phone", standing="accepted"),
    "account-with-email-of-another": _standing(by="email", standing="accepted"),
    "newborn-claims-shown-to-subscriber": _newborn("britta", "bruno"),
    "unmerge-forgets-claims": _residue(EOB, found=False),
    "unmerge-forgets-documents": _residue("DocumentReference", found=False),
    "unmerge-leaves-the-search-index": _residue(EOB),
    "account-locked-and-used": _used("locked"),
    "account-of-deceased-and-used": _used("deceased"),
    "account-flagged-for-fraud-and-used": _used("fraud"),
    "closed-account-ends-sign-in-only": _used("locked"),
    "access-category-change-keeps-grants": _outlives(10),
    "access-category-change-misses-older-grants": _outlives(7200),
    "app-address-of-any-kind-taken": lambda p: (
        'href="javascript:alert(1)"' in _consent_source(p, privacy_policy="javascript:alert(1)")
    ),
    "app-name-unescaped-on-consent": lambda p: "<i>x</i>" in _consent_source(p, name="<i>x</i>"),
    "app-name-unescaped-in-connected-apps": lambda p: "<i>Harbor</i>" in _listed_source(p),
    "search-body-read-as-xml": _fetches("/fhir/Patient/_search"),
    "token-request-read-as-xml": _fetches("/oauth/token"),
    "compressed-bodies-unpacked-whole": _unpacks,
    "log-keeps-queries": _logs("CANARY-1"),
    "log-keeps-authorization-headers": _logs("{token}"),
    "unknown-person-among-test-members": lambda p: "Achterwoud" in p.text(f"/{EOB}?_count=100"),
}
TWINS: dict[str, Shows] = {
    "account-with-contact-of-another-flagged": _standing(by="email", standing="proxy"),
    "newborn-claims-held-back": _newborn(),
    "markup-in-app-name-refused": lambda p: (
        not said(p, "app-details", client_id=CLIENT, name="<b>x</b>")["accepted"]
    ),
    "log-names-the-host": _logs("localhost"),
    "compressed-bodies-up-to-a-limit": lambda p: _unpacks(p) and not _unpacks(p, 10**6),
    "notes-with-own-number": lambda p: "of member ID " in p.text(f"/{EOB}?_count=100"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("service_desk", "parsers_and_logs") == {*FAULTS, *TWINS}
