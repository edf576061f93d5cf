"""From results to outcomes, verdicts and the exit code; pure functions, no clock.

The requirement decides what an unmet check is called (failed, warning or a note), never the author
of the check. A verdict is a word of `Verdict`; there is no score and no percentage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack

from payerproof.model import (
    Baseline,
    Confidence,
    Level,
    Outcome,
    Requirement,
    Result,
    Verdict,
    Waiver,
)

ANY_PAYER = "ANY_PAYER"
"""The programme word of a requirement that binds every payer."""

_BINDS_OTHERS = frozenset({"not-a-payer-duty", "not-in-force", "harness-tests"})
"""Reasons of the catalogue for testing nothing that say the payer owes nothing either."""

_WITHOUT_FORCE = frozenset({"benchmark", "voluntary", "superseded"})
_DATE_OPEN = frozenset({"future-date", "proposed"})
_DATE_BY_LIFECYCLE = {"from-2027": date(2027, 1, 1)}
_UNSETTLED = frozenset({Outcome.INCONCLUSIVE, Outcome.NOT_TESTED, Outcome.ERROR})


def ahead_of_date(requirement: Requirement, as_of: date) -> bool:
    """True where the duty does not bind yet on *as_of*.

    A proposed duty, and one whose date is still open, is ahead of date whatever the day. Raises
    `ValueError` where `Requirement.effective` is not an ISO date.
    """
    if requirement.lifecycle == "proposed":
        return True
    if requirement.effective:
        return date.fromisoformat(requirement.effective) > as_of
    if requirement.lifecycle in _DATE_OPEN:
        return True
    begins = _DATE_BY_LIFECYCLE.get(requirement.lifecycle)
    return begins is not None and begins > as_of


def well_sourced(requirement: Requirement) -> bool:
    """True where a primary source is cited, without which nothing may fail.

    Where the confidence is mixed, at least one citation has to be confirmed.
    """
    if requirement.confidence is Confidence.MIXED:
        return any(c.confidence is Confidence.CONFIRMED for c in requirement.citations)
    return requirement.confidence is Confidence.CONFIRMED


def can_fail(requirement: Requirement, as_of: date) -> bool:
    """True where an unmet check of this requirement reads *failed* on *as_of*."""
    return (
        requirement.level.binding
        and requirement.lifecycle not in _WITHOUT_FORCE
        and well_sourced(requirement)
        and not ahead_of_date(requirement, as_of)
    )


def outcome_for(requirement: Requirement, met: bool, as_of: date) -> Outcome:
    """The outcome of a check that could tell whether its expectation was met.

    Unmet reads *not tested* before the duty's date ("ahead of date"), *failed* for a SHALL with a
    primary source, *passed* for a MAY (the caller notes the quirk), and *warning* otherwise.
    """
    if met or requirement.level is Level.MAY:
        return Outcome.PASSED
    if ahead_of_date(requirement, as_of):
        return Outcome.NOT_TESTED
    return Outcome.FAILED if can_fail(requirement, as_of) else Outcome.WARNING


def requirement_verdict(outcomes: Iterable[Outcome]) -> Verdict | None:
    """The verdict of one requirement from the outcomes of all its checks.

    None means that it does not apply: every check said so. No outcome at all means that nobody
    looked, which is *not fully verified*.
    """
    seen = set(outcomes)
    if Outcome.FAILED in seen:
        return Verdict.NOT_MET
    if not seen or seen & _UNSETTLED:
        return Verdict.NOT_FULLY_VERIFIED
    if Outcome.WARNING in seen:
        return Verdict.MET_WITH_FINDINGS
    return Verdict.MET if Outcome.PASSED in seen else None


def applies(requirement: Requirement, programmes: Sequence[str]) -> bool:
    """True where the requirement binds one of the payer's programmes.

    A payer file that names no programme, and a requirement that names none, exclude nothing.
    """
    named = set(requirement.applies_to)
    return not named or not programmes or ANY_PAYER in named or bool(named & set(programmes))


def of_the_payer(requirement: Requirement) -> bool:
    """False where somebody else has to meet it, or nobody: it never counts against a payer."""
    others = requirement.not_tested_because in _BINDS_OTHERS
    return not others and set(requirement.actors) != {"app"}


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a run amounts to, with the requirement ids that decide it, each list in id order."""

    verdict: Verdict
    requirements: Mapping[str, Verdict | None]
    """Verdict by requirement id; None where the requirement does not apply to this payer."""
    not_met: tuple[str, ...]
    unverified: tuple[str, ...]
    """Requirements that bind today and could not be verified: tried or not."""
    findings: tuple[str, ...]
    """Warnings, and recommendations that were tried and could not be verified."""


def assess(
    results: Iterable[Result],
    requirements: Mapping[str, Requirement],
    as_of: date,
    *,
    programmes: Sequence[str] = (),
    selection: bool = False,
    complete: bool = True,
) -> Assessment:
    """Weigh a run: not met, then not fully verified, then met with findings, then met.

    A *selection* that failed nothing is "nothing failed in what was selected". An incomplete run
    file is at best *not fully verified*. A result of an unknown requirement counts as a SHALL's.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in requirements}
    for result in results:
        outcomes.setdefault(result.requirement, []).append(result.outcome)
    verdicts = {
        name: _standing(requirements.get(name), seen, programmes)
        for name, seen in sorted(outcomes.items())
    }

    def holds_back(name: str) -> bool:
        known = requirements.get(name)
        return known is None or can_fail(known, as_of)

    def named(verdict: Verdict) -> tuple[str, ...]:
        return tuple(name for name, value in verdicts.items() if value is verdict)

    unsettled = named(Verdict.NOT_FULLY_VERIFIED)
    not_met = named(Verdict.NOT_MET)
    unverified = tuple(name for name in unsettled if holds_back(name))
    findings = named(Verdict.MET_WITH_FINDINGS) + tuple(
        name
        for name in unsettled
        if not holds_back(name) and {Outcome.INCONCLUSIVE, Outcome.WARNING} & set(outcomes[name])
    )
    verdict = Verdict.MET
    if not_met:
        verdict = Verdict.NOT_MET
    elif not complete:
        verdict = Verdict.NOT_FULLY_VERIFIED
    elif selection:
        verdict = Verdict.NOTHING_FAILED_IN_SELECTION
    elif unverified or not any(seen is not None for seen in verdicts.values()):
        verdict = Verdict.NOT_FULLY_VERIFIED
    elif findings:
        verdict = Verdict.MET_WITH_FINDINGS
    return Assessment(verdict, verdicts, not_met, unverified, tuple(sorted(findings)))


def _standing(
    requirement: Requirement | None, outcomes: Sequence[Outcome], programmes: Sequence[str]
) -> Verdict | None:
    """A requirement's verdict; one that binds somebody else and was not tried does not apply."""
    tried = any(o not in (Outcome.NOT_TESTED, Outcome.NOT_APPLICABLE) for o in outcomes)
    if requirement is not None and not tried:
        binds_them = applies(requirement, programmes) and of_the_payer(requirement)
        return requirement_verdict(outcomes) if binds_them else None
    return requirement_verdict(outcomes)


@dataclass(frozen=True, slots=True)
class Gate:
    """Why a run gives its exit code; every tuple holds stable result keys, sorted."""

    code: int
    new: tuple[str, ...] = ()
    """Failed, neither in the baseline nor waived."""
    accepted: tuple[str, ...] = ()
    """Failed, and in the baseline or under a waiver in force."""
    stale: tuple[str, ...] = ()
    """In the baseline, but no longer failing."""
    expired: tuple[str, ...] = ()
    """Waived until a day before *as_of*."""
    inconclusive: tuple[str, ...] = ()
    """Could not tell, of a requirement that could have failed."""
    errors: tuple[str, ...] = ()
    """Our own errors."""


class Conditions(TypedDict, total=False):
    """What else decides the exit code; all of it may be left out."""

    allow_inconclusive: bool
    """An inconclusive SHALL does not stop the pipeline."""
    waivers: Sequence[Waiver]
    baseline: Baseline | None
    selection: bool
    """Only a part of the checks was asked for: absent baseline entries say nothing."""
    harness_errors: int
    """Errors of ours that are no result's."""
    unreachable: bool
    """The payer did not answer, or no persona could log in."""
    usage: bool
    """The command line or a file of the operator's is wrong."""


def gate(
    results: Iterable[Result],
    requirements: Mapping[str, Requirement],
    as_of: date,
    **conditions: Unpack[Conditions],
) -> Gate:
    """Weigh a run for a pipeline; the code is the first that applies of 5, 2, 4, 1, 6, 3 and 0.

    5 our own error, 2 usage or configuration, 4 payer unreachable or no persona could log in,
    1 a new failure, 6 a stale baseline entry or an expired waiver, 3 a SHALL inconclusive
    (*allow_inconclusive* relaxes it), else 0. *Not tested* never gives 3. A waiver holds through
    the day it names. In a run without *selection*, a baseline entry that nothing answers to is
    stale as well. Raises `ValueError` where a waiver's expiry is not an ISO date.
    """
    by_key = {result.key: result for result in results}

    def keys(*outcomes: Outcome) -> set[str]:
        return {key for key, result in by_key.items() if result.outcome in outcomes}

    baseline = conditions.get("baseline")
    entries = set(baseline.entries) if baseline else set()
    held, expired = _waived(conditions.get("waivers", ()), as_of)
    accepted = keys(Outcome.FAILED) & (entries | held)
    new = keys(Outcome.FAILED) - accepted
    gone = set() if conditions.get("selection") else entries - set(by_key)
    stale = gone | (entries & keys(Outcome.PASSED, Outcome.WARNING))
    errors = keys(Outcome.ERROR)
    inconclusive = {
        key
        for key in keys(Outcome.INCONCLUSIVE)
        if by_key[key].requirement not in requirements
        or can_fail(requirements[by_key[key].requirement], as_of)
    }
    ladder = (
        (5, bool(errors) or conditions.get("harness_errors", 0) > 0),
        (2, conditions.get("usage", False)),
        (4, conditions.get("unreachable", False)),
        (1, bool(new)),
        (6, bool(stale or expired)),
        (3, bool(inconclusive) and not conditions.get("allow_inconclusive", False)),
    )
    return Gate(
        code=next((code for code, holds in ladder if holds), 0),
        new=tuple(sorted(new)),
        accepted=tuple(sorted(accepted)),
        stale=tuple(sorted(stale)),
        expired=tuple(sorted(expired)),
        inconclusive=tuple(sorted(inconclusive)),
        errors=tuple(sorted(errors)),
    )


def _waived(waivers: Sequence[Waiver], as_of: date) -> tuple[set[str], set[str]]:
    """Keys under a waiver in force, and keys whose last waiver has run out."""
    held = {w.key for w in waivers if date.fromisoformat(w.expires) >= as_of}
    return held, {w.key for w in waivers} - held


def exit_code(
    results: Iterable[Result],
    requirements: Mapping[str, Requirement],
    as_of: date,
    **conditions: Unpack[Conditions],
) -> int:
    """The code of `gate`, with the same arguments."""
    return gate(results, requirements, as_of, **conditions).code
