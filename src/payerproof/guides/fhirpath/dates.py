"""Functions on dates and times: now, parts, precision and boundaries."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from payerproof.guides.fhirpath import temporal as t
from payerproof.guides.fhirpath.items import Collection, Scope
from payerproof.guides.fhirpath.operators import one
from payerproof.guides.fhirpath.quantity import Quantity

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]


def _now(scope: Scope) -> t.Temporal:
    """The moment of the evaluation, the same for all of it."""
    if not scope.env.now:
        scope.env.now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    value = t.parse_date_time(scope.env.now)
    assert value is not None
    return value


def _today(_target: Fn) -> Fn:
    return lambda scope: [t.Temporal("date", _now(scope).parts[:3])]


def _time_of_day(_target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        now = _now(scope)
        return [t.Temporal("time", now.parts[3:], now.digits)]

    return run


def _part(at: int, kind: str = "date") -> Maker:
    def make(target: Fn) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), "a part of a date")
            if not isinstance(value, t.Temporal):
                return []
            where = at - 3 if value.kind == "time" else at
            if where < 0 or where >= len(value.parts) or (kind == "date" and value.kind == "time"):
                return []
            return [int(value.parts[where])]

        return run

    return make


def _millisecond(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        value = one(target(scope), "a part of a date")
        if not isinstance(value, t.Temporal) or value.digits < 1:
            return []
        return [int((value.parts[-1] % 1) * 1000)]

    return run


def _offset(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        value = one(target(scope), "a dateTime")
        if not isinstance(value, t.Temporal) or value.offset is None:
            return []
        return [Decimal(value.offset) / 60]

    return run


def _date_of(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        value = one(target(scope), "a dateTime")
        if not isinstance(value, t.Temporal) or value.kind == "time":
            return []
        return [t.Temporal("date", value.parts[:3])]

    return run


def _time_of(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        value = one(target(scope), "a dateTime")
        if not isinstance(value, t.Temporal) or len(value.parts) < 4:
            return []
        return [t.Temporal("time", value.parts[3:], value.digits)]

    return run


def _precision(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        value = one(target(scope), "precision()")
        if isinstance(value, t.Temporal):
            return [_digits(value)]
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return []
        exponent = Decimal(value).as_tuple().exponent
        return [max(-exponent, 0) if isinstance(exponent, int) else 0]

    return run


def _digits(value: t.Temporal) -> int:
    """Digits given: 4, 6, 8, 10, 12, 14, 17 for a dateTime; 2, 4, 6, 9 for a time."""
    parts = len(value.parts)
    if value.kind == "time":
        return 2 * parts + (3 if value.digits > 0 else 0)
    return 2 + 2 * parts + (3 if value.digits > 0 else 0)


def _boundary(high: bool) -> Maker:
    def make(target: Fn, precision: Fn | None = None) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), "a boundary")
            wanted = one(precision(scope), "a precision") if precision is not None else None
            if value is None or isinstance(value, bool):
                return []
            found = _bound(value, wanted, high)
            return [] if found is None else [found]

        return run

    return make


def _bound(value: Any, wanted: Any, high: bool) -> Any:
    if isinstance(value, Quantity):
        inner = _decimal_bound(value.value, wanted, high)
        return None if inner is None else Quantity(inner, value.unit, value.calendar)
    if isinstance(value, int | Decimal):
        return _decimal_bound(Decimal(value), wanted, high)
    if isinstance(value, t.Temporal):
        return _temporal_bound(value, wanted, high)
    return None


def _decimal_bound(value: Decimal, wanted: Any, high: bool) -> Decimal | None:
    digits = 8 if wanted is None else int(wanted)
    if not 0 <= digits <= 28:
        return None
    exponent = value.as_tuple().exponent
    half = Decimal(1).scaleb(int(exponent)) / 2
    edge = value + half if high else value - half
    unit = Decimal(1).scaleb(-digits)
    rounding = "ROUND_CEILING" if high else "ROUND_FLOOR"
    if digits >= -int(exponent):
        return edge.quantize(unit)
    return edge.quantize(unit, rounding)


_DATE_PARTS = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 7}
_TIME_PARTS = {2: 1, 4: 2, 6: 3, 9: 4}


def _temporal_bound(value: t.Temporal, wanted: Any, high: bool) -> t.Temporal | None:
    table = _TIME_PARTS if value.kind == "time" else _DATE_PARTS
    default = {"date": 8, "dateTime": 17, "time": 9}[value.kind]
    count = table.get(default if wanted is None else int(wanted))
    if count is None or (value.kind == "date" and count > 3):
        return None
    parts = list(value.parts)
    if value.kind == "time":
        return _time_bound(parts, count, value, high)
    filled = _fill_date(parts, high)
    offset = value.offset
    if offset is None and value.kind == "dateTime" and count > 3:
        offset = -12 * 60 if high else 14 * 60
    return _cut(value.kind, filled, count, value, high, offset)


def _fill_date(parts: list[Any], high: bool) -> list[Any]:
    out = list(parts)
    if len(out) == 1:
        out.append(12 if high else 1)
    if len(out) == 2:
        out.append(calendar.monthrange(int(out[0]), int(out[1]))[1] if high else 1)
    for length, limit in ((3, 23), (4, 59)):
        if len(out) == length:
            out.append(limit if high else 0)
    return out


def _time_bound(parts: list[Any], count: int, like: t.Temporal, high: bool) -> t.Temporal:
    while len(parts) < 2:
        parts.append(59 if high else 0)
    return _cut("time", parts, count, like, high, None)


def _cut(
    kind: str, parts: list[Any], count: int, like: t.Temporal, high: bool, offset: int | None
) -> t.Temporal:
    seconds_at = 2 if kind == "time" else 5
    if len(parts) == seconds_at:
        parts.append(Decimal("59.999") if high else Decimal("0.000"))
    elif like.digits <= 0:
        parts[seconds_at] = int(parts[seconds_at]) + Decimal("0.999" if high else "0.000")
    if count == seconds_at + 1:
        parts[seconds_at] = Decimal(int(parts[seconds_at]))
        return t.Temporal(kind, tuple(parts[:count]), 0, offset)
    if count > seconds_at:
        return t.Temporal(kind, tuple(parts[: seconds_at + 1]), 3, offset)
    return t.Temporal(kind, tuple(parts[:count]), -1, None if count <= 3 else offset)


FUNCTIONS: dict[str, tuple[int, int, Maker, bool]] = {
    "now": (0, 0, lambda _target: lambda scope: [_now(scope)], False),
    "today": (0, 0, _today, False),
    "timeOfDay": (0, 0, _time_of_day, False),
    "yearOf": (0, 0, _part(0), False),
    "monthOf": (0, 0, _part(1), False),
    "dayOf": (0, 0, _part(2), False),
    "hourOf": (0, 0, _part(3, "any"), False),
    "minuteOf": (0, 0, _part(4, "any"), False),
    "secondOf": (0, 0, _part(5, "any"), False),
    "millisecondOf": (0, 0, _millisecond, False),
    "timezoneOffsetOf": (0, 0, _offset, False),
    "dateOf": (0, 0, _date_of, False),
    "timeOf": (0, 0, _time_of, False),
    "precision": (0, 0, _precision, False),
    "lowBoundary": (0, 1, _boundary(False), False),
    "highBoundary": (0, 1, _boundary(True), False),
}
