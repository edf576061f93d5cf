"""Requests that come in while the payer runs: 42 CFR 422.119(b)(1)(iv)(B)."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer
from member_browser import Browser
from test_authorizations import decisions, requests

NEW = {"persona": "ada", "number": "PA-ADA-0901", "state": "pending"}


@pytest.fixture
def payer() -> DefectPayer:
    return DefectPayer("plain")


def sent(payer: DefectPayer, **body):
    headers = {"Authorization": f"Bearer {payer.house.control_token}"}
    url = f"{payer.tenant.base}/control/authorizations"
    return Browser(payer.house, payer.tenant).send("POST", url, json=body, headers=headers)


def moved(payer: DefectPayer, **body) -> dict:
    """The request as the member's app finds it after the call, or an empty one."""
    answer = sent(payer, **{**NEW, **body})
    assert answer.status_code == 200, answer.text
    return requests(payer).get(body.get("number", NEW["number"]), {})


def test_a_request_shows_at_once_and_moves_on(payer):
    pending = moved(payer, received="2026-11-18")
    assert decisions(pending) == [("A4", "")]
    assert pending["created"] == "2026-11-18"
    approved = moved(payer, state="approved", decided="2026-11-20")
    assert approved["id"] == pending["id"]
    assert approved["created"] == "2026-11-18"
    assert decisions(approved) == [("A1", "2026-11-20")]
    assert approved["preAuthRefPeriod"][0]["end"]
    assert approved["meta"]["versionId"] == "2"
    assert approved["meta"]["lastUpdated"] >= pending["meta"]["lastUpdated"]


def test_of_two_changes_on_a_day_the_last_shows(payer):
    moved(payer, received="2026-11-18")
    moved(payer, state="approved", decided="2026-11-20")
    denied = moved(payer, state="denied", decided="2026-11-20")
    assert decisions(denied) == [("A3", "2026-11-20")]
    assert "preAuthRefPeriod" not in denied
    assert "knee" in str(denied["item"])


def test_a_request_that_ships_can_be_moved_too(payer):
    found = moved(payer, number="PA-ADA-0001", state="approved", decided="2026-11-20")
    assert decisions(found) == [("A1", "2026-11-20")]
    assert found["item"][0]["productOrService"]["coding"][0]["code"] == "L1845"
    headers = {"Authorization": f"Bearer {payer.house.control_token}"}
    url = f"{payer.tenant.base}/control/reset"
    Browser(payer.house, payer.tenant).send("POST", url, json={}, headers=headers)
    payer.tokens.clear()
    assert decisions(requests(payer)["PA-ADA-0001"]) == [("A4", "")]


def test_days_are_today_where_they_are_not_given(payer):
    today = payer.tenant.clock.moment().date().isoformat()
    assert moved(payer)["created"] == today
    assert decisions(moved(payer, state="denied")) == [("A3", today)]


@pytest.mark.parametrize(
    "body",
    [
        {"state": "maybe"},
        {"state": ""},
        {"number": ""},
        {"number": "PA 1"},
        {"number": "PA-ELI-0001"},
        {"persona": "zed"},
        {"persona": "cho"},
        {"received": "yesterday"},
        {"received": "2026-11-18", "decided": "2026-11-19"},
        {"state": "approved", "received": "2026-11-18", "decided": "2026-11-17"},
    ],
)
def test_a_wrong_call_says_what_would_be_right(payer, body):
    before = requests(payer)
    answer = sent(payer, **{**NEW, **body})
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert requests(payer) == before


def test_the_call_needs_the_control_token(payer):
    url = f"{payer.tenant.base}/control/authorizations"
    assert Browser(payer.house, payer.tenant).send("POST", url, json=NEW).status_code == 401
