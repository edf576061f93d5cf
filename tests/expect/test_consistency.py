"""Claims that contradict themselves are told from those that merely look odd."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from payerproof.expect.consistency import (
    double_meanings,
    impossible_dates,
    paid_as_a_whole,
    paid_in_adjudication,
    repeated,
    takes_back,
    undotted,
    unequal_sums,
)

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
TODAY = date(2026, 11, 21)


def _row(code: str, value: float) -> dict[str, Any]:
    return {"category": {"coding": [{"code": code}]}, "amount": {"value": value}}


def _claim(**more: Any) -> dict[str, Any]:
    lines = [{"adjudication": [_row("submitted", 10.0)]}, {"adjudication": [_row("submitted", 5)]}]
    number = {"type": {"coding": [{"code": "uc"}]}, "system": "s", "value": "1"}
    plain = {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "use": "claim",
        "identifier": [number],
        "created": "2026-01-09",
        "meta": {"lastUpdated": "2026-01-10T00:00:00Z"},
        "billablePeriod": {"start": "2026-01-02", "end": "2026-01-02"},
        "item": lines,
        "total": [_row("submitted", 15.0)],
    }
    return {**plain, **more}


def test_totals_are_compared_with_the_lines_of_their_category() -> None:
    assert not unequal_sums(_claim())
    assert unequal_sums(_claim(total=[_row("submitted", 16.0)])) == {"submitted"}
    assert not unequal_sums(_claim(total=[_row("benefit", 99.0)]))


def test_an_amount_adjudicated_at_the_header_is_not_compared() -> None:
    header = [_row("submitted", 1.0)]
    assert not unequal_sums(_claim(total=[_row("submitted", 16.0)], adjudication=header))


def test_one_amount_with_two_meanings() -> None:
    both = {"category": {"coding": [{"code": "submitted"}, {"code": "benefit"}]}}
    alike = {"category": {"coding": [{"code": "benefit"}, {"code": "paidtoprovider"}]}}
    assert double_meanings(_claim(total=[both])) == {"benefit and submitted"}
    assert not double_meanings(_claim(total=[alike]))


def test_dates_that_cannot_be() -> None:
    def told(**more: Any) -> set[str]:
        return set(impossible_dates(_claim(**more), UTC, TODAY))

    assert told() == set()
    assert told(created="2014-06-30") == {"created before the service"}
    assert told(created="2026-01") == set()
    assert told(created="2026-02-01") == {"created after it was last updated"}
    assert told(use="preauthorization", created="2014-06-30") == set()
    later = {"start": "2027-01-01", "end": "2027-01-01"}
    assert "a service in the future" in told(billablePeriod=later)


def test_versions_of_a_claim() -> None:
    linked = _claim(related=[{"claim": {"reference": "Claim/1"}}])
    assert repeated([_claim(), _claim()]) == ("s|1",)
    assert repeated([_claim(), _claim(status="cancelled")]) == ()
    assert repeated([_claim(), linked]) == ()
    negative = [_row("submitted", -15.0)]
    assert takes_back(_claim(total=negative))
    assert not takes_back(_claim(total=negative, status="cancelled"))


def test_what_was_paid() -> None:
    lines = [{"adjudication": [_row("paidtoprovider", 7.0)]}]
    assert paid_in_adjudication(_claim(item=lines))
    assert not paid_as_a_whole(_claim(item=lines))
    assert paid_as_a_whole(_claim(payment={"amount": {"value": 0}}))


def test_codes_without_their_dot() -> None:
    def coded(code: str) -> dict[str, Any]:
        return {"code": {"coding": [{"system": ICD, "code": code}]}}

    assert undotted(coded("E119")) == 1
    assert undotted(coded("E11.9")) == 0
    assert undotted(coded("I10")) == 0
