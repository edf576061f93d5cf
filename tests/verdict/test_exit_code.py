"""The first that applies of 5, 2, 4, 1, 6, 3 and 0."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from payerproof.model import (
    Baseline,
    Citation,
    Confidence,
    Level,
    Outcome,
    Requirement,
    Result,
    Severity,
    Waiver,
)
from payerproof.verdict import exit_code, gate

DAY = date(2026, 11, 21)


def requirement(name: str, level: Level, confidence: Confidence = Confidence.CONFIRMED):
    return Requirement(
        name, "", level, (Citation("RFC 6749"),), Severity.HIGH, ("portal",), ("ANY_PAYER",),
        "", "", "", confidence=confidence,
    )  # fmt: skip


KNOWN = {
    "a.shall": requirement("a.shall", Level.SHALL),
    "a.should": requirement("a.should", Level.SHOULD),
    "a.hearsay": requirement("a.hearsay", Level.SHALL, Confidence.SECONDARY),
}
FAILED = Result("a.shall/failing", "a.shall", Outcome.FAILED)
PASSED = Result("a.shall/passing", "a.shall", Outcome.PASSED)
OPEN = Result("a.shall/open", "a.shall", Outcome.INCONCLUSIVE)
BROKEN = Result("a.shall/broken", "a.shall", Outcome.ERROR)


def waiver(key: str, expires: str) -> Waiver:
    return Waiver(key, "until the next release", "J. Example", expires)


@pytest.mark.parametrize(
    ("ours", "usage", "unreachable", "failed", "stale", "inconclusive"),
    list(product((False, True), repeat=6)),
)
def test_every_combination_gives_the_first_that_applies(
    ours, usage, unreachable, failed, stale, inconclusive
):
    results = [PASSED, *[FAILED] * failed, *[OPEN] * inconclusive]
    baseline = Baseline("run-1", {PASSED.key: "known"}) if stale else None
    code = exit_code(
        results, KNOWN, DAY,
        harness_errors=int(ours), usage=usage, unreachable=unreachable, baseline=baseline,
    )  # fmt: skip
    conditions = (
        (ours, 5),
        (usage, 2),
        (unreachable, 4),
        (failed, 1),
        (stale, 6),
        (inconclusive, 3),
    )
    assert code == next((number for holds, number in conditions if holds), 0)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("name", list(KNOWN))
def test_each_outcome_of_each_level_alone(outcome, name):
    code = exit_code([Result(f"{name}/c", name, outcome)], KNOWN, DAY)
    expected = {Outcome.ERROR: 5, Outcome.FAILED: 1}.get(outcome, 0)
    if outcome is Outcome.INCONCLUSIVE and name == "a.shall":
        expected = 3
    assert code == expected


def test_not_tested_never_gives_three():
    assert exit_code([Result("a.shall/c", "a.shall", Outcome.NOT_TESTED)], KNOWN, DAY) == 0


def test_inconclusive_of_an_unknown_requirement_stops_too():
    assert exit_code([Result("b.new/c", "b.new", Outcome.INCONCLUSIVE)], KNOWN, DAY) == 3


def test_inconclusive_may_be_allowed_and_a_failure_may_not():
    assert exit_code([OPEN], KNOWN, DAY, allow_inconclusive=True) == 0
    assert exit_code([OPEN, FAILED], KNOWN, DAY, allow_inconclusive=True) == 1


def test_the_baseline_is_checked_both_ways():
    accepted = Baseline("run-1", {FAILED.key: "known since May"})
    assert exit_code([FAILED], KNOWN, DAY, baseline=accepted) == 0
    new = Result("a.shall/other", "a.shall", Outcome.FAILED)
    found = gate([FAILED, new], KNOWN, DAY, baseline=accepted)
    assert (found.code, found.new, found.accepted) == (1, (new.key,), (FAILED.key,))
    mended = Result(FAILED.check, "a.shall", Outcome.PASSED)
    assert gate([mended], KNOWN, DAY, baseline=accepted).stale == (FAILED.key,)
    assert exit_code([mended], KNOWN, DAY, baseline=accepted) == 6


@pytest.mark.parametrize(
    ("outcome", "stale"),
    [
        (Outcome.PASSED, True),
        (Outcome.WARNING, True),
        (Outcome.FAILED, False),
        (Outcome.INCONCLUSIVE, False),
        (Outcome.NOT_TESTED, False),
        (Outcome.NOT_APPLICABLE, False),
        (Outcome.ERROR, False),
    ],
)
def test_only_an_answer_makes_a_baseline_entry_stale(outcome, stale):
    held = Baseline("run-1", {"a.shall/c": "known"})
    found = gate([Result("a.shall/c", "a.shall", outcome)], KNOWN, DAY, baseline=held)
    assert bool(found.stale) is stale


def test_an_entry_that_nothing_answers_to_is_stale_except_in_a_selection():
    gone = Baseline("run-1", {"a.shall/removed": "known"})
    assert exit_code([PASSED], KNOWN, DAY, baseline=gone) == 6
    assert exit_code([PASSED], KNOWN, DAY, baseline=gone, selection=True) == 0


def test_a_baseline_entry_covers_its_parameters_only():
    held = Baseline("run-1", {"a.shall/c[element=x]": "known"})
    same = Result("a.shall/c", "a.shall", Outcome.FAILED, params={"element": "x"})
    other = Result("a.shall/c", "a.shall", Outcome.FAILED, params={"element": "y"})
    assert exit_code([same], KNOWN, DAY, baseline=held) == 0
    assert exit_code([same, other], KNOWN, DAY, baseline=held) == 1


@pytest.mark.parametrize(
    ("expires", "failing", "expected"),
    [
        ("2026-11-22", True, 0),
        ("2026-11-21", True, 0),
        ("2026-11-20", True, 1),
        ("2026-11-22", False, 0),
        ("2026-11-20", False, 6),
    ],
)
def test_a_waiver_holds_through_the_day_it_names(expires, failing, expected):
    results = [FAILED] if failing else [PASSED]
    assert exit_code(results, KNOWN, DAY, waivers=[waiver(FAILED.key, expires)]) == expected


def test_a_renewed_waiver_replaces_an_expired_one():
    waivers = [waiver(FAILED.key, "2026-01-01"), waiver(FAILED.key, "2027-01-01")]
    assert exit_code([FAILED], KNOWN, DAY, waivers=waivers) == 0


def test_a_waiver_excuses_no_inconclusive_and_no_error():
    held = [waiver(OPEN.key, "2027-01-01"), waiver(BROKEN.key, "2027-01-01")]
    assert exit_code([OPEN], KNOWN, DAY, waivers=held) == 3
    assert exit_code([BROKEN], KNOWN, DAY, waivers=held) == 5


def test_an_unreadable_expiry_is_an_error():
    with pytest.raises(ValueError, match="whenever"):
        exit_code([FAILED], KNOWN, DAY, waivers=[waiver(FAILED.key, "whenever")])
