"""From what a check did to its outcome."""

from __future__ import annotations

from datetime import date

import pytest

from payerproof.expect import Inconclusive, NotApplicable, NotTested, Unmet, keeping, remark, settle
from payerproof.expect.outcomes import Ledger
from payerproof.model import Citation, Confidence, Level, Outcome, Requirement, Severity
from payerproof.plugin.judge import Judgement, agreed, judge
from payerproof.polite import Unreachable

TODAY = date(2026, 11, 21)


def requirement(level: Level = Level.SHALL, **more: object) -> Requirement:
    fields: dict[str, object] = {
        "id": "smart.example",
        "text": "The payer SHALL do it.",
        "level": level,
        "citations": (Citation("RFC 6749", "5.2"),),
        "severity": Severity.HIGH,
        "actors": ("payer",),
        "applies_to": ("ANY_PAYER",),
        "met": "It does.",
        "unmet": "It does not.",
        "remediation": "Do it.",
        **more,
    }
    return Requirement(**fields)  # type: ignore[arg-type]  # fields of the right types by name


def met_once() -> Ledger:
    with keeping() as ledger:
        settle(True, "a refusal", "403 (x1)", "gw0-1")
    return ledger


def test_a_check_that_returns_passed_with_what_it_expected_and_saw() -> None:
    judged = judge(requirement(), TODAY, met_once(), None)
    assert judged.outcome is Outcome.PASSED
    assert (judged.expected, judged.observed, judged.evidence) == (
        "a refusal",
        "403 (x1)",
        ("gw0-1",),
    )


def test_a_check_that_expects_nothing_is_an_error_of_ours() -> None:
    assert judge(requirement(), TODAY, Ledger(), None).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("req", "outcome"),
    [
        (requirement(), Outcome.FAILED),
        (requirement(Level.SHALL_NOT), Outcome.FAILED),
        (requirement(Level.SHOULD), Outcome.WARNING),
        (requirement(Level.MAY), Outcome.PASSED),
        (requirement(confidence=Confidence.SECONDARY), Outcome.WARNING),
        (requirement(effective="2027-01-01"), Outcome.NOT_TESTED),
    ],
)
def test_the_requirement_decides_what_unmet_is_called(req: Requirement, outcome: Outcome) -> None:
    unmet = Unmet("a refusal", "200 with a Patient", ("gw0-2",))
    judged = judge(req, TODAY, Ledger(), unmet)
    assert judged.outcome is outcome
    assert judged.observed == "200 with a Patient"


def test_an_unmet_expectation_after_a_met_one_is_unmet() -> None:
    judged = judge(requirement(), TODAY, met_once(), Unmet("x", "y"))
    assert judged.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Inconclusive("ada sees no claims"), Outcome.INCONCLUSIVE),
        (NotApplicable("SMART 1"), Outcome.NOT_APPLICABLE),
        (NotTested("needs a hook"), Outcome.NOT_TESTED),
        (Unreachable("timeout", "payer.example did not answer", "gw0-3"), Outcome.INCONCLUSIVE),
        (KeyError("secret value"), Outcome.ERROR),
        (AssertionError("secret value"), Outcome.ERROR),
    ],
)
def test_every_other_end_has_its_own_outcome(error: Exception, outcome: Outcome) -> None:
    judged = judge(requirement(), TODAY, met_once(), error)
    assert judged.outcome is outcome
    assert judged.message
    assert "secret value" not in judged.message


def test_remarks_are_told_beside_the_outcome() -> None:
    with keeping() as ledger:
        remark("The token died after 2 s.")
        settle(True, "dead", "dead")
    assert "2 s" in judge(requirement(), TODAY, ledger, None).message


def test_two_tries_that_disagree_are_inconclusive() -> None:
    failed = Judgement(Outcome.FAILED, "a", "b", evidence=("gw0-1",))
    passed = Judgement(Outcome.PASSED, "a", "c", evidence=("gw0-2",))
    assert agreed(failed, failed) is failed
    both = agreed(failed, passed)
    assert both.outcome is Outcome.INCONCLUSIVE
    assert both.evidence == ("gw0-1", "gw0-2")
