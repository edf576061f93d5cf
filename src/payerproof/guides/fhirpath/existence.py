"""Functions that answer yes, no or how many (FHIRPath section 5.1)."""

from __future__ import annotations

from payerproof.guides.fhirpath.calls import Fn, Maker, Row, at_item, simple, with_collection
from payerproof.guides.fhirpath.equality import contains, distinct
from payerproof.guides.fhirpath.errors import NotJudged
from payerproof.guides.fhirpath.items import Collection, Scope, system
from payerproof.guides.fhirpath.operators import truth


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
    return simple(lambda items: [all(system(i) is wanted for i in items)])


def _any_is(wanted: bool) -> Maker:
    return simple(lambda items: [any(system(i) is wanted for i in items)])


def _subset_of(left: Collection, right: Collection) -> Collection:
    return [all(contains(right, item) for item in left)]


def _not(items: Collection) -> Collection:
    value = truth(items)
    return [] if value is None else [not value]


def _is_distinct(items: Collection) -> Collection:
    return [len(distinct(items)) == len(items)]


FUNCTIONS: dict[str, Row] = {
    "empty": (0, 0, simple(lambda items: [not items]), False),
    "exists": (0, 1, _exists, False),
    "all": (1, 1, _all, False),
    "allTrue": (0, 0, _all_are(True), False),
    "anyTrue": (0, 0, _any_is(True), False),
    "allFalse": (0, 0, _all_are(False), False),
    "anyFalse": (0, 0, _any_is(False), False),
    "subsetOf": (1, 1, with_collection(_subset_of), False),
    "supersetOf": (1, 1, with_collection(lambda a, b: _subset_of(b, a)), False),
    "count": (0, 0, simple(lambda items: [len(items)]), False),
    "distinct": (0, 0, simple(distinct), False),
    "isDistinct": (0, 0, simple(_is_distinct), False),
    "not": (0, 0, simple(_not), False),
}
