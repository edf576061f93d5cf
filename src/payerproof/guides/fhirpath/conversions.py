"""Conversions (FHIRPath section 5.5): ``toX()`` and ``convertsToX()``."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from payerproof.guides.fhirpath import temporal as t
from payerproof.guides.fhirpath.items import Collection, Long, Node, Scope
from payerproof.guides.fhirpath.operators import one
from payerproof.guides.fhirpath.quantity import CALENDAR_UNITS, Quantity, base

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]

_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))
_INTEGER = re.compile(r"[+-]?\d+$")
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?$")
_QUANTITY = re.compile(r"(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?:'(?P<ucum>[^']+)'|(?P<word>[a-z]+))?$")


def to_boolean(value: Any) -> bool | None:
    """True or false, or None."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return True if value == 1 else False if value == 0 else None
    if isinstance(value, str):
        folded = value.lower()
        return True if folded in _TRUE else False if folded in _FALSE else None
    return None


def to_integer(value: Any) -> int | None:
    """A whole number, or None."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and _INTEGER.match(value):
        return int(value)
    return None


def to_long(value: Any) -> Long | None:
    """A 64-bit integer, or None."""
    found = to_integer(value)
    return None if found is None else Long(found)


def to_decimal(value: Any) -> Decimal | None:
    """A decimal, or None."""
    if isinstance(value, bool | int):
        return Decimal(int(value))
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _DECIMAL.match(value):
        return Decimal(value)
    return None


def to_string(value: Any) -> str | None:
    """The text of a System value, or None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | str | t.Temporal | Quantity):
        return str(value)
    return None


def to_date(value: Any) -> t.Temporal | None:
    """A date, or None."""
    if isinstance(value, str):
        value = t.parse_date_time(value)
    if isinstance(value, t.Temporal) and value.kind != "time":
        return t.Temporal("date", value.parts[:3])
    return None


def to_date_time(value: Any) -> t.Temporal | None:
    """A dateTime, or None."""
    if isinstance(value, str):
        return t.parse_date_time(value)
    if isinstance(value, t.Temporal) and value.kind != "time":
        return t.Temporal("dateTime", value.parts, value.digits, value.offset)
    return None


def to_time(value: Any) -> t.Temporal | None:
    """A time, or None."""
    if isinstance(value, str):
        return t.parse_time(value.removeprefix("T"))
    return value if isinstance(value, t.Temporal) and value.kind == "time" else None


def to_quantity(value: Any) -> Quantity | None:
    """A quantity, or None."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool):
        return Quantity(Decimal("1.0" if value else "0.0"))
    if isinstance(value, int | Decimal):
        return Quantity(Decimal(value))
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    if match["word"]:
        unit = CALENDAR_UNITS.get(match["word"])
        return Quantity(Decimal(match["value"]), unit, calendar=True) if unit else None
    return Quantity(Decimal(match["value"]), match["ucum"] or "1")


def _to(action: Callable[[Any], Any], name: str) -> Maker:
    def make(target: Fn) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), name)
            result = None if value is None or isinstance(value, Node) else action(value)
            return [] if result is None else [result]

        return run

    return make


def _converts(action: Callable[[Any], Any], name: str) -> Maker:
    def make(target: Fn) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), name)
            if value is None:
                return []
            return [not isinstance(value, Node) and action(value) is not None]

        return run

    return make


def _in_unit(quantity: Quantity, unit: str) -> Quantity | None:
    calendar = unit in CALENDAR_UNITS
    wanted = Quantity(Decimal(1), CALENDAR_UNITS.get(unit, unit), calendar)
    if (quantity.unit, quantity.calendar) == (wanted.unit, calendar):
        return quantity
    have, per = base(quantity), base(wanted)
    if have is None or per is None or have[1] != per[1]:
        return None
    return Quantity(have[0] / per[0], wanted.unit, calendar)


def _quantity_call(*, asks: bool) -> Maker:
    def make(target: Fn, unit: Fn | None = None) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), "toQuantity()")
            if value is None:
                return []
            found = None if isinstance(value, Node) else to_quantity(value)
            if found is not None and unit is not None:
                found = _in_unit(found, str(one(unit(scope), "a unit")))
            if asks:
                return [found is not None]
            return [] if found is None else [found]

        return run

    return make


_KINDS: dict[str, Callable[[Any], Any]] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Long": to_long,
    "Decimal": to_decimal,
    "String": to_string,
    "Date": to_date,
    "DateTime": to_date_time,
    "Time": to_time,
}

FUNCTIONS: dict[str, tuple[int, int, Maker, bool]] = {
    **{f"to{k}": (0, 0, _to(action, f"to{k}()"), False) for k, action in _KINDS.items()},
    **{
        f"convertsTo{k}": (0, 0, _converts(action, f"convertsTo{k}()"), False)
        for k, action in _KINDS.items()
    },
    "toQuantity": (0, 1, _quantity_call(asks=False), False),
    "convertsToQuantity": (0, 1, _quantity_call(asks=True), False),
}
