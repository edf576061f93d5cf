"""Mathematics (FHIRPath section 5.7) and the boundaries of imprecise values."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Scope
from payerproof.guides.fhirpath.operators import one
from payerproof.guides.fhirpath.quantity import Quantity

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]
Row = tuple[int, int, Maker, bool]


def _math(name: str, action: Callable[..., Any], *, quantities: bool = False) -> Maker:
    def make(target: Fn, *arguments: Fn) -> Fn:
        def run(scope: Scope) -> Collection:
            value = one(target(scope), name)
            values = [one(a(scope), name) for a in arguments]
            if value is None or any(v is None for v in values):
                return []
            return _apply(name, action, value, values, quantities)

        return run

    return make


def _apply(
    name: str, action: Callable[..., Any], value: Any, rest: list[Any], quantities: bool
) -> Collection:
    if quantities and isinstance(value, Quantity):
        inner = action(value.value, *rest)
        return [] if inner is None else [Quantity(Decimal(inner), value.unit, value.calendar)]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise FhirPathError(f"{name} needs a number")
    if isinstance(value, float):
        value = Decimal(repr(value))
    try:
        result = action(value, *rest)
    except (InvalidOperation, ValueError, OverflowError, ZeroDivisionError):
        return []
    return [] if result is None else [result]


def _real(action: Callable[[float], float]) -> Callable[[Any], Decimal]:
    return lambda x: Decimal(repr(action(float(x))))


def _log(x: Any, base: Any) -> Decimal:
    value = math.log(float(x), float(base))
    near = round(value)
    return Decimal(repr(float(near) if abs(value - near) < 1e-12 else value))


def _power(x: Any, exponent: Any) -> Any:
    if isinstance(x, int) and isinstance(exponent, int) and exponent >= 0:
        return x**exponent if abs(exponent) < 10000 else None
    result = float(x) ** float(exponent)
    return None if isinstance(result, complex) else Decimal(repr(result))


def _round(x: Any, digits: Any = 0) -> Decimal | None:
    if not isinstance(digits, int) or digits < 0:
        raise FhirPathError("round() takes a number of digits")
    return Decimal(x).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _whole(mode: str) -> Callable[[Any], int]:
    return lambda x: int(Decimal(x).to_integral_value(mode))


FUNCTIONS: dict[str, Row] = {
    "abs": (0, 0, _math("abs()", abs, quantities=True), False),
    "ceiling": (0, 0, _math("ceiling()", _whole(ROUND_CEILING), quantities=True), False),
    "floor": (0, 0, _math("floor()", _whole(ROUND_FLOOR), quantities=True), False),
    "truncate": (0, 0, _math("truncate()", int, quantities=True), False),
    "round": (0, 1, _math("round()", _round, quantities=True), False),
    "exp": (0, 0, _math("exp()", _real(math.exp)), False),
    "ln": (0, 0, _math("ln()", _real(math.log)), False),
    "log": (1, 1, _math("log()", _log), False),
    "power": (1, 1, _math("power()", _power), False),
    "sqrt": (0, 0, _math("sqrt()", _real(math.sqrt)), False),
}
