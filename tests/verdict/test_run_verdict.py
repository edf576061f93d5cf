"""Not met, then not fully verified, then met with findings, then met."""

from __future__ import annotations

from datetime import date
from itertools import chain, combinations

import pytest

from payerproof.model import Citation, Level, Outcome, Requirement, Result, Severity, Verdict
from payerproof.verdict import assess, requirement_verdict

DAY = date(2026, 11, 21)
SUBSETS = list(chain.from_iterable(combinations(Outcome, n) for n in range(len(Outcome) + 1)))


def requirement(name: str, **fields) -> Requirement:
    values = {
        "text": "",
        "level": Level.SHALL,
        "citations": (Citation("RFC 6749"),),
        "severity": Severity.HIGH,
        "actors": ("fhir-server",),
        "applies_to": ("ANY_PAYER",),
        "met": "",
        "unmet": "",
        "remediation": "",
    }
    return Requirement(id=name, **(values | fields))


def known(*items: Requirement) -> dict[str, Requirement]:
    return {item.id: item for item in items}


def result(name: str, outcome: Outcome, check: str = "one") -> Result:
    return Result(f"{name}/{check}", name, outcome)


SHALL = requirement("a.shall")
SHOULD = requirement("a.should", level=Level.SHOULD)
BOTH = known(SHALL, SHOULD)


@pytest.mark.parametrize("outcomes", SUBSETS, ids=lambda some: "+".join(some) or "nothing")
def test_every_combination_of_outcomes_of_a_requirement(outcomes):
    verdict = requirement_verdict(outcomes)
    if Outcome.FAILED in outcomes:
        expected = Verdict.NOT_MET
    elif not outcomes or {"inconclusive", "not tested", "error"} & {*outcomes}:
        expected = Verdict.NOT_FULLY_VERIFIED
    elif Outcome.WARNING in outcomes:
        expected = Verdict.MET_WITH_FINDINGS
    elif Outcome.PASSED in outcomes:
        expected = Verdict.MET
    else:
        expected = None
    assert verdict is expected


@pytest.mark.parametrize(
    ("shall", "should", "expected"),
    [
        ("passed", "passed", Verdict.MET),
        ("passed", "not applicable", Verdict.MET),
        ("not applicable", "passed", Verdict.MET),
        ("passed", "warning", Verdict.MET_WITH_FINDINGS),
        ("warning", "passed", Verdict.MET_WITH_FINDINGS),
        ("passed", "inconclusive", Verdict.MET_WITH_FINDINGS),
        ("passed", "not tested", Verdict.MET),
        ("inconclusive", "passed", Verdict.NOT_FULLY_VERIFIED),
        ("not tested", "passed", Verdict.NOT_FULLY_VERIFIED),
        ("error", "passed", Verdict.NOT_FULLY_VERIFIED),
        ("not tested", "warning", Verdict.NOT_FULLY_VERIFIED),
        ("failed", "passed", Verdict.NOT_MET),
        ("failed", "inconclusive", Verdict.NOT_MET),
        ("not applicable", "not applicable", Verdict.NOT_FULLY_VERIFIED),
    ],
)
def test_the_ladder(shall, should, expected):
    results = [result("a.shall", Outcome(shall)), result("a.should", Outcome(should))]
    assert assess(results, BOTH, DAY).verdict is expected


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_selection_is_never_met(outcome):
    verdict = assess([result("a.shall", outcome)], BOTH, DAY, selection=True).verdict
    failed = outcome is Outcome.FAILED
    assert verdict is (Verdict.NOT_MET if failed else Verdict.NOTHING_FAILED_IN_SELECTION)


@pytest.mark.parametrize("selection", [True, False])
def test_an_incomplete_record_is_at_best_not_fully_verified(selection):
    good = [result("a.shall", Outcome.PASSED), result("a.should", Outcome.PASSED)]
    assert assess(good, BOTH, DAY).verdict is Verdict.MET
    cut = assess(good, BOTH, DAY, complete=False, selection=selection)
    assert cut.verdict is Verdict.NOT_FULLY_VERIFIED
    bad = assess([result("a.shall", Outcome.FAILED)], BOTH, DAY, complete=False)
    assert bad.verdict is Verdict.NOT_MET


def test_a_requirement_that_nobody_looked_at_holds_the_verdict_back():
    found = assess([result("a.should", Outcome.PASSED)], BOTH, DAY)
    assert found.verdict is Verdict.NOT_FULLY_VERIFIED
    assert found.unverified == ("a.shall",)


def test_one_open_check_leaves_its_requirement_unverified():
    results = [result("a.shall", Outcome.PASSED), result("a.shall", Outcome.NOT_TESTED, "two")]
    assert assess(results, known(SHALL), DAY).unverified == ("a.shall",)


@pytest.mark.parametrize(
    "fields",
    [
        {"effective": "2027-01-01"},
        {"lifecycle": "voluntary"},
        {"applies_to": ("CHIP",)},
        {"actors": ("app",)},
        {"not_tested_because": "not-a-payer-duty"},
        {"level": Level.SHOULD},
    ],
)
def test_what_does_not_bind_this_payer_today_holds_nothing_back(fields):
    others = requirement("a.other", **fields)
    found = assess(
        [result("a.shall", Outcome.PASSED)], known(SHALL, others), DAY, programmes=("MA",)
    )
    assert found.verdict is Verdict.MET


def test_an_attested_requirement_holds_it_back():
    open_item = requirement("a.other", not_tested_because="needs-attestation")
    found = assess([result("a.shall", Outcome.PASSED)], known(SHALL, open_item), DAY)
    assert found.verdict is Verdict.NOT_FULLY_VERIFIED


def test_what_binds_others_still_counts_where_it_was_tried():
    others = requirement("a.other", applies_to=("CHIP",))
    found = assess([result("a.other", Outcome.FAILED)], known(others), DAY, programmes=("MA",))
    assert found.verdict is Verdict.NOT_MET


def test_a_result_of_an_unknown_requirement_counts_as_a_shall():
    stray = result("b.unknown", Outcome.INCONCLUSIVE)
    found = assess([stray, result("a.shall", Outcome.PASSED)], known(SHALL), DAY)
    assert found.verdict is Verdict.NOT_FULLY_VERIFIED
    assert found.unverified == ("b.unknown",)


def test_nothing_at_all_is_not_met_with_nothing():
    assert assess([], {}, DAY).verdict is Verdict.NOT_FULLY_VERIFIED
