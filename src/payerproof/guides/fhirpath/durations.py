"""Adding a calendar duration to a date, time or dateTime (FHIRPath section 6.6.7)."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal

from payerproof.guides.fhirpath.temporal import (
    DAY,
    HOUR,
    MILLI,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    Temporal,
    from_moment,
    moment_of,
)

_UNIT_LEVEL = {
    "year": YEAR,
    "month": MONTH,
    "week": DAY,
    "day": DAY,
    "hour": HOUR,
    "minute": MINUTE,
    "second": SECOND,
    "millisecond": MILLI,
}


def add(value: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    """Add a calendar duration; None when the result leaves the calendar or the unit is unknown."""
    if unit not in _UNIT_LEVEL:
        return None
    if value.kind == "time":
        return _add_to_time(value, amount, unit)
    if unit in ("second", "millisecond") or value.kind == "dateTime":
        amount, unit = _coarsen(value, amount, unit)
    else:
        amount, unit = _coarsen(value, Decimal(int(amount)), unit)
    whole = int(amount)
    try:
        if unit in ("year", "month"):
            return _add_months(value, whole * (12 if unit == "year" else 1))
        moment = moment_of(value) + _delta(amount, unit)
        return from_moment(moment, value, value.offset)
    except (OverflowError, ValueError):
        return None


def _coarsen(value: Temporal, amount: Decimal, unit: str) -> tuple[Decimal, str]:
    """A finer unit than the value's precision is converted down to it, fractions dropped."""
    level = min(_UNIT_LEVEL[unit], SECOND)
    have = len(value.parts)
    if level <= have:
        return amount, unit
    seconds = Decimal(str(_delta(amount, unit).total_seconds()))
    days = seconds / 86400
    if have >= DAY:
        per = {DAY: 86400, HOUR: 3600, MINUTE: 60}[have]
        return Decimal(int(seconds / per)), {DAY: "day", HOUR: "hour", MINUTE: "minute"}[have]
    if have == MONTH:
        return Decimal(int(days / 30)), "month"
    if unit == "month":
        return Decimal(int(amount / 12)), "year"
    return Decimal(int(days / 365)), "year"


def _delta(amount: Decimal, unit: str) -> dt.timedelta:
    if unit == "month":
        return dt.timedelta(days=int(amount) * 30)
    micro = {
        "week": 604800 * 10**6,
        "day": 86400 * 10**6,
        "hour": 3600 * 10**6,
        "minute": 60 * 10**6,
        "second": 10**6,
        "millisecond": 1000,
    }[unit]
    whole = amount if unit in ("second", "millisecond") else Decimal(int(amount))
    return dt.timedelta(microseconds=int(whole * micro))


def _add_months(value: Temporal, months: int) -> Temporal | None:
    month0 = (int(value.parts[1]) - 1 if len(value.parts) > 1 else 0) + months
    year, month = int(value.parts[0]) + month0 // 12, month0 % 12 + 1
    if not 1 <= year <= 9999:
        return None
    parts: list[int | Decimal] = [year, month, *value.parts[2:]]
    if len(value.parts) > 2:
        parts[2] = min(int(value.parts[2]), calendar.monthrange(year, month)[1])
    return Temporal(value.kind, tuple(parts[: len(value.parts)]), value.digits, value.offset)


def _add_to_time(value: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    if unit not in ("hour", "minute", "second", "millisecond"):
        return None
    anchor = Temporal("dateTime", (2000, 1, 1, *value.parts), value.digits)
    moved = add(anchor, amount, unit)
    return None if moved is None else Temporal("time", moved.parts[3:], value.digits)
