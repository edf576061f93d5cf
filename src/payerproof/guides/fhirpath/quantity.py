"""Quantities: a decimal with a UCUM unit or a calendar duration, compared across units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from payerproof.guides.fhirpath.ucum import canonical

CALENDAR_UNITS = {
    name: unit
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for name in (unit, unit + "s")
}
"""Keyword -> calendar unit."""

_CALENDAR_AS_UCUM = {
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
_UCUM_AS_CALENDAR = {
    "a": "year",
    "mo": "month",
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "ms": "millisecond",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """``value`` and ``unit``; ``calendar`` marks a keyword duration such as ``4 days``."""

    value: Decimal
    unit: str = "1"
    calendar: bool = False

    def __str__(self) -> str:
        if self.calendar:
            plural = "" if abs(self.value) == 1 else "s"
            return f"{self.value:f} {self.unit}{plural}"
        return f"{self.value:f} '{self.unit}'"


def base(quantity: Quantity) -> tuple[Decimal, object] | None:
    """Value and dimension in base units; None when the unit is not known.

    A calendar year or month is no definite duration and has a dimension of its own.
    """
    unit = quantity.unit
    if quantity.calendar:
        if unit in ("year", "month"):
            return quantity.value * (12 if unit == "year" else 1), "calendar months"
        unit = _CALENDAR_AS_UCUM[unit]
    known = canonical(unit)
    if known is None:
        return None
    factor, offset, dimension = known
    return (quantity.value + offset) * factor, dimension


def compare(left: Quantity, right: Quantity) -> int | None:
    """-1, 0, 1, or None when the units are not comparable."""
    if left.unit == right.unit and left.calendar == right.calendar:
        return (left.value > right.value) - (left.value < right.value)
    one, other = base(left), base(right)
    if one is None or other is None or one[1] != other[1]:
        return None
    return (one[0] > other[0]) - (one[0] < other[0])


def equivalent(left: Quantity, right: Quantity) -> bool:
    """Equal after conversion, rounded to the less precise of the two; calendar counts as UCUM."""
    left, right = _as_ucum(left), _as_ucum(right)
    one, other = base(left), base(right)
    if one is None or other is None:
        return left.unit == right.unit and left.value == right.value
    if one[1] != other[1]:
        return False
    digits = max(_exponent(left.value), _exponent(right.value))
    return one[0] == other[0] or abs(one[0] - other[0]) < Decimal(1).scaleb(digits) / 2


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _as_ucum(quantity: Quantity) -> Quantity:
    if not quantity.calendar:
        return quantity
    ucum = {v: k for k, v in _UCUM_AS_CALENDAR.items()}[quantity.unit]
    return Quantity(quantity.value, ucum)


def as_duration(quantity: Quantity) -> str | None:
    """The calendar unit a quantity stands for in date arithmetic; None when it is none.

    UCUM years and months are definite durations and may not be added to a calendar date. A
    calendar word in quotes (``1 'month'``) is no UCUM unit and can only mean the calendar's.
    """
    if quantity.calendar:
        return quantity.unit
    if quantity.unit in CALENDAR_UNITS:
        return CALENDAR_UNITS[quantity.unit]
    unit = _UCUM_AS_CALENDAR.get(quantity.unit)
    return None if unit in ("year", "month") else unit


def add(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """Sum or difference in the left unit; None when the units do not go together."""
    if left.unit == right.unit:
        return Quantity(left.value + sign * right.value, left.unit, left.calendar)
    one, other = base(left), base(right)
    unit = canonical(left.unit)
    if one is None or other is None or one[1] != other[1] or unit is None or left.calendar:
        return None
    return Quantity((one[0] + sign * other[0]) / unit[0] - unit[1], left.unit)


def times(left: Quantity, right: Quantity) -> Quantity:
    """The product, with the product of the units."""
    return Quantity(left.value * right.value, _joined(left.unit, right.unit, "."))


def over(left: Quantity, right: Quantity) -> Quantity | None:
    """The quotient, with the quotient of the units; None for division by zero."""
    if right.value == 0:
        return None
    unit = "1" if left.unit == right.unit else _joined(left.unit, right.unit, "/")
    return Quantity(left.value / right.value, unit)


def _joined(left: str, right: str, op: str) -> str:
    if right == "1":
        return left
    if left == "1" and op == ".":
        return right
    return f"({left}){op}({right})"
