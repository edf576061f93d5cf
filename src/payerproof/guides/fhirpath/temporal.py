"""Dates, times and dateTimes that know their precision (FHIRPath section 4.1, FHIR R4 types).

Two values are compared as far as both are precise; what is left open makes the answer unknown.
Seconds and milliseconds count as one precision. A value without an offset is not comparable with
one that has an offset unless they lie further apart than offsets can reach.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal

_DATE_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
    r"(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?)?(Z|[+-]\d\d:\d\d)?$"
)
_TIME = re.compile(r"(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?$")

YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLI = range(1, 8)
"""Precisions by the number of parts that are given."""

_MAX_OFFSET = dt.timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date ("date"), dateTime ("dateTime") or time ("time").

    ``parts``: the given numbers from the largest down (for a time from the hour), seconds as
    Decimal with the fraction inside; ``digits``: fraction digits given (-1 when no seconds);
    ``offset``: minutes from UTC, or None.
    """

    kind: str
    parts: tuple[int | Decimal, ...]
    digits: int = -1
    offset: int | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.text or render(self)

    @property
    def zoned(self) -> bool:
        """Whether an offset is given."""
        return self.offset is not None


def parse_literal(text: str) -> Temporal | None:
    """A literal as it stands in an expression, with its ``@``; None when it is not one."""
    body = text[1:]
    if body.startswith("T"):
        return parse_time(body[1:])
    return parse_date_time(body) if "T" in body else parse_date(body)


def parse_date(text: str) -> Temporal | None:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; None when it is not a date."""
    value = parse_date_time(text)
    if value is None or "T" in text or value.zoned:
        return None
    return Temporal("date", value.parts, -1, None, text)


def parse_date_time(text: str) -> Temporal | None:
    """A date with or without time and offset; None when it is not one or not on the calendar."""
    match = _DATE_TIME.match(text)
    if match is None:
        return None
    numbers = [int(g) for g in match.groups()[:5] if g is not None]
    parts, digits = _with_seconds(numbers, match[6], match[7])
    if not _on_calendar(parts):
        return None
    offset = _offset(match[8])
    if match[8] and len(parts) < HOUR:
        return None
    return Temporal("dateTime", parts, digits, offset, text)


def parse_time(text: str) -> Temporal | None:
    """``hh``, ``hh:mm`` or ``hh:mm:ss.fff``; None when it is not a time."""
    match = _TIME.match(text)
    if match is None:
        return None
    numbers = [int(g) for g in match.groups()[:2] if g is not None]
    parts, digits = _with_seconds(numbers, match[3], match[4])
    if parts[0] > 23 or (len(parts) > 1 and parts[1] > 59) or (len(parts) > 2 and parts[2] >= 60):
        return None
    return Temporal("time", parts, digits, None, text)


def _with_seconds(
    numbers: list[int], seconds: str | None, fraction: str | None
) -> tuple[tuple[int | Decimal, ...], int]:
    parts: tuple[int | Decimal, ...] = tuple(numbers)
    if seconds is None:
        return parts, -1
    text = seconds + ("." + fraction if fraction else "")
    return (*parts, Decimal(text)), len(fraction or "")


def _on_calendar(parts: tuple[int | Decimal, ...]) -> bool:
    if not 1 <= parts[0] <= 9999:
        return False
    if len(parts) > 1 and not 1 <= parts[1] <= 12:
        return False
    if len(parts) > 2 and not 1 <= parts[2] <= calendar.monthrange(int(parts[0]), int(parts[1]))[1]:
        return False
    if len(parts) > 3 and parts[3] > 23:
        return False
    if len(parts) > 4 and parts[4] > 59:
        return False
    return not (len(parts) > 5 and parts[5] >= 61)


def _offset(text: str | None) -> int | None:
    if not text:
        return None
    if text == "Z":
        return 0
    sign = -1 if text[0] == "-" else 1
    return sign * (int(text[1:3]) * 60 + int(text[4:6]))


def compare(left: Temporal, right: Temporal) -> int | None:
    """-1, 0 or 1; None when precision or offsets leave it open, or the kinds do not compare."""
    if (left.kind == "time") != (right.kind == "time"):
        return None
    if left.kind != "time" and left.zoned != right.zoned and _both_timed(left, right):
        return _compare_half_zoned(left, right)
    first, second = _normalised(left, right)
    for one, other in zip(first, second, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(first) == len(second) else None


def _both_timed(left: Temporal, right: Temporal) -> bool:
    return len(left.parts) >= HOUR and len(right.parts) >= HOUR


def _normalised(
    left: Temporal, right: Temporal
) -> tuple[tuple[int | Decimal, ...], tuple[int | Decimal, ...]]:
    if left.zoned and right.zoned and left.offset != right.offset:
        return to_utc(left).parts, to_utc(right).parts
    return left.parts, right.parts


def _compare_half_zoned(left: Temporal, right: Temporal) -> int | None:
    difference = moment_of(to_utc(left)) - moment_of(to_utc(right))
    if abs(difference) <= _MAX_OFFSET:
        return None
    return 1 if difference > dt.timedelta(0) else -1


def to_utc(value: Temporal) -> Temporal:
    """The same moment at offset zero, with the same precision."""
    if not value.offset or len(value.parts) < HOUR:
        return value
    try:
        moment = moment_of(value) - dt.timedelta(minutes=value.offset)
    except OverflowError:
        return value
    return from_moment(moment, value, 0)


def moment_of(value: Temporal) -> dt.datetime:
    """A point on the clock, the offset left aside; what is not given counts as the lowest."""
    year, month, day, hour, minute, second = (*value.parts, *(0,) * 6)[:6]
    whole = int(second)
    micro = int((Decimal(second) - whole) * 1000000)
    return dt.datetime(
        int(year), int(month) or 1, int(day) or 1, int(hour), int(minute), min(whole, 59), micro
    )


def from_moment(moment: dt.datetime, like: Temporal, offset: int | None) -> Temporal:
    """A point on the clock with the kind and precision of another value."""
    seconds = Decimal(moment.second) + Decimal(moment.microsecond) / 1000000
    if like.digits >= 0:
        seconds = seconds.quantize(Decimal(1).scaleb(-min(max(like.digits, 0), 6)))
    every: tuple[int | Decimal, ...] = (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        seconds,
    )
    return Temporal(like.kind, every[: len(like.parts)], like.digits, offset)


def render(value: Temporal) -> str:
    """The value as text, with as many parts as are given."""
    if value.kind == "time":
        return _clock(value.parts, value.digits)
    date = "-".join(f"{int(p):0{4 if i == 0 else 2}d}" for i, p in enumerate(value.parts[:3]))
    if len(value.parts) <= 3:
        return date
    return f"{date}T{_clock(value.parts[3:], value.digits)}{offset_text(value.offset)}"


def _clock(parts: tuple[int | Decimal, ...], digits: int) -> str:
    out = [f"{int(p):02d}" for p in parts[:2]]
    if len(parts) > 2:
        width = 3 + digits if digits > 0 else 2
        out.append(f"{Decimal(parts[2]):0{width}.{max(digits, 0)}f}")
    return ":".join(out)


def offset_text(offset: int | None) -> str:
    """``Z``, ``+hh:mm``, ``-hh:mm`` or nothing."""
    if offset is None:
        return ""
    if offset == 0:
        return "Z"
    sign = "-" if offset < 0 else "+"
    return f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
