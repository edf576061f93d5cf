"""Seeded faults of prior authorizations for members."""

from __future__ import annotations

from datetime import timedelta

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by
from test_authorizations import CARC, EOB, decisions, requests, rows
from test_authorizations_intake import moved


def _numbers(payer: DefectPayer) -> set[str]:
    return {number[-4:] for number in requests(payer)}


def _papers(payer: DefectPayer) -> list[str]:
    found = requests(payer)["PA-ADA-0002"].get("supportingInfo", ())
    return [one["valueReference"]["reference"] for one in found]


def _day(payer: DefectPayer, before: int) -> str:
    return (payer.tenant.clock.moment().date() - timedelta(days=before)).isoformat()


def _late(payer: DefectPayer) -> bool:
    soon = moved(payer, received=_day(payer, 2))
    payer.control("clock", {"advance_seconds": 6 * 86400})
    payer.tokens.clear()
    return not soon and "PA-ADA-0901" in requests(payer)


def _decided_late(payer: DefectPayer) -> bool:
    moved(payer, received=_day(payer, 3))
    soon = moved(payer, state="approved", decided=_day(payer, 2))
    return decisions(soon)[0][0] == "A4"


def _hidden_until_decided(payer: DefectPayer) -> bool:
    pending = moved(payer, received=_day(payer, 3))
    return not pending and bool(moved(payer, state="denied", decided=_day(payer, 2)))


def _first_kept(payer: DefectPayer) -> bool:
    moved(payer, received=_day(payer, 3), state="approved", decided=_day(payer, 1))
    return decisions(moved(payer, state="denied", decided=_day(payer, 1)))[0][0] == "A1"


def _of(number: str, holds) -> Shows:
    return lambda p: bool(holds(requests(p)[f"PA-ADA-{number}"]))


def _all(holds) -> Shows:
    return lambda p: all(holds(one) for one in requests(p).values())


FAULTS: dict[str, Shows] = {
    "authorizations-not-served-to-members": lambda p: not _numbers(p) and len(rows(p)) == 31,
    "denied-authorizations-hidden": lambda p: (
        _numbers(p) == {"0001", "0002", "0003", "0004", "0007"}
    ),
    "pending-authorizations-hidden": lambda p: "0001" not in _numbers(p),
    "authorization-status-lost": _all(lambda one: "reviewAction" not in str(one)),
    "authorization-status-in-words": _of("0005", lambda one: "DENY" in str(one)),
    "partly-approved-shown-as-approved": _of("0004", lambda one: "A3" not in str(decisions(one))),
    "decision-date-left-out": _all(lambda one: not any(day for _, day in decisions(one))),
    "decision-date-of-the-load": _of("0005", lambda one: decisions(one)[0][1] == "2026-11-20"),
    "approval-without-end": _all(lambda one: "preAuthRefPeriod" not in one),
    "open-ended-approval-without-circumstance": _of("0003", lambda one: "processNote" not in one),
    "authorization-without-lines": _of("0002", lambda one: "item" not in one),
    "approved-lines-cut": _of("0002", lambda one: len(one["item"]) == 1),
    "approved-items-without-codes": _all(
        lambda one: "coding" not in one["item"][0]["productOrService"]
    ),
    "authorization-denied-without-reason": _of("0005", lambda one: CARC not in str(one)),
    "authorization-denied-in-general-terms": _of("0005", lambda one: "'50'" in str(one)),
    "authorizations-shown-as-claims": lambda p: len(rows(p)) == 38 and not _numbers(p),
    "claims-shown-as-authorizations": lambda p: "00004" in str(requests(p).keys()),
    "authorization-papers-not-found": lambda p: all(
        p.ask(f"/{one}").status == 404 for one in _papers(p)
    ),
    "authorization-papers-not-kept": lambda p: (
        not _papers(p) and not p.ask("/QuestionnaireResponse").resources
    ),
    "requests-shown-a-week-later": _late,
    "decisions-shown-a-week-later": _decided_late,
    "requests-shown-when-decided": _hidden_until_decided,
    "second-change-of-a-day-lost": _first_kept,
    "authorizations-gone-after-six-months": lambda p: (
        {"0001", "0002", "0003", "0004", "0005", "0007"} == _numbers(p)
    ),
    "active-authorizations-gone-after-a-year": lambda p: (
        "0007" not in _numbers(p) and "0006" in _numbers(p)
    ),
    "withheld-treatment-in-authorization": lambda p: "PA-FAY-0002" in requests(p, "fay"),
}
TWINS: dict[str, Shows] = {
    "authorizations-come-first": lambda p: rows(p)[0]["use"] == "preauthorization",
    "pending-without-adjudication": _of("0001", lambda one: "adjudication" not in one["item"][0]),
    "authorization-with-billable-period": _of("0001", lambda one: "billablePeriod" in one),
    "approval-period-at-the-line": _of("0002", lambda one: "itemPreAuthPeriod" in str(one)),
    "issue-date-at-the-line": _of("0002", lambda one: "itemPreAuthIssueDate" in str(one)),
    "units-used-are-told": _of("0002", lambda one: "consumedunits" in str(one)),
    "drug-authorizations-too": lambda p: "RX01" in _numbers(p),
    "authorizations-gone-after-a-year": lambda p: (
        "PA-GUS-0001" not in requests(p, "gus") and "0006" in _numbers(p)
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_a_partner_still_gets_what_members_are_refused() -> None:
    payer = DefectPayer("plain+authorizations-not-served-to-members")
    assert "PA-ADA-0002" in str(payer.record("ada", EOB))


def test_every_entry_is_tried() -> None:
    modules = ("prior_auth", "prior_auth_time", "prior_auth_lawful")
    assert seeded_by(*modules) == {*FAULTS, *TWINS}
