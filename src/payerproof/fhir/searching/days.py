"""Dates of searches compared as days, with room for what time zones leave open.

FHIR R4 search 3.1.1.5.6 compares ranges. A value written with a time covers the day it is written
on and the day it is in UTC, since servers read a search date in either; periods may be read as
overlapping or as contained. Whatever hangs on such a choice is unknown (None).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


@dataclass(frozen=True)
class Span:
    """First and last day that a value may be said to cover; None is open."""

    first: date | None
    last: date | None
    instant: datetime | None = None
    """The moment itself, where the value has a time and an offset."""


def span_of(value: Any) -> Span | None:
    """The span of a date, dateTime, instant or Period; None where there is none."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, Mapping) and ("start" in value or "end" in value):
        start, end = _of_text(value.get("start")), _of_text(value.get("end"))
        if start or end:
            return Span(start.first if start else None, end.last if end else None)
    return None


def _of_text(text: object) -> Span | None:
    if not isinstance(text, str):
        return None
    if "T" in text:
        return _of_time(text)
    parts = text.split("-")
    try:
        year, month, day = (*map(int, parts), 0, 0)[:3]
        first = date(year, month or 1, day or 1)
        if day:
            return Span(first, first)
        length = calendar.monthrange(year, month or 12)[1]
        return Span(first, date(year, month or 12, length))
    except ValueError:
        return None


def _of_time(text: str) -> Span | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    written = moment.date()
    if moment.tzinfo is None:
        day = timedelta(days=1)
        return Span(written - day, written + day)
    plain = moment.astimezone(UTC)
    return Span(min(written, plain.date()), max(written, plain.date()), plain)


def date_fits(asked: str, value: Any) -> bool | None:
    """Whether a value satisfies a date parameter such as ``ge2024-01-31``; None: it depends."""
    prefix, text = split_prefix(asked)
    wanted, found = _of_text(text), span_of(value)
    if wanted is None or found is None or wanted.first is None or wanted.last is None:
        return None
    if wanted.instant is not None and found.instant is not None:
        return _moments(prefix, wanted.instant, found.instant)
    if wanted.instant is not None and prefix != "ap":
        return _around(prefix, wanted, found)
    return _days(prefix, wanted.first, wanted.last, found)


def split_prefix(text: str) -> tuple[str, str]:
    """Prefix (``eq`` where none is written) and date."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _moments(prefix: str, wanted: datetime, found: datetime) -> bool | None:
    if abs(wanted - found) < timedelta(seconds=1):
        # a second asked covers its fractions, and servers keep more or fewer digits
        return {"eq": True, "ge": True, "le": True, "ne": False}.get(prefix)
    answers = {
        "eq": False,
        "ne": True,
        "gt": found > wanted,
        "ge": found > wanted,
        "sa": found > wanted,
        "lt": found < wanted,
        "le": found < wanted,
        "eb": found < wanted,
    }
    return answers.get(prefix)


def _around(prefix: str, wanted: Span, found: Span) -> bool | None:
    """A moment asked of whole days: certain only for days apart from its own."""
    assert wanted.first is not None
    assert wanted.last is not None
    if found.first is not None and found.first > wanted.last:
        return prefix in ("gt", "ge", "sa", "ne")
    if found.last is not None and found.last < wanted.first:
        return prefix in ("lt", "le", "eb", "ne")
    return None


def _days(prefix: str, first: date, last: date, found: Span) -> bool | None:
    after = found.first is not None and found.first > last
    before = found.last is not None and found.last < first
    from_on = found.first is not None and found.first >= first
    up_to = found.last is not None and found.last <= last
    answers: dict[str, bool | None] = {
        "eq": True if from_on and up_to else (False if after or before else None),
        "ne": False if from_on and up_to else (True if after or before else None),
        "gt": True if after else (False if up_to else None),
        "lt": True if before else (False if from_on else None),
        "ge": True if from_on else (False if before else None),
        "le": True if up_to else (False if after else None),
        "sa": True if after else (False if up_to else None),
        "eb": True if before else (False if from_on else None),
    }
    return answers.get(prefix)
