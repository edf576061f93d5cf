"""The functions that FHIR adds (R4, section FHIRPath): extensions, references, terminology."""

from __future__ import annotations

from typing import Any

from payerproof.guides.fhirpath.calls import Fn, Row, simple
from payerproof.guides.fhirpath.errors import FhirPathError, NotJudged
from payerproof.guides.fhirpath.items import (
    PRIMITIVES,
    UNRESOLVED,
    Collection,
    Item,
    Node,
    Scope,
    member,
    system,
)
from payerproof.guides.fhirpath.operators import one


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


def _html_checks(items: Collection) -> Collection:
    from payerproof.guides.narrative import narrative_fault

    return [
        all(
            isinstance(i, Node) and isinstance(i.value, str) and narrative_fault(i.value) is None
            for i in items
        )
    ]


def _check_modifiers(target: Fn, *known: Fn) -> Fn:
    """The items; raises when one has a modifier extension that is not named."""

    def run(scope: Scope) -> Collection:
        urls = {one(url(scope), "an address") for url in known}
        items = target(scope)
        for item in items:
            found = (
                member(item, "modifierExtension", scope.env.model) if isinstance(item, Node) else []
            )
            if any(e.value.get("url") not in urls for e in found if isinstance(e.value, dict)):
                raise FhirPathError("checkModifiers(): a modifier extension is not known")
        return items

    return run


def _coded(item: Item) -> list[tuple[Any, Any]]:
    value = item.value if isinstance(item, Node) else item
    listed = value.get("coding", [value]) if isinstance(value, dict) else []
    return [(c.get("system"), c.get("code")) for c in listed if isinstance(c, dict)]


def _subsumes(left: Collection, right: Collection) -> Collection:
    """True for a code and itself; hierarchies of code systems are not kept in the facts."""
    first, second = one(left, "subsumes()"), one(right, "subsumes()")
    if first is None or second is None:
        return []
    if set(_coded(first)) & set(_coded(second)):
        return [True]
    raise NotJudged("the hierarchy of the code system is not at hand")


def _two(target: Fn, other: Fn) -> Fn:
    return lambda scope: _subsumes(target(scope), other(scope))


FUNCTIONS: dict[str, Row] = {
    "extension": (1, 1, _extension, False),
    "hasValue": (0, 0, simple(_has_value), False),
    "getValue": (0, 0, simple(_get_value), False),
    "resolve": (0, 0, _resolve, False),
    "memberOf": (1, 1, _member_of, False),
    "conformsTo": (1, 1, _conforms_to, False),
    "htmlChecks": (0, 0, simple(_html_checks), False),
    "checkModifiers": (1, 99, _check_modifiers, False),
    "subsumes": (1, 1, _two, False),
    "subsumedBy": (1, 1, _two, False),
}
