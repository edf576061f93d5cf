"""Operators of FHIRPath on collections (sections 6.1 to 6.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, localcontext
from typing import Any

from payerproof.guides.fhirpath import quantity as q
from payerproof.guides.fhirpath import temporal as t
from payerproof.guides.fhirpath.durations import add
from payerproof.guides.fhirpath.equality import contains, distinct, equal, equivalent, order
from payerproof.guides.fhirpath.errors import FhirPathError, NotJudged
from payerproof.guides.fhirpath.items import Collection, Item, Model, Node, Scope, system
from payerproof.guides.fhirpath.typing import is_of

Fn = Callable[[Scope], Collection]


def truth(collection: Collection) -> bool | None:
    """A collection as a boolean: empty is unknown, a single other item counts as true."""
    if not collection:
        return None
    if len(collection) > 1:
        raise FhirPathError("a single true or false is expected, several values are given")
    value = system(collection[0])
    return value if isinstance(value, bool) else True


def _known(run: Fn, scope: Scope) -> tuple[bool | None, NotJudged | None]:
    try:
        return truth(run(scope)), None
    except NotJudged as why:
        return None, why


def _decide(decisive: bool) -> Callable[[Fn, Fn, Scope], Collection]:
    """``and`` (decided by false) and ``or`` (decided by true), in three-valued logic."""

    def run(left: Fn, right: Fn, scope: Scope) -> Collection:
        one, unjudged = _known(left, scope)
        if one is decisive:
            return [decisive]
        other = truth(right(scope))
        if other is decisive:
            return [decisive]
        if unjudged is not None:
            raise unjudged
        return [] if one is None or other is None else [not decisive]

    return run


def _implies(left: Fn, right: Fn, scope: Scope) -> Collection:
    one, unjudged = _known(left, scope)
    if one is False:
        return [True]
    other = truth(right(scope))
    if other is True:
        return [True]
    if unjudged is not None:
        raise unjudged
    return [] if one is None or other is None else [other]


def _xor(left: Fn, right: Fn, scope: Scope) -> Collection:
    one, other = truth(left(scope)), truth(right(scope))
    return [] if one is None or other is None else [one is not other]


LOGIC: dict[str, Callable[[Fn, Fn, Scope], Collection]] = {
    "and": _decide(False),
    "or": _decide(True),
    "implies": _implies,
    "xor": _xor,
}


def one(collection: Collection, what: str) -> Item | None:
    """The System value of the only item; None for none; raises when there are more."""
    if not collection:
        return None
    if len(collection) > 1:
        raise FhirPathError(f"{what}: one value is expected, {len(collection)} are given")
    return system(collection[0])


def _arithmetic(name: str, action: Callable[[Any, Any], Any]) -> Callable[..., Collection]:
    def run(left: Collection, right: Collection) -> Collection:
        a, b = one(left, name), one(right, name)
        if a is None or b is None:
            return []
        try:
            result = action(_plain(a), _plain(b))
        except (DivisionByZero, InvalidOperation, Overflow, ZeroDivisionError):
            return []
        return [] if result is None else [result]

    return run


def _plain(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _numbers(a: Any, b: Any) -> bool:
    return (
        isinstance(a, int | Decimal)
        and isinstance(b, int | Decimal)
        and not isinstance(a, bool)
        and not isinstance(b, bool)
    )


def _no_operator(name: str) -> FhirPathError:
    return FhirPathError(f"{name} is not defined for these two types")


def _add(a: Any, b: Any) -> Any:
    if _numbers(a, b):
        return a + b
    if isinstance(a, str) and isinstance(b, str):
        return a + b
    return _sum(a, b, 1, "+")


def _subtract(a: Any, b: Any) -> Any:
    if _numbers(a, b):
        return a - b
    return _sum(a, b, -1, "-")


def _sum(a: Any, b: Any, sign: int, name: str) -> Any:
    if isinstance(a, q.Quantity) and isinstance(b, q.Quantity):
        return q.add(a, b, sign)
    if isinstance(a, str) and isinstance(b, q.Quantity):
        a = t.parse_date_time(a) or a
    if isinstance(a, t.Temporal) and isinstance(b, q.Quantity):
        unit = q.as_duration(b)
        if unit is None:
            raise FhirPathError(f"{b.unit} is no unit that can be added to a date")
        return add(a, sign * b.value, unit)
    raise _no_operator(name)


def _multiply(a: Any, b: Any) -> Any:
    if _numbers(a, b):
        return a * b
    pair = _quantities(a, b, "*")
    return q.times(*pair)


_STEP = Decimal(1).scaleb(-8)
"""The step of FHIRPath's Decimal; a quotient without end is rounded to it."""


def _divide(a: Any, b: Any) -> Any:
    if _numbers(a, b):
        return None if b == 0 else _quotient(Decimal(a), Decimal(b))
    pair = _quantities(a, b, "/")
    return q.over(*pair)


def _quotient(a: Decimal, b: Decimal) -> Decimal:
    with localcontext() as context:
        context.clear_flags()
        exact = a / b
        return exact.quantize(_STEP) if context.flags[Inexact] else exact


def _quantities(a: Any, b: Any, name: str) -> tuple[q.Quantity, q.Quantity]:
    out = []
    for value in (a, b):
        if isinstance(value, q.Quantity):
            out.append(value)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            out.append(q.Quantity(Decimal(value)))
        else:
            raise _no_operator(name)
    return out[0], out[1]


def _div(a: Any, b: Any) -> Any:
    if not _numbers(a, b):
        raise _no_operator("div")
    return None if b == 0 else int(Decimal(a) / Decimal(b))


def _mod(a: Any, b: Any) -> Any:
    if not _numbers(a, b):
        raise _no_operator("mod")
    if b == 0:
        return None
    rest = Decimal(a) % Decimal(b)
    return int(rest) if isinstance(a, int) and isinstance(b, int) else rest


def _concatenate(left: Collection, right: Collection) -> Collection:
    parts = []
    for side in (left, right):
        value = one(side, "&")
        if value is not None and not isinstance(value, str):
            raise _no_operator("&")
        parts.append(value or "")
    return ["".join(parts)]


def _compare(test: Callable[[int], bool], name: str) -> Callable[..., Collection]:
    def run(left: Collection, right: Collection) -> Collection:
        a, b = one(left, name), one(right, name)
        if a is None or b is None:
            return []
        answer = order(a, b)
        return [] if answer is None else [test(answer)]

    return run


def _equals(left: Collection, right: Collection) -> Collection:
    answer = equal(left, right)
    return [] if answer is None else [answer]


def _differs(left: Collection, right: Collection) -> Collection:
    answer = equal(left, right)
    return [] if answer is None else [not answer]


def _in(left: Collection, right: Collection) -> Collection:
    if not left:
        return []
    if len(left) > 1:
        raise FhirPathError("in: one value is expected on the left")
    return [contains(right, left[0])]


def union(left: Collection, right: Collection) -> Collection:
    """Both collections without repetitions."""
    return distinct(left + right)


BINARY: dict[str, Callable[[Collection, Collection], Collection]] = {
    "=": _equals,
    "!=": _differs,
    "~": lambda a, b: [equivalent(a, b)],
    "!~": lambda a, b: [not equivalent(a, b)],
    "<": _compare(lambda x: x < 0, "<"),
    ">": _compare(lambda x: x > 0, ">"),
    "<=": _compare(lambda x: x <= 0, "<="),
    ">=": _compare(lambda x: x >= 0, ">="),
    "|": union,
    "in": _in,
    "contains": lambda a, b: _in(b, a),
    "+": _arithmetic("+", _add),
    "-": _arithmetic("-", _subtract),
    "*": _arithmetic("*", _multiply),
    "/": _arithmetic("/", _divide),
    "div": _arithmetic("div", _div),
    "mod": _arithmetic("mod", _mod),
    "&": _concatenate,
}


def unary(op: str, operand: Collection) -> Collection:
    """Plus and minus sign."""
    value = one(operand, op)
    if value is None:
        return []
    if isinstance(value, q.Quantity):
        sign = -1 if op == "-" else 1
        return [q.Quantity(sign * value.value, value.unit, value.calendar)]
    value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FhirPathError(f"{op} needs a number")
    return [-value if op == "-" else value]


def type_op(op: str, operand: Collection, name: str, model: Model) -> Collection:
    """``is`` and ``as``."""
    if not operand:
        return []
    if op == "as":
        return [item for item in operand if is_of(item, name, model)]
    if len(operand) > 1:
        raise FhirPathError("is: one value is expected")
    return [is_of(operand[0], name, model)]


__all__ = ["BINARY", "LOGIC", "Node", "one", "truth", "type_op", "unary", "union"]
