"""FHIR date and time values as spans of time, and the comparisons of R4 search (3.1.1.5.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

_FORM = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


class Span(NamedTuple):
    """A stretch of time, from `start` up to but without `end`; both in UTC."""

    start: datetime
    end: datetime


@lru_cache(maxsize=8192)
def span(text: str) -> Span:
    """Make the span that a FHIR date, dateTime or instant covers at its precision.

    A value without zone is read as UTC. Raises `ValueError` if `text` is no such value.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if hour and not zone and second is None:
        raise ValueError("a time needs seconds or a zone")
    offset = _offset(zone)
    start = datetime(
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int(float(fraction or 0) * 1_000_000),
        tzinfo=UTC,
    )
    try:
        return Span(start - offset, _end(start, found) - offset)
    except OverflowError as error:
        raise ValueError("a date out of range") from error


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    assert zone is not None
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return -size if zone[0] == "-" else size


def _end(start: datetime, found: re.Match[str]) -> datetime:
    _, month, day, hour, _, second, fraction, _ = found.groups()
    if month is None:
        return start.replace(year=start.year + 1)
    if day is None:
        return (start + timedelta(days=32)).replace(day=1)
    if hour is None:
        return start + timedelta(days=1)
    if second is None:
        return start + timedelta(minutes=1)
    if fraction is None:
        return start + timedelta(seconds=1)
    return start + timedelta(microseconds=1000)


def span_of(value: Any) -> Span | None:
    """Make the span of a date, dateTime, instant or Period element; None if it has none."""
    try:
        if isinstance(value, str):
            return span(value)
        if isinstance(value, Mapping):
            start, end = value.get("start"), value.get("end")
            if start or end:
                return Span(span(start).start if start else _START, span(end).end if end else _END)
    except ValueError:
        return None
    return None


def split_prefix(text: str) -> tuple[str, str]:
    """Split a date search value into its prefix (``eq`` if none) and the date."""
    if text[:2] in PREFIXES:
        return text[:2], text[2:]
    return "eq", text


def compare(prefix: str, wanted: Span, found: Span, now: datetime) -> bool:
    """Compare as R4 search defines; `now` serves ``ap`` (a tenth of the distance to it)."""
    if prefix == "ap":
        leeway = abs(now - wanted.start) / 10
        return found.start < wanted.end + leeway and found.end > wanted.start - leeway
    within = wanted.start <= found.start and found.end <= wanted.end
    answers = {
        "eq": within,
        "ne": not within,
        "gt": found.end > wanted.end,
        "lt": found.start < wanted.start,
        "ge": found.end > wanted.end or within,
        "le": found.start < wanted.start or within,
        "sa": found.start >= wanted.end,
        "eb": found.end <= wanted.start,
    }
    return answers[prefix]
