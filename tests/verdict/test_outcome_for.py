"""The requirement, not the author of the check, decides what unmet is called."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from payerproof.model import Citation, Confidence, Level, Outcome, Requirement, Severity
from payerproof.verdict import ahead_of_date, applies, can_fail, of_the_payer, outcome_for

DAY = date(2026, 11, 21)
DATES = {
    "": False,
    "2021-01-01": False,
    "2026-11-21": False,
    "2026-11-22": True,
    "2027-01-01": True,
}
LIFECYCLES = (
    "in-force", "from-2027", "future-date", "benchmark", "voluntary", "proposed", "superseded",
)  # fmt: skip


def requirement(**fields) -> Requirement:
    values = {
        "id": "area.name",
        "text": "A server SHALL do it.",
        "level": Level.SHALL,
        "citations": (Citation("42 CFR 422.119", "(a)"),),
        "severity": Severity.HIGH,
        "actors": ("fhir-server",),
        "applies_to": ("ANY_PAYER",),
        "met": "It does.",
        "unmet": "It does not.",
        "remediation": "Do it.",
    }
    return Requirement(**(values | fields))


@pytest.mark.parametrize(
    ("level", "confidence", "expected"),
    [
        (Level.SHALL, Confidence.CONFIRMED, Outcome.FAILED),
        (Level.SHALL_NOT, Confidence.CONFIRMED, Outcome.FAILED),
        (Level.SHALL, Confidence.MIXED, Outcome.FAILED),
        (Level.SHALL_NOT, Confidence.MIXED, Outcome.FAILED),
        (Level.SHALL, Confidence.SECONDARY, Outcome.WARNING),
        (Level.SHALL_NOT, Confidence.SECONDARY, Outcome.WARNING),
        (Level.SHALL, Confidence.MEMORY, Outcome.WARNING),
        (Level.SHALL_NOT, Confidence.MEMORY, Outcome.WARNING),
        (Level.SHOULD, Confidence.CONFIRMED, Outcome.WARNING),
        (Level.SHOULD_NOT, Confidence.CONFIRMED, Outcome.WARNING),
        (Level.SHOULD, Confidence.MIXED, Outcome.WARNING),
        (Level.SHOULD_NOT, Confidence.MIXED, Outcome.WARNING),
        (Level.SHOULD, Confidence.SECONDARY, Outcome.WARNING),
        (Level.SHOULD_NOT, Confidence.SECONDARY, Outcome.WARNING),
        (Level.SHOULD, Confidence.MEMORY, Outcome.WARNING),
        (Level.SHOULD_NOT, Confidence.MEMORY, Outcome.WARNING),
        (Level.MAY, Confidence.CONFIRMED, Outcome.PASSED),
        (Level.MAY, Confidence.MIXED, Outcome.PASSED),
        (Level.MAY, Confidence.SECONDARY, Outcome.PASSED),
        (Level.MAY, Confidence.MEMORY, Outcome.PASSED),
    ],
)
def test_unmet_by_level_and_confidence(level, confidence, expected):
    it = requirement(level=level, confidence=confidence)
    assert outcome_for(it, False, DAY) is expected
    assert outcome_for(it, True, DAY) is Outcome.PASSED


@pytest.mark.parametrize(("level", "effective"), list(product(Level, DATES)))
def test_before_its_date_unmet_is_not_tested_and_met_is_passed(level, effective):
    it = requirement(level=level, effective=effective)
    assert ahead_of_date(it, DAY) is DATES[effective]
    unmet = outcome_for(it, False, DAY)
    if level is Level.MAY:
        assert unmet is Outcome.PASSED
    elif DATES[effective]:
        assert unmet is Outcome.NOT_TESTED
    else:
        assert unmet is (Outcome.FAILED if level.binding else Outcome.WARNING)
    assert outcome_for(it, True, DAY) is Outcome.PASSED


@pytest.mark.parametrize(
    ("lifecycle", "today", "in_2028"),
    [
        ("in-force", Outcome.FAILED, Outcome.FAILED),
        ("from-2027", Outcome.NOT_TESTED, Outcome.FAILED),
        ("future-date", Outcome.NOT_TESTED, Outcome.NOT_TESTED),
        ("proposed", Outcome.NOT_TESTED, Outcome.NOT_TESTED),
        ("benchmark", Outcome.WARNING, Outcome.WARNING),
        ("voluntary", Outcome.WARNING, Outcome.WARNING),
        ("superseded", Outcome.WARNING, Outcome.WARNING),
    ],
)
def test_lifecycle_without_a_date(lifecycle, today, in_2028):
    it = requirement(lifecycle=lifecycle)
    assert outcome_for(it, False, DAY) is today
    assert outcome_for(it, False, date(2028, 1, 1)) is in_2028


def test_a_stated_date_goes_before_the_lifecycle_but_a_proposal_binds_nobody():
    early = requirement(lifecycle="from-2027", effective="2026-01-01")
    assert outcome_for(early, False, DAY) is Outcome.FAILED
    proposed = requirement(lifecycle="proposed", effective="2026-01-01")
    assert outcome_for(proposed, False, DAY) is Outcome.NOT_TESTED


@pytest.mark.parametrize(
    ("level", "confidence", "lifecycle", "effective"),
    list(product(Level, Confidence, LIFECYCLES, DATES)),
)
def test_can_fail_says_exactly_what_fails(level, confidence, lifecycle, effective):
    it = requirement(level=level, confidence=confidence, lifecycle=lifecycle, effective=effective)
    assert can_fail(it, DAY) is (outcome_for(it, False, DAY) is Outcome.FAILED)
    if can_fail(it, DAY):
        assert level.binding
        assert confidence in (Confidence.CONFIRMED, Confidence.MIXED)


def test_mixed_needs_one_primary_source():
    mixed = Citation("42 CFR 422.119", "(a)", confidence=Confidence.SECONDARY)
    it = requirement(confidence=Confidence.MIXED, citations=(mixed,))
    assert outcome_for(it, False, DAY) is Outcome.WARNING


def test_an_unreadable_date_is_an_error_and_no_outcome():
    with pytest.raises(ValueError, match="soon"):
        outcome_for(requirement(effective="soon"), False, DAY)


@pytest.mark.parametrize(
    ("applies_to", "programmes", "expected"),
    [
        (("ANY_PAYER",), ("MA",), True),
        (("MA", "CHIP"), ("QHP_FFE", "CHIP"), True),
        (("MA",), ("CHIP",), False),
        (("APP",), ("MA",), False),
        (("MA",), (), True),
        ((), ("MA",), True),
    ],
)
def test_whom_it_binds(applies_to, programmes, expected):
    assert applies(requirement(applies_to=applies_to), programmes) is expected


def test_what_others_owe_is_not_the_payers():
    assert of_the_payer(requirement())
    assert of_the_payer(requirement(actors=("app", "portal")))
    assert not of_the_payer(requirement(actors=("app",)))
    assert not of_the_payer(requirement(not_tested_because="not-a-payer-duty"))
    assert of_the_payer(requirement(not_tested_because="needs-attestation"))
