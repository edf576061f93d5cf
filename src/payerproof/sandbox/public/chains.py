"""Chained searches: ``location.address-city=…`` and ``_has:PractitionerRole:location:specialty=…``.

FHIR R4, Search, chained parameters and reverse chaining. One step is followed; a reference may be
followed by every parameter of what it leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Criterion, Refused
from payerproof.sandbox.fhir.matching import check_value, elements, split, unescape
from payerproof.sandbox.fhir.parameters import Parameter
from payerproof.sandbox.public.tables import TABLES

if TYPE_CHECKING:
    from payerproof.sandbox.public.search import Shelf

Test = Callable[[Resource], bool]


def chained(shelf: Shelf, kind: str, name: str, value: str) -> Test | None:
    """The test that a chained parameter means; None where `name` is no chain.

    Raises `Refused` (400) for a chain that leads nowhere.
    """
    if name.startswith("_has:"):
        return _reverse(shelf, name.removeprefix("_has:"), value)
    head, dot, inner = name.partition(".")
    return _forward(shelf, kind, head, inner, value) if dot else None


def _forward(shelf: Shelf, kind: str, head: str, inner: str, value: str) -> Test:
    bare, _, named = head.partition(":")
    reference = TABLES[shelf.api].get(kind, {}).get(bare)
    if reference is None or reference.kind != "reference":
        raise Refused(400, "not-supported", f"{bare} is no reference that can be followed.")
    tests = {
        target: criterion
        for target in ([named] if named else reference.targets)
        if (criterion := _criterion(shelf, target, inner, value))
    }
    if not tests:
        raise Refused(400, "not-supported", f"{bare} does not lead to anything with {inner}.")

    def test(resource: Resource) -> bool:
        return any(
            row is not None
            and row["resourceType"] in tests
            and _holds(shelf, row, tests[row["resourceType"]])
            for row in shelf.tenant.policies.public.followed(shelf, resource, reference)
        )

    return test


def _reverse(shelf: Shelf, chain: str, value: str) -> Test:
    source, _, rest = chain.partition(":")
    name, _, inner = rest.partition(":")
    reference = TABLES[shelf.api].get(source, {}).get(name)
    criterion = _criterion(shelf, source, inner, value)
    if reference is None or criterion is None:
        raise Refused(400, "not-supported", "There is no such reverse chain.")

    def test(resource: Resource) -> bool:
        key = f"{resource['resourceType']}/{resource['id']}"
        return any(
            row["resourceType"] == source
            and key in (one.get("reference") for one in elements(row, reference))
            and _holds(shelf, row, criterion)
            for row in shelf.world.referrers(key)
        )

    return test


def followed(shelf: Shelf, resource: Resource, reference: Parameter) -> list[Resource | None]:
    """What a resource refers to by a parameter."""
    return [shelf.world.at(str(one.get("reference", ""))) for one in elements(resource, reference)]


def _criterion(shelf: Shelf, kind: str, name: str, value: str) -> Criterion | None:
    parameter = TABLES[shelf.api].get(kind, {}).get(name)
    if parameter is None:
        return None
    values = split(value, ",")
    plain = values if parameter.kind == "token" else [unescape(one) for one in values]
    criterion = Criterion(parameter, "", tuple(plain))
    check_value(criterion)
    return criterion


def _holds(shelf: Shelf, row: Resource, criterion: Criterion) -> bool:
    return shelf.tenant.policies.public.matches(shelf, row, criterion)
