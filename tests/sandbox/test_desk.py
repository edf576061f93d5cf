"""The operator's calls of the service desk and of enrolment, on the clean faces."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from defect_payer import DefectPayer
from member_browser import AppUnderTest, Browser

from payerproof.sandbox.faces import FACES

EOB = "ExplanationOfBenefit"


def at(name: str = "plain") -> DefectPayer:
    return DefectPayer(name)


def said(payer: DefectPayer, path: str, status: int = 200, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {payer.house.control_token}"}
    url = f"{payer.tenant.base}/control/{path}"
    answer = Browser(payer.house, payer.tenant).send("POST", url, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def log(payer: DefectPayer, text: str) -> int:
    headers = {"Authorization": f"Bearer {payer.house.control_token}"}
    url = f"{payer.tenant.base}/control/log?contains={text}"
    answer = Browser(payer.house, payer.tenant).send("GET", url, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["looked_at"] > 0
    return answer.json()["lines"]


def rows(payer: DefectPayer, user: str, kind: str = EOB) -> set[str]:
    """Ids that a member's app finds of a type, all pages."""
    return {one for page in payer.walk(f"/{kind}?_count=100", user) for one in page.ids}


def app_of(payer: DefectPayer) -> AppUnderTest:
    return AppUnderTest(Browser(payer.house, payer.tenant))


@pytest.fixture(params=list(FACES))
def payer(request) -> DefectPayer:
    return at(request.param)


# -- accounts


def test_details_of_somebody_else_are_refused():
    payer = at()
    people = payer.world.people
    for more in ({"email": people["bruno"].email}, {"phone": people["britta"].phone}):
        assert said(payer, "contact", persona="bea", **more)["standing"] == "refused"
    assert payer.world.people["bea"] == people["bea"]
    own = {"email": "bea@teen.example", "phone": people["bea"].phone}
    assert said(payer, "contact", persona="bea", **own)["standing"] == "accepted"
    assert payer.world.people["bea"].email == "bea@teen.example"


@pytest.mark.parametrize("state", ["locked", "deceased", "fraud"])
def test_a_closed_account_ends_what_apps_hold(payer, state):
    app, other = app_of(payer), app_of(payer)
    tokens, others = app.tokens("ada"), other.tokens("eli")
    proxy = app_of(payer)
    acting = proxy.tokens("cho", choose="ada")
    assert [app.reads(tokens), proxy.reads(acting)] == [200, 200]
    said(payer, "account", persona="ada", state=state)
    assert [app.reads(tokens), proxy.reads(acting)] == [401, 401]
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert other.reads(others) == 200


def test_a_closed_account_cannot_sign_in_and_an_opened_one_can():
    payer = at()
    body = {"persona": "ada", "url": app_of(payer).authorize_url(), "decision": "approve"}
    said(payer, "account", persona="ada", state="locked")
    assert said(payer, "authorize", **body)["page"]["kind"] == "login"
    browser = Browser(payer.house, payer.tenant)
    page = browser.page(payer.tenant.base + "/portal/apps")
    assert "is not right" in browser.sign_in(page, "ada").text
    said(payer, "account", persona="ada", state="active")
    assert said(payer, "authorize", **body)["redirect"]


# -- apps


def test_an_app_that_loses_long_access_loses_its_grants(payer):
    app = app_of(payer)
    tokens = app.tokens("ada")
    payer.control("clock", {"advance_seconds": 1800})
    assert app.reads(tokens) == 200
    client = "harbor-health-journal"
    assert said(payer, "app-category", client_id=client, access="long")["access"] == "long"
    assert app.reads(tokens) == 200
    said(payer, "app-category", client_id=client, access="short")
    assert app.reads(tokens) == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    again = app_of(payer).tokens("eli")
    assert "refresh_token" not in again
    said(payer, "reset")
    assert "refresh_token" in app_of(payer).tokens("eli")


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({"name": "<b>Bold</b><script>x()</script>"}, True),
        ({"privacy_policy": "https://harbor.app.example/new"}, True),
        ({"privacy_policy": "javascript:alert(1)"}, False),
        ({"site": "http://harbor.app.example/"}, False),
        ({"site": "data:text/html,x"}, False),
        ({"privacy_policy": "https:///x"}, False),
    ],
)
def test_what_apps_say_of_themselves_is_looked_at_and_escaped(given, accepted):
    payer = at()
    answer = said(payer, "app-details", client_id="harbor-health-journal", **given)
    assert answer["accepted"] is accepted
    assert bool(answer["why"]) is not accepted
    browser = Browser(payer.house, payer.tenant)
    page = browser.open(AppUnderTest(browser).authorize_url())
    page = browser.sign_in(page, "ada")
    source = browser.send("GET", page.url).text
    assert "<script" not in source
    assert "<b>" not in source
    assert "javascript:" not in source
    said(payer, "reset")
    assert payer.tenant.apps["harbor-health-journal"].name == "Harbor Health Journal"


# -- whose record


def test_a_newborns_claim_is_the_mothers_alone(payer):
    before = {user: rows(payer, user) for user in ("britta", "bruno")}
    (made,) = said(payer, "newborn", persona="britta", serviced="2026-11-10")["stored"]
    assert rows(payer, "britta") - before["britta"] == {made.partition("/")[2]}
    assert rows(payer, "bruno") == before["bruno"]
    assert len(said(payer, "newborn", persona="britta", serviced="2026-11-12")["stored"]) == 1
    day = said(payer, "claims", persona="britta", booked="2026-11-10")
    assert day == {"removed": [made]}
    assert len(rows(payer, "britta") - before["britta"]) == 1
    said(payer, "claims", persona="britta", booked="2026-11-12")
    assert rows(payer, "britta") == before["britta"]
    assert said(payer, "claims", persona="britta", booked="2026-11-12") == {"removed": []}


def test_after_a_merge_was_undone_nothing_is_left(payer):
    kinds = (EOB, "Coverage", "Condition", "DocumentReference", "Provenance")
    before = {(user, kind): rows(payer, user, kind) for user in ("iva", "ivy") for kind in kinds}
    document = payer.record("ivy", "DocumentReference")[0]
    said(payer, "merge", persona="iva", member="ivy")
    assert rows(payer, "iva") == before["iva", EOB] | before["ivy", EOB]
    assert rows(payer, "ivy") == set()
    said(payer, "merge", 422, persona="iva", member="ivy")
    said(payer, "unmerge", persona="iva", member="ivy")
    assert {key: rows(payer, *key) for key in before} == before
    for path in (
        f"DocumentReference/{document['id']}",
        document["content"][0]["attachment"]["url"],
    ):
        assert payer.ask(f"/{path.removeprefix(payer.base + '/')}", "iva").status in (403, 404)
        assert payer.ask(f"/{path.removeprefix(payer.base + '/')}", "ivy").status == 200
    said(payer, "unmerge", 422, persona="iva", member="ivy")


# -- logs and bodies


def test_the_log_keeps_no_values_and_no_tokens():
    payer = at()
    tokens = app_of(payer).tokens("ada")
    payer.ask("/Patient?identifier=CANARY-QUERY-1", referer="CANARY-HEADER-1")
    payer.post("/Patient/_search", {"identifier": "CANARY-BODY-1"})
    assert log(payer, "/fhir/Patient") == 2
    for text in ("CANARY", tokens["access_token"], tokens["refresh_token"], payer.token()):
        assert log(payer, text) == 0


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"<!DOCTYPE x><x/>", {"content_type": "application/xml"}),
        (b"<!DOCTYPE x><x/>", {"content_type": "application/x-www-form-urlencoded; x=<"}),
        (
            gzip.compress(b"_count=1", mtime=0),
            {"content_type": "application/x-www-form-urlencoded", "content_encoding": "gzip"},
        ),
        (b"[" * 60000, {"content_type": "application/json"}),
    ],
)
def test_bodies_other_than_forms_are_not_read(body, headers):
    payer = at()
    answer = payer.ask("/Patient/_search", method="POST", body=body, **headers)
    assert answer.status in (400, 415) or answer.ids == [payer.patient("ada")]
    assert answer.status < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("contact", {"persona": "bea"}),
        ("contact", {"persona": "zed", "email": "x@y.example"}),
        ("account", {"persona": "ada", "state": "asleep"}),
        ("app-category", {"client_id": "harbor-health-journal", "access": "medium"}),
        ("app-category", {"client_id": "testville-family-clinic", "access": "long"}),
        ("app-details", {"client_id": "testville-family-clinic", "name": "x"}),
        ("newborn", {"persona": "britta", "serviced": "soon"}),
        ("newborn", {"persona": "cho", "serviced": "2026-11-10"}),
        ("merge", {"persona": "ada", "member": "ada"}),
        ("merge", {"persona": "ada", "member": "cho"}),
        ("unmerge", {"persona": "ada", "member": "eli"}),
    ],
)
def test_a_wrong_call_says_what_would_be_right(path, body):
    assert said(at(), path, 422, **body)["error"]
