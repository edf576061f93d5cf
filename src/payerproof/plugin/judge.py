"""From what a check did to its result."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from payerproof.browser.errors import (
    ControlNotFound,
    HookFailed,
    LoginFailed,
    NeedsBrowser,
    PageUnreachable,
)
from payerproof.expect.outcomes import Inconclusive, Ledger, NotApplicable, NotTested, Unmet
from payerproof.fhir.client import EndlessPaging
from payerproof.model import Level, Outcome, Requirement
from payerproof.polite import NotJson, Unreachable
from payerproof.redact import Redactor
from payerproof.verdict import ahead_of_date, outcome_for

ODDITY = "An oddity that the guides allow; clients must cope with it."
"""Begins the message of a check whose MAY was not met: it passed, and there is this to tell."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome with its words; the rest of a `Result` is circumstance."""

    outcome: Outcome
    expected: str = ""
    observed: str = ""
    message: str = ""
    evidence: tuple[str, ...] = ()


def judge(
    requirement: Requirement, as_of: date, ledger: Ledger, error: BaseException | None
) -> Judgement:
    """Tell the outcome from how the check ended: by returning, or by which exception."""
    remarks = " ".join(ledger.remarks)
    match error:
        case None:
            return _met(ledger, remarks)
        case Unmet():
            return _unmet(requirement, as_of, error, remarks)
        case Inconclusive():
            return Judgement(
                Outcome.INCONCLUSIVE,
                message=_said(error.sentence, remarks),
                evidence=error.evidence,
            )
        case NotApplicable():
            return Judgement(
                Outcome.NOT_APPLICABLE, message=error.sentence, evidence=error.evidence
            )
        case NotTested() | NeedsBrowser():
            return Judgement(Outcome.NOT_TESTED, message=str(error))
        case Unreachable():
            return Judgement(
                Outcome.INCONCLUSIVE, message=error.sentence, evidence=_given(error.exchange)
            )
        case EndlessPaging():
            return Judgement(
                Outcome.INCONCLUSIVE, message=error.sentence, evidence=_given(error.exchange)
            )
        case NotJson() | ControlNotFound() | HookFailed() | LoginFailed() | PageUnreachable():
            return Judgement(Outcome.INCONCLUSIVE, message=_sentence(str(error)))
        case _:
            return Judgement(Outcome.ERROR, message=_our_fault(error))


def _met(ledger: Ledger, remarks: str) -> Judgement:
    if not ledger.met:
        return Judgement(
            Outcome.ERROR,
            message="The check ended without judging anything; it must expect something.",
        )
    last = ledger.met[-1]
    evidence = tuple(dict.fromkeys(e for met in ledger.met for e in met.evidence))
    expected = "; ".join(dict.fromkeys(met.expected for met in ledger.met))
    observed = last.observed if len(ledger.met) == 1 else "; ".join(m.observed for m in ledger.met)
    return Judgement(Outcome.PASSED, expected, observed, remarks, evidence)


def _unmet(requirement: Requirement, as_of: date, error: Unmet, remarks: str) -> Judgement:
    outcome = outcome_for(requirement, False, as_of)
    message = remarks
    if outcome is Outcome.NOT_TESTED and ahead_of_date(requirement, as_of):
        message = _said(
            f"Ahead of date: binds from {requirement.effective or 'a later day'}.", remarks
        )
    if outcome is Outcome.PASSED and requirement.level is Level.MAY:
        message = _said(ODDITY, remarks)
    return Judgement(outcome, error.expected, error.observed, message, error.evidence)


def _said(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _sentence(text: str) -> str:
    """A text as a sentence of its own."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _given(exchange: str) -> tuple[str, ...]:
    return (exchange,) if exchange else ()


def _our_fault(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = next(
        (f for f in reversed(frames) if "payerproof" in f.filename or "suites" in f.filename), None
    )
    place = f" in {Path(where.filename).name}, line {where.lineno}" if where else ""
    return f"An error of ours, {type(error).__name__}{place}; it says nothing about the payer."


def redacted(judgement: Judgement, redactor: Redactor) -> Judgement:
    """Pass every text of a judgement through the redactor."""
    return replace(
        judgement,
        expected=redactor.text(judgement.expected),
        observed=redactor.text(judgement.observed),
        message=redactor.text(judgement.message),
        evidence=tuple(dict.fromkeys(judgement.evidence)),
    )


def agreed(first: Judgement, second: Judgement) -> Judgement:
    """Weigh a second try: an outcome that changes between two tries reads inconclusive."""
    if first.outcome is second.outcome:
        return first
    return Judgement(
        Outcome.INCONCLUSIVE,
        first.expected,
        first.observed,
        f"Two tries disagreed: first {first.outcome}, then {second.outcome}"
        + (f" ({second.observed or second.message})" if second.observed or second.message else "")
        + ".",
        tuple(dict.fromkeys((*first.evidence, *second.evidence))),
    )
