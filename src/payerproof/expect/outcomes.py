"""How a check ends other than by returning, and what it has established on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


class Unmet(Exception):
    """An expectation did not hold: becomes *failed* or *warning*, as the requirement says."""

    def __init__(self, expected: str, observed: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(f"expected {expected}; observed {observed}")
        self.expected = expected
        self.observed = observed
        self.evidence = evidence


class Inconclusive(Exception):
    """Tried, and could not tell."""

    def __init__(self, sentence: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.evidence = evidence


class NotApplicable(Exception):
    """The requirement does not bind this payer."""

    def __init__(self, sentence: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.evidence = evidence


class NotTested(Exception):
    """It needs something that is not there: a person, a persona, a permission, a hook."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Met:
    """An expectation that held, kept because an audit needs proof of the good."""

    expected: str
    observed: str
    evidence: tuple[str, ...] = ()


@dataclass(slots=True)
class Ledger:
    """What one check has established so far."""

    met: list[Met] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Facts worth telling though nothing hangs on them: delays, the payer's habits."""


_current: ContextVar[Ledger | None] = ContextVar("payerproof_ledger", default=None)


@contextmanager
def keeping() -> Iterator[Ledger]:
    """Keep a ledger for the check that runs inside."""
    ledger = Ledger()
    token = _current.set(ledger)
    try:
        yield ledger
    finally:
        _current.reset(token)


def settle(holds: bool, expected: str, observed: str, *evidence: str) -> None:
    """Record an expectation that held, or raise `Unmet`."""
    proof = tuple(e for e in evidence if e)
    if not holds:
        raise Unmet(expected, observed, proof)
    ledger = _current.get()
    if ledger is not None:
        ledger.met.append(Met(expected, observed, proof))


def remark(text: str) -> None:
    """Tell a fact beside the outcome, such as a measured delay."""
    ledger = _current.get()
    if ledger is not None:
        ledger.remarks.append(text)


def inconclusive_unless(condition: object, sentence: str, *evidence: str) -> None:
    """End the check as *inconclusive* where its positive control is missing."""
    if not condition:
        raise Inconclusive(sentence, tuple(e for e in evidence if e))


def not_applicable_unless(condition: object, sentence: str, *evidence: str) -> None:
    """End the check as *not applicable* where the requirement does not bind this payer."""
    if not condition:
        raise NotApplicable(sentence, tuple(e for e in evidence if e))
