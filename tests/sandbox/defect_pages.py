"""The pages of payers with a seeded fault, as far as a browser without scripts sees them."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from member_browser import AppUnderTest, Browser, Page, answer_of

from payerproof.sandbox.app import House, parse_tenant_name
from payerproof.sandbox.defects import all_defects

Probe = Callable[[AppUnderTest], bool]


class Probes(dict[str, Probe]):
    """By defect id: a function that tells whether the oddity shows at an app's payer."""

    def of(self, defect: str) -> Callable[[Probe], Probe]:
        def keep(probe: Probe) -> Probe:
            assert defect not in self
            self[defect] = probe
            return probe

        return keep


def payer(house: House, name: str, app: str = "attested") -> AppUnderTest:
    """An app in a fresh browser at a fresh payer of this name."""
    return AppUnderTest(Browser(house, house.add(name, parse_tenant_name(name))), app)


def control(app: AppUnderTest, path: str, **body: Any) -> httpx.Response:
    """An operator's call."""
    headers = {"Authorization": f"Bearer {app.browser.house.control_token}"}
    return app.browser.send("POST", f"{app.base}/control/{path}", json=body, headers=headers)


def hook(app: AppUnderTest, user: str = "ada", *, more: Mapping[str, Any] | None = None,
         **changed: str | None) -> dict[str, Any]:  # fmt: skip
    """Decide by the control hook; `changed` are parameters of the authorization request."""
    body = {"persona": user, "url": app.authorize_url(**changed), "decision": "approve"}
    answer = control(app, "authorize", **{**body, **(more or {})})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def granted(app: AppUnderTest, user: str = "ada", *, more: Mapping[str, Any] | None = None,
            **changed: str | None) -> dict[str, Any]:  # fmt: skip
    """Token response of a connection made by the hook."""
    answer = app.exchange(answer_of(hook(app, user, more=more, **changed)["redirect"])["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def fetch(app: AppUnderTest, tokens: Mapping[str, Any], path: str) -> httpx.Response:
    """GET below the payer's base with an access token."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return app.browser.send("GET", app.base + path, headers=headers)


def ordinary_flow_works(app: AppUnderTest, user: str = "eli") -> None:
    """Log in by the hook, read one's own Patient, find one's own claims, refresh."""
    tokens = granted(app, user)
    patient = app.browser.tenant.world.people[user].patient
    assert tokens["patient"] == patient
    assert fetch(app, tokens, f"/fhir/Patient/{patient}").status_code == 200
    assert fetch(app, tokens, f"/fhir/ExplanationOfBenefit?patient={patient}").json()["entry"]
    assert "access_token" in app.refresh(tokens["refresh_token"]).json()


def shows(house: House, defect: str, probe: Callable[..., bool], app: str = "attested") -> None:
    """Like `shows_at_the_faulty_payer_only`, with a fresh payer for each of the three looks."""
    assert defect in all_defects()
    ordinary_flow_works(payer(house, f"plain+{defect}", app))
    assert probe(payer(house, f"plain+{defect}", app)) is True
    assert probe(payer(house, "plain", app)) is False


def stranger(app: AppUnderTest) -> Browser:
    """Another browser at the same payer, signed in as nobody."""
    return Browser(app.browser.house, app.browser.tenant)


def elsewhere(app: AppUnderTest, app_id: str = "") -> AppUnderTest:
    """The same app, or another, in another browser."""
    return AppUnderTest(stranger(app), app_id or app.id)


def consent(app: AppUnderTest, user: str = "ada", choose: str = "", **changed: str | None) -> Page:
    """Walk to the consent page."""
    page = app.browser.open(app.authorize_url(**changed))
    if isinstance(page, Page) and page.place == "sign-in":
        page = app.browser.sign_in(page, user)
    if isinstance(page, Page) and page.place == "choose-member":
        patient = app.browser.tenant.world.people[choose or user].patient
        page = app.browser.submit(page, "/choose-member", member=patient)
    assert isinstance(page, Page), page
    return page


def raw(app: AppUnderTest, path: str) -> str:
    """HTML of a page, entities resolved."""
    return html.unescape(app.browser.send("GET", f"{app.base}{path}").text)


def html_of(app: AppUnderTest, page: Page) -> str:
    """HTML of a page that stands open, entities resolved."""
    return html.unescape(app.browser.send("GET", page.url).text)


def header(app: AppUnderTest, page: Page, name: str) -> str:
    """A header of a page that stands open; empty where there is none."""
    value: str = page.headers.get(name, "")
    return value


def connected(app: AppUnderTest, user: str = "ada") -> Page:
    """The connected apps page, signed in to where that is asked."""
    page = app.browser.page(app.base + "/portal/apps")
    if page.place == "sign-in":
        found = app.browser.sign_in(page, user)
        assert isinstance(found, Page)
        return found
    return page


def rows(page: Page) -> list[str]:
    """Ids of the rows of the connected apps page."""
    return [
        field["value"]
        for form in page.forms
        if form["action"].endswith("/apps/revoke")
        for field in form["inputs"]
        if field.get("name") == "connection"
    ]


def revoke(app: AppUnderTest, user: str = "ada", row: int = 0) -> Page:
    """Press Revoke on a row, confirm, and return the page after it."""
    page = connected(app, user)
    ids = rows(page)
    confirm = app.browser.submit(page, "/apps/revoke", connection=ids[row])
    assert isinstance(confirm, Page)
    after = app.browser.submit(confirm, "/apps/revoke")
    assert isinstance(after, Page)
    return after


def statuses(app: AppUnderTest, tokens: Mapping[str, Any]) -> tuple[int, int]:
    """Status of reading one's own Patient, and of a refresh."""
    read = app.reads(dict(tokens))
    return read, app.refresh(str(tokens["refresh_token"])).status_code
