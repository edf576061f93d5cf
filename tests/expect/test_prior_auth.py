"""What a prior authorization is taken to say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from payerproof.expect.business_days import business_days_before
from payerproof.expect.prior_auth import (
    decision_days,
    denials,
    explains,
    is_general,
    says_when_it_ends,
    state_of,
)
from payerproof.target.settings import Policy

PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/"
PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"


def action(code: str, home: str = PDEX) -> dict[str, Any]:
    """An adjudication with a review action."""
    coded = {"coding": [{"system": "https://codesystem.x12.org/005010/306", "code": code}]}
    inner = {"url": f"{home}extension-reviewActionCode", "valueCodeableConcept": coded}
    return {"extension": [{"url": f"{home}extension-reviewAction", "extension": [inner]}]}


def line(*codes: str) -> dict[str, Any]:
    """A line with these review actions."""
    return {"adjudication": [action(code) for code in codes]}


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"item": [line("A1"), line("A1")]}, "approved"),
        ({"item": [line("A1"), line("A3")]}, "partly-approved"),
        ({"item": [line("A6")]}, "partly-approved"),
        ({"item": [line("A3")]}, "denied"),
        ({"item": [line("A1"), line("A4")]}, "pending"),
        ({"adjudication": [action("A3", PAS)], "item": [{}]}, "denied"),
        ({"outcome": "queued"}, "pending"),
        ({"outcome": "partial"}, "partly-approved"),
        ({"outcome": "complete"}, ""),
        ({"item": [line("XX")], "outcome": "complete"}, ""),
    ],
)
def test_the_state_is_read_off_review_actions(row: dict[str, Any], state: str) -> None:
    assert state_of(row) == state


def test_days_of_decision_stand_at_adjudications_or_lines() -> None:
    adjudicated = {
        "url": f"{PDEX}base-ext-when-adjudicated",
        "valueDateTime": "2026-09-14T10:00:00Z",
    }
    issued = {"url": f"{PAS}extension-itemPreAuthIssueDate", "valueDate": "2026-09-15"}
    row = {"item": [{"extension": [issued], "adjudication": [{"extension": [adjudicated]}]}]}
    assert decision_days(row) == {"2026-09-14", "2026-09-15"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"preAuthRefPeriod": [{"start": "2026-01-01", "end": "2026-02-01"}]}, True),
        ({"preAuthRefPeriod": [{"start": "2026-01-01"}]}, False),
        ({"processNote": [{"text": "Until the cast is off."}]}, True),
        ({"disposition": "Until discharge"}, True),
        (
            {
                "item": [
                    {
                        "extension": [
                            {
                                "url": f"{PAS}extension-itemPreAuthPeriod",
                                "valuePeriod": {"end": "2026-02-01"},
                            }
                        ]
                    }
                ]
            },
            True,
        ),
        ({}, False),
    ],
)
def test_an_end_is_a_day_or_a_circumstance(row: dict[str, Any], told: bool) -> None:
    assert says_when_it_ends(row) is told


def test_a_reason_is_general_where_it_says_only_not_necessary() -> None:
    category = {"coding": [{"code": "denialreason"}]}
    general = {"coding": [{"code": "50"}]}
    row = {"item": [{"adjudication": [{"category": category, "reason": general}]}]}
    assert [is_general(one) for one in denials(row)] == [True]
    assert not explains(row)
    assert not is_general({"coding": [{"code": "150"}]})
    assert not is_general({**general, "text": "The scan of May shows no tear."})
    assert is_general({})


def test_business_days_leave_out_weekends_and_holidays() -> None:
    policy = Policy(holidays=(date(2026, 11, 26),))
    assert business_days_before(date(2026, 11, 30), 1, policy) == date(2026, 11, 27)
    assert business_days_before(date(2026, 11, 30), 2, policy) == date(2026, 11, 25)
    assert business_days_before(date(2026, 11, 22), 1, policy) == date(2026, 11, 20)
