"""The registry of functions: name -> (fewest, most arguments, maker, takes a type name).

A maker is given the compiled target and arguments and answers the compiled call. This module
holds existence, filtering, subsetting, combining, navigation and FHIR's own functions; texts,
numbers and conversions have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.guides.fhirpath import conversions, dates, numbers, strings
from payerproof.guides.fhirpath.equality import contains, distinct, equal_items, order
from payerproof.guides.fhirpath.errors import FhirPathError, NotJudged
from payerproof.guides.fhirpath.items import (
    PRIMITIVES,
    UNRESOLVED,
    Collection,
    Item,
    Node,
    Scope,
    children,
    member,
    system,
)
from payerproof.guides.fhirpath.operators import one, truth, type_op, union
from payerproof.guides.fhirpath.typing import is_type_name, type_info

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]

single = one


def at_item(scope: Scope, item: Item, index: int) -> Scope:
    """The scope inside a criterion."""
    return Scope(scope.env, [item], index, scope.total, {**scope.variables})


def _simple(action: Callable[[Collection], Collection]) -> Maker:
    return lambda target: lambda scope: action(target(scope))


def _with_collection(action: Callable[[Collection, Collection], Collection]) -> Maker:
    return lambda target, other: lambda scope: action(target(scope), other(scope))


def _where(target: Fn, criterion: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        return [
            item
            for at, item in enumerate(target(scope))
            if truth(criterion(at_item(scope, item, at))) is True
        ]

    return run


def _exists(target: Fn, criterion: Fn | None = None) -> Fn:
    if criterion is None:
        return lambda scope: [bool(target(scope))]

    def run(scope: Scope) -> Collection:
        unjudged: NotJudged | None = None
        for at, item in enumerate(target(scope)):
            try:
                if truth(criterion(at_item(scope, item, at))) is True:
                    return [True]
            except NotJudged as why:
                unjudged = why
        if unjudged is not None:
            raise unjudged
        return [False]

    return run


def _all(target: Fn, criterion: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        unjudged: NotJudged | None = None
        for at, item in enumerate(target(scope)):
            try:
                if truth(criterion(at_item(scope, item, at))) is not True:
                    return [False]
            except NotJudged as why:
                unjudged = why
        if unjudged is not None:
            raise unjudged
        return [True]

    return run


def _all_are(wanted: bool) -> Maker:
    return _simple(lambda items: [all(_boolean(i) is wanted for i in items)])


def _any_is(wanted: bool) -> Maker:
    return _simple(lambda items: [any(_boolean(i) is wanted for i in items)])


def _boolean(item: Item) -> bool:
    value = system(item)
    if not isinstance(value, bool):
        raise FhirPathError("true or false is expected")
    return value


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


def _subset_of(left: Collection, right: Collection) -> Collection:
    return [all(contains(right, item) for item in left)]


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


def _not(items: Collection) -> Collection:
    value = truth(items)
    return [] if value is None else [not value]


def _extension(target: Fn, url: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        wanted = one(url(scope), "an address")
        out: Collection = []
        for item in target(scope):
            if isinstance(item, Node):
                out += [
                    extension
                    for extension in member(item, "extension", scope.env.model)
                    if isinstance(extension.value, dict) and extension.value.get("url") == wanted
                ]
        return out

    return run


def _has_value(items: Collection) -> Collection:
    if len(items) != 1:
        return [False]
    item = items[0]
    if not isinstance(item, Node):
        return [True]
    return [item.type in PRIMITIVES and item.value is not None]


def _get_value(items: Collection) -> Collection:
    if len(items) != 1 or not _has_value(items)[0]:
        return []
    return [system(items[0])]


def _logical(value: Any, scope: Scope) -> Node:
    """What a reference by identifier leads to: only its declared type is known."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not scope.env.model.known(kind):
        raise NotJudged("a reference without an address could not be followed")
    return Node(UNRESOLVED, kind)


def _resolve(target: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        out: Collection = []
        for item in target(scope):
            value = item.value if isinstance(item, Node) else item
            reference = value.get("reference") if isinstance(value, dict) else value
            if not isinstance(reference, str):
                out.append(_logical(value, scope))
                continue
            if scope.env.resolve is None:
                raise NotJudged("a reference could not be followed")
            found = scope.env.resolve(reference, scope.env)
            if found is not None:
                out.append(found)
        return out

    return run


def _member_of(target: Fn, url: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        address = one(url(scope), "a value set")
        items = target(scope)
        if not items or address is None:
            return []
        if len(items) > 1:
            raise FhirPathError("memberOf(): one value is expected")
        if scope.env.member_of is None:
            raise NotJudged(f"no terminology at hand for {address}")
        return [scope.env.member_of(items[0], str(address))]

    return run


def _conforms_to(target: Fn, url: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        address = one(url(scope), "a profile")
        if scope.env.conforms_to is None:
            return [_base_type(scope, item, str(address)) for item in target(scope)]
        judge = scope.env.conforms_to
        return [judge(item, str(address)) for item in target(scope) if isinstance(item, Node)]

    return run


_BASE = "http://hl7.org/fhir/StructureDefinition/"


def _base_type(scope: Scope, item: Item, address: str) -> bool:
    """Conformance to a base type, which needs no validator."""
    name = address.removeprefix(_BASE)
    if not address.startswith(_BASE) or not scope.env.model.known(name):
        raise NotJudged(f"no profiles at hand for {address}")
    return isinstance(item, Node) and name in scope.env.model.supertypes(item.type)


def _type_function(op: str) -> Maker:
    def make(target: Fn, name: str) -> Fn:
        def run(scope: Scope) -> Collection:
            model = scope.env.model
            if not is_type_name(name, model):
                raise FhirPathError(f"there is no type {name}")
            return type_op(op, target(scope), name, model)

        return run

    return make


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


def _sort(target: Fn, *keys: Fn) -> Fn:
    import functools

    def run(scope: Scope) -> Collection:
        def by(left: Item, right: Item) -> int:
            for key in keys or (lambda inner: inner.this,):
                a, b = key(at_item(scope, left, 0)), key(at_item(scope, right, 0))
                if not a or not b:
                    answer: int | None = bool(a) - bool(b)
                else:
                    answer = order(a[0], b[0])
                if answer:
                    return answer
            return 0

        return sorted(target(scope), key=functools.cmp_to_key(by))

    return run


def _comparable(left: Collection, right: Collection) -> Collection:
    from payerproof.guides.fhirpath.quantity import Quantity, base

    one_side, other = one(left, "comparable()"), one(right, "comparable()")
    if not isinstance(one_side, Quantity) or not isinstance(other, Quantity):
        return []
    first, second = base(one_side), base(other)
    return [bool(first and second and first[1] == second[1])]


def _html_checks(items: Collection) -> Collection:
    from payerproof.guides.narrative import narrative_fault

    return [
        all(
            isinstance(i, Node) and isinstance(i.value, str) and narrative_fault(i.value) is None
            for i in items
        )
    ]


def _is_distinct(items: Collection) -> Collection:
    return [len(distinct(items)) == len(items)]


def _type(items: Collection) -> Collection:
    return [type_info(item) for item in items]


def _trace(target: Fn, *_: Fn) -> Fn:
    """The focus unchanged; nothing is written, since member data would be in it."""
    return target


def _equal_any(items: Collection, other: Collection) -> Collection:
    return [any(equal_items(a, b) for a in items for b in other)]


REGISTRY: dict[str, tuple[int, int, Maker, bool]] = {
    "empty": (0, 0, _simple(lambda items: [not items]), False),
    "exists": (0, 1, _exists, False),
    "all": (1, 1, _all, False),
    "allTrue": (0, 0, _all_are(True), False),
    "anyTrue": (0, 0, _any_is(True), False),
    "allFalse": (0, 0, _all_are(False), False),
    "anyFalse": (0, 0, _any_is(False), False),
    "subsetOf": (1, 1, _with_collection(_subset_of), False),
    "supersetOf": (1, 1, _with_collection(lambda a, b: _subset_of(b, a)), False),
    "count": (0, 0, _simple(lambda items: [len(items)]), False),
    "distinct": (0, 0, _simple(distinct), False),
    "isDistinct": (0, 0, _simple(_is_distinct), False),
    "where": (1, 1, _where, False),
    "select": (1, 1, _select, False),
    "repeat": (1, 1, _repeat, False),
    "repeatAll": (1, 1, _repeat_all, False),
    "aggregate": (1, 2, _aggregate, False),
    "ofType": (1, 1, _type_function("as"), True),
    "as": (1, 1, _type_function("as"), True),
    "is": (1, 1, _type_function("is"), True),
    "single": (0, 0, _simple(_single), False),
    "first": (0, 0, _simple(lambda items: items[:1]), False),
    "last": (0, 0, _simple(lambda items: items[-1:]), False),
    "tail": (0, 0, _simple(lambda items: items[1:]), False),
    "skip": (1, 1, _with_collection(_skip), False),
    "take": (1, 1, _with_collection(_take), False),
    "intersect": (1, 1, _with_collection(_intersect), False),
    "exclude": (1, 1, _with_collection(_exclude), False),
    "union": (1, 1, _with_collection(union), False),
    "combine": (1, 2, lambda t, o, *_: lambda scope: t(scope) + o(scope), False),
    "iif": (2, 3, _iif, False),
    "not": (0, 0, _simple(_not), False),
    "children": (0, 0, _children, False),
    "descendants": (0, 0, _descendants, False),
    "trace": (1, 2, _trace, False),
    "type": (0, 0, _simple(_type), False),
    "extension": (1, 1, _extension, False),
    "hasValue": (0, 0, _simple(_has_value), False),
    "getValue": (0, 0, _simple(_get_value), False),
    "resolve": (0, 0, _resolve, False),
    "memberOf": (1, 1, _member_of, False),
    "conformsTo": (1, 1, _conforms_to, False),
    "htmlChecks": (0, 0, _simple(_html_checks), False),
    "defineVariable": (1, 2, _define_variable, False),
    "coalesce": (1, 99, _coalesce, False),
    "sort": (0, 9, _sort, False),
    "comparable": (1, 1, _with_collection(_comparable), False),
    **strings.FUNCTIONS,
    **numbers.FUNCTIONS,
    **conversions.FUNCTIONS,
    **dates.FUNCTIONS,
}
__all__: list[Any] = ["REGISTRY", "at_item", "single"]
