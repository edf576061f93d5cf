"""The words and shapes of a report: outcomes, levels, dates, durations, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from payerproof.model import Level, Outcome, Severity, Verdict

SHAPES: Mapping[str, str] = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✕",
    Outcome.WARNING: "△",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "\u2013",
    Outcome.NOT_TESTED: "○",
    Outcome.ERROR: "!",
    Verdict.MET: "✓",
    Verdict.NOT_MET: "✕",
    Verdict.MET_WITH_FINDINGS: "△",
    Verdict.NOT_FULLY_VERIFIED: "?",
    Verdict.NOTHING_FAILED_IN_SELECTION: "◇",
}
"""The shape that stands before each word, so that colour is never needed."""

ORDER: tuple[Outcome, ...] = (
    Outcome.FAILED,
    Outcome.WARNING,
    Outcome.INCONCLUSIVE,
    Outcome.ERROR,
    Outcome.NOT_TESTED,
    Outcome.NOT_APPLICABLE,
    Outcome.PASSED,
)
"""Outcomes as a reader wants them: what is wrong first."""

OUTCOME_MEANINGS: Mapping[Outcome, str] = {
    Outcome.PASSED: "The payer was seen to do what the requirement asks.",
    Outcome.FAILED: "The payer was seen not to do what a SHALL asks. It has to be put right.",
    Outcome.WARNING: (
        "The payer was seen not to do what a SHOULD asks, or what a SHALL asks whose source has "
        "been read at second hand only. It is worth putting right, and does not fail the run."
    ),
    Outcome.INCONCLUSIVE: (
        "It was tried and could not be told, for instance because a test member had no data or "
        "could not log in. It is neither good nor bad news; the report says what would settle it."
    ),
    Outcome.ERROR: "payerproof itself went wrong. It says nothing about the payer.",
    Outcome.NOT_TESTED: (
        "Nobody tried: it needs a person, a test member, a permission or a control that was not "
        "there, or its date has not come (ahead of date)."
    ),
    Outcome.NOT_APPLICABLE: "It does not concern this payer or what it offers.",
}

VERDICT_MEANINGS: Mapping[Verdict, str] = {
    Verdict.NOT_MET: "At least one required item (SHALL) failed.",
    Verdict.NOT_FULLY_VERIFIED: (
        "No required item failed, but at least one that binds today could not be verified."
    ),
    Verdict.MET_WITH_FINDINGS: (
        "Every required item was verified; there are warnings or open recommendations."
    ),
    Verdict.MET: "Every required item was verified and nothing was found wanting.",
    Verdict.NOTHING_FAILED_IN_SELECTION: (
        "Only a part of the checks was run. Nothing in that part failed; of the rest, and of the "
        "payer as a whole, it says nothing."
    ),
}

LEVELS: tuple[tuple[str, tuple[Level, ...]], ...] = (
    ("Required (SHALL)", (Level.SHALL, Level.SHALL_NOT)),
    ("Recommended (SHOULD)", (Level.SHOULD, Level.SHOULD_NOT)),
    ("Optional (MAY)", (Level.MAY,)),
)

SEVERITIES: tuple[Severity, ...] = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.MEDIUM,
    Severity.LOW,
)

SEVERITY_MEANINGS: Mapping[Severity, str] = {
    Severity.CRITICAL: "It can give a member's data to somebody who must not have it.",
    Severity.HIGH: "It can keep from members data, or a right, that the rules give them.",
    Severity.MEDIUM: "It weakens something that members or apps rely on.",
    Severity.LOW: "It costs members or apps time or clarity.",
}

PROGRAMMES: Mapping[str, str] = {
    "MA": "Medicare Advantage",
    "MEDICAID_FFS": "Medicaid fee-for-service",
    "MEDICAID_MCO": "Medicaid managed care",
    "CHIP": "CHIP",
    "ANY_PAYER": "every payer",
    "APP": "apps",
    "QHP_FFE": "qualified health plans on the federal exchange",
}

NOT_TESTED_REASONS: Mapping[str, str] = {
    "needs-attestation": (
        "Only the payer's records or a responsible person's word can show it; no request can."
    ),
    "needs-operator-hook": (
        "Trying it needs a change on the payer's side that no payer file can ask for yet."
    ),
    "needs-second-target": "It compares two deployments, and a payer file describes one.",
    "page-audit-to-come": "It is judged from public pages that this version does not read.",
    "check-to-come": "It can be tested, and this version has no check for it yet.",
    "suite-to-come": "It belongs to an area that this version does not cover.",
    "production-only": "It shows only in production, over days or under real load.",
    "compares-runs": "It shows between two runs, not within one.",
    "no-target-offers-it": "No target at hand offers it, so a check could never be seen to fail.",
    "harness-tests": "It asks something of payerproof itself, not of the payer.",
    "not-a-payer-duty": "It binds someone other than the payer under test.",
    "not-in-force": "It is proposed, voluntary or superseded and binds nobody now.",
    "unsafe": "Trying it could harm the payer's systems or real members.",
}
"""The catalogue's closed list of reasons, in words."""

NO_REQUIREMENT_REASONS: Mapping[str, str] = {
    "defines-or-limits": "Defines terms or limits the scope; asks for no conduct of its own.",
    "permits": "Permits something and asks for nothing.",
    "binds-others": "Binds an agency or an exchange, not the payer under test.",
    "text-not-read": "The current text was not at hand, so nothing is derived from it.",
    "superseded": "No longer in the rule.",
}
"""Why a provision leads to no requirement, in words."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def reason(text: str, known: Mapping[str, str] = NOT_TESTED_REASONS) -> str:
    """A reason of a closed list as a sentence; one that is not in the list, as it stands."""
    return known.get(text, text.replace("-", " "))


def day_in_words(day: date) -> str:
    """``21 November 2026``, in any locale."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def date_in_words(text: str) -> str:
    """An ISO date or time as ``21 November 2026``; anything else as it stands."""
    moment = _moment(text)
    return day_in_words(moment.date()) if moment else text


def moment_in_words(text: str) -> str:
    """An ISO time as ``21 November 2026, 14:02:05 UTC``; anything else as it stands."""
    moment = _moment(text)
    return f"{day_in_words(moment.date())}, {moment:%H:%M:%S} UTC" if moment else text


def span_in_words(began: str, ended: str) -> str:
    """``21 November 2026, 14:02 to 14:09 UTC``, with both days where they differ."""
    first, last = _moment(began), _moment(ended)
    if first is None:
        return began
    if last is None:
        return f"{day_in_words(first.date())}, from {first:%H:%M} UTC; the end is not known"
    if first.date() == last.date():
        return f"{day_in_words(first.date())}, {first:%H:%M} to {last:%H:%M} UTC"
    end = f"{day_in_words(last.date())}, {last:%H:%M} UTC"
    return f"{day_in_words(first.date())}, {first:%H:%M} to {end}"


def clock_time(text: str) -> str:
    """The time of day of an ISO time in UTC, with milliseconds: ``14:02:05.123``."""
    moment = _moment(text)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" if moment else text


def duration(milliseconds: int) -> str:
    """``812 ms``, ``4.2 s``, ``3 min 20 s``."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {seconds} s"


def size(octets: int) -> str:
    """``512 bytes``, ``18 KiB``, ``1.4 MiB``."""
    if octets < 1024:
        return count(octets, "byte")
    if octets < 1024 * 1024:
        return f"{octets / 1024:.0f} KiB"
    return f"{octets / 1024 / 1024:.1f} MiB"


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 check``, ``1,204 checks``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def sentence(text: str) -> str:
    """*text* with a capital and a full stop."""
    trimmed = text.strip()
    if not trimmed:
        return ""
    stop = "" if trimmed[-1] in ".!?…" else "."
    return trimmed[0].upper() + trimmed[1:] + stop


def owner(actors: tuple[str, ...]) -> str:
    """Who puts it right: ``authorization server, FHIR server``."""
    return ", ".join(one.replace("-", " ").replace("fhir", "FHIR") for one in actors)


def natural_key(text: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key by which ``(b)(10)`` follows ``(b)(9)``."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
