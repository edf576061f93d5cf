"""The registry of functions: name -> (fewest, most arguments, maker, takes a type name).

This module holds subsetting, combining, navigation and types; the other ideas have modules of
their own, whose tables are joined here.
"""

from __future__ import annotations

from payerproof.guides.fhirpath import (
    conversions,
    dates,
    existence,
    fhir,
    filtering,
    numbers,
    strings,
)
from payerproof.guides.fhirpath.calls import Fn, Maker, Row, simple, with_collection
from payerproof.guides.fhirpath.equality import contains, distinct
from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Node, Scope, children
from payerproof.guides.fhirpath.operators import one, type_op, union
from payerproof.guides.fhirpath.quantity import Quantity, base
from payerproof.guides.fhirpath.typing import is_type_name, type_info


def _intersect(left: Collection, right: Collection) -> Collection:
    return [item for item in distinct(left) if contains(right, item)]


def _exclude(left: Collection, right: Collection) -> Collection:
    return [item for item in left if not contains(right, item)]


def _count_of(count: Collection) -> int:
    value = one(count, "a number of items")
    if not isinstance(value, int) or isinstance(value, bool):
        raise FhirPathError("a whole number of items is expected")
    return value


def _skip(items: Collection, count: Collection) -> Collection:
    return items[max(_count_of(count), 0) :]


def _take(items: Collection, count: Collection) -> Collection:
    return items[: max(_count_of(count), 0)]


def _single(items: Collection) -> Collection:
    if len(items) > 1:
        raise FhirPathError("single(): there are several")
    return items


def _children(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        out: Collection = []
        for item in target(scope):
            if isinstance(item, Node):
                out += children(item, scope.env.model)
        return out

    return run


def _descendants(target: Fn) -> Fn:
    below = _children(target)

    def run(scope: Scope) -> Collection:
        out: Collection = []
        pending = below(scope)
        model = scope.env.model
        while pending:
            out += pending
            pending = [c for n in pending if isinstance(n, Node) for c in children(n, model)]
        return out

    return run


def _type_function(op: str) -> Maker:
    def make(target: Fn, name: str) -> Fn:
        def run(scope: Scope) -> Collection:
            model = scope.env.model
            if not is_type_name(name, model):
                raise FhirPathError(f"there is no type {name}")
            return type_op(op, target(scope), name, model)

        return run

    return make


def _comparable(left: Collection, right: Collection) -> Collection:
    one_side, other = one(left, "comparable()"), one(right, "comparable()")
    if not isinstance(one_side, Quantity) or not isinstance(other, Quantity):
        return []
    first, second = base(one_side), base(other)
    return [bool(first and second and first[1] == second[1])]


def _type(items: Collection) -> Collection:
    return [type_info(item) for item in items]


def _combine(target: Fn, other: Fn, *_: Fn) -> Fn:
    return lambda scope: target(scope) + other(scope)


REGISTRY: dict[str, Row] = {
    "ofType": (1, 1, _type_function("as"), True),
    "as": (1, 1, _type_function("as"), True),
    "is": (1, 1, _type_function("is"), True),
    "single": (0, 0, simple(_single), False),
    "first": (0, 0, simple(lambda items: items[:1]), False),
    "last": (0, 0, simple(lambda items: items[-1:]), False),
    "tail": (0, 0, simple(lambda items: items[1:]), False),
    "skip": (1, 1, with_collection(_skip), False),
    "take": (1, 1, with_collection(_take), False),
    "intersect": (1, 1, with_collection(_intersect), False),
    "exclude": (1, 1, with_collection(_exclude), False),
    "union": (1, 1, with_collection(union), False),
    "combine": (1, 2, _combine, False),
    "children": (0, 0, _children, False),
    "descendants": (0, 0, _descendants, False),
    "type": (0, 0, simple(_type), False),
    "comparable": (1, 1, with_collection(_comparable), False),
    **existence.FUNCTIONS,
    **filtering.FUNCTIONS,
    **fhir.FUNCTIONS,
    **strings.FUNCTIONS,
    **numbers.FUNCTIONS,
    **conversions.FUNCTIONS,
    **dates.FUNCTIONS,
}
