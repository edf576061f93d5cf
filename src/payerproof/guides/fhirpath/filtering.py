"""Functions that evaluate an expression for each item: filter, project, repeat, sort, define."""

from __future__ import annotations

from functools import cmp_to_key

from payerproof.guides.fhirpath.calls import Fn, Row, at_item
from payerproof.guides.fhirpath.equality import contains, distinct, order
from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Item, Scope, system
from payerproof.guides.fhirpath.operators import one, truth


def _where(target: Fn, criterion: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        return [
            item
            for at, item in enumerate(target(scope))
            if truth(criterion(at_item(scope, item, at))) is True
        ]

    return run


def _select(target: Fn, projection: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        out: Collection = []
        for at, item in enumerate(target(scope)):
            out += projection(at_item(scope, item, at))
        return out

    return run


_REPEAT_LIMIT = 100_000


def _repeat(target: Fn, projection: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        out: Collection = []
        pending = list(target(scope))
        while pending:
            found: Collection = []
            for at, item in enumerate(pending):
                found += projection(at_item(scope, item, at))
            pending = [f for f in distinct(found) if not _met(out, f)]
            out += pending
            if len(out) > _REPEAT_LIMIT:
                raise FhirPathError("repeat() does not come to an end")
        return out

    return run


def _met(collection: Collection, item: Item) -> bool:
    return any(one_of is item for one_of in collection) or contains(collection, item)


def _repeat_all(target: Fn, projection: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        out: Collection = []
        pending = list(target(scope))
        while pending:
            found: Collection = []
            for at, item in enumerate(pending):
                found += projection(at_item(scope, item, at))
            out += found
            pending = found
            if len(out) > _REPEAT_LIMIT:
                raise FhirPathError("repeatAll() does not come to an end")
        return out

    return run


def _aggregate(target: Fn, step: Fn, start: Fn | None = None) -> Fn:
    def run(scope: Scope) -> Collection:
        total = start(scope) if start is not None else []
        for at, item in enumerate(target(scope)):
            total = step(Scope(scope.env, [item], at, total, scope.variables))
        return total

    return run


def _iif(target: Fn, criterion: Fn, then: Fn, otherwise: Fn | None = None) -> Fn:
    def run(scope: Scope) -> Collection:
        focus = target(scope)
        if len(focus) > 1:
            raise FhirPathError("iif() works on one item at most")
        inner = Scope(scope.env, focus, 0, scope.total, scope.variables)
        condition = criterion(inner)
        if condition and not isinstance(system(condition[0]), bool):
            raise FhirPathError("the criterion of iif() is neither true nor false")
        if truth(condition) is True:
            return then(inner)
        return otherwise(inner) if otherwise is not None else []

    return run


def _define_variable(target: Fn, name: Fn, value: Fn | None = None) -> Fn:
    def run(scope: Scope) -> Collection:
        items = target(scope)
        key = str(one(name(scope), "a name"))
        if key in scope.variables or key in _RESERVED:
            raise FhirPathError(f"%{key} is defined already")
        inner = Scope(scope.env, items, 0, scope.total, scope.variables)
        scope.variables[key] = items if value is None else value(inner)
        return items

    return run


_RESERVED = frozenset(("context", "resource", "rootResource", "ucum", "sct", "loinc"))


def _coalesce(target: Fn, *choices: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        inner = Scope(scope.env, target(scope), 0, scope.total, scope.variables)
        return next((found for choice in choices if (found := choice(inner))), [])

    return run


def sorting(target: Fn, keys: list[tuple[Fn, bool]]) -> Fn:
    """``sort``: keys with their direction; an item without a key comes first in either."""
    chosen = keys or [(lambda inner: inner.this, False)]

    def compare(scope: Scope, left: Item, right: Item) -> int:
        for key, down in chosen:
            a, b = key(at_item(scope, left, 0)), key(at_item(scope, right, 0))
            if not a or not b:
                answer: int | None = bool(a) - bool(b)
            else:
                answer = order(one(a, "sort()"), one(b, "sort()"))
                answer = -answer if answer and down else answer
            if answer:
                return answer
        return 0

    def run(scope: Scope) -> Collection:
        by = cmp_to_key(lambda left, right: compare(scope, left, right))
        return sorted(target(scope), key=by)

    return run


def _plainly_sorted(target: Fn, *_: Fn) -> Fn:
    """Stands in the registry; the compiler makes the call, since keys have directions."""
    return sorting(target, [])


def _trace(target: Fn, *_: Fn) -> Fn:
    """The focus unchanged; nothing is written, since member data would be in it."""
    return target


FUNCTIONS: dict[str, Row] = {
    "where": (1, 1, _where, False),
    "select": (1, 1, _select, False),
    "repeat": (1, 1, _repeat, False),
    "repeatAll": (1, 1, _repeat_all, False),
    "aggregate": (1, 2, _aggregate, False),
    "iif": (2, 3, _iif, False),
    "coalesce": (1, 99, _coalesce, False),
    "sort": (0, 9, _plainly_sorted, False),
    "defineVariable": (1, 2, _define_variable, False),
    "trace": (1, 2, _trace, False),
}
