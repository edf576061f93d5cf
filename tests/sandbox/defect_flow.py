"""Payers with a seeded fault, driven in process: is the fault there, and does the rest work?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from member_browser import WIDE, AppUnderTest, Browser, answer_of

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
    return AppUnderTest(Browser(house, house.add(name, parse_tenant_name(name))), app)


def other(app: AppUnderTest, app_id: str) -> AppUnderTest:
    """Another app at the same payer, in a browser of its own."""
    return AppUnderTest(Browser(app.browser.house, app.browser.tenant), app_id)


def get(app: AppUnderTest, path: str, token: str = "", **headers: str) -> httpx.Response:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return app.browser.send("GET", app.base + path, headers=headers)


def post(app: AppUnderTest, path: str, **form: str) -> httpx.Response:
    auth = (app.app.client_id, app.app.secret) if app.app.secret else None
    if auth is None:
        form.setdefault("client_id", app.app.client_id)
    return app.browser.send("POST", app.base + path, data=form, auth=auth)


def hook(app: AppUnderTest, user: str = "ada", *, more: dict[str, Any] | None = None,
         **changed: str | None) -> dict[str, Any]:  # fmt: skip
    """Grant by the control hook; `changed` are parameters of the authorization request."""
    body = {"persona": user, "url": app.authorize_url(**changed), "decision": "approve"}
    headers = {"Authorization": f"Bearer {app.browser.house.control_token}"}
    url = f"{app.base}/control/authorize"
    answer = app.browser.send("POST", url, json={**body, **(more or {})}, headers=headers)
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {"redirect": None}
    return {**found, "status": answer.status_code}


def control(app: AppUnderTest, path: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {app.browser.house.control_token}"}
    return app.browser.send("POST", f"{app.base}/control/{path}", json=body, headers=headers)


def code(app: AppUnderTest, user: str = "ada", **changed: Any) -> str:
    return answer_of(hook(app, user, **changed)["redirect"])["code"]


def granted(app: AppUnderTest, user: str = "ada", **changed: Any) -> dict[str, Any]:
    """Token response of an ordinary connection."""
    answer = app.exchange(code(app, user, **changed))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def error_of(answer: httpx.Response) -> str:
    return str(answer.json().get("error", ""))


def ordinary_flow_works(app: AppUnderTest, user: str = "eli") -> None:
    """Log in by the hook, read one's own Patient, find one's own claims, refresh."""
    tokens = granted(app, user, scope=WIDE)
    patient = app.browser.tenant.world.people[user].patient
    token = tokens["access_token"]
    assert get(app, f"/fhir/Patient/{patient}", token).status_code == 200
    claims = get(app, f"/fhir/ExplanationOfBenefit?patient={patient}", token)
    assert claims.json()["entry"]
    if "refresh_token" in tokens:
        assert "access_token" in app.refresh(tokens["refresh_token"]).json()


def shows_at_the_faulty_payer_only(house: House, defect: str, probe: Probe, app: str) -> None:
    """The oddity is there, isn't at the clean payer, and the ordinary flow works in spite of it."""
    assert defect in all_defects()
    ordinary_flow_works(payer(house, f"plain+{defect}", app))
    assert probe(payer(house, f"plain+{defect}", app)) is True
    assert probe(payer(house, "plain", app)) is False
