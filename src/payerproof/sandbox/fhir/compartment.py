"""Whose data is whose: the member's own record, and what of the network belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.coding import ACT_CODE
from payerproof.sandbox.data.world import SHARED_TYPES, Resource, World, attachments
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.fhir.matching import elements
from payerproof.sandbox.fhir.parameters import PARAMETERS, REVINCLUDES

_linked: WeakKeyDictionary[World, dict[tuple[str, bool, bool], frozenset[str]]] = (
    WeakKeyDictionary()
)


def same_patient(token_patient: str, other: str | None) -> bool:
    """Compare two Patient ids: exactly, and never with an empty one."""
    return bool(token_patient) and other == token_patient


def labels(resource: Resource) -> frozenset[str]:
    """Codes of the ActCode security labels of a resource."""
    security = resource.get("meta", {}).get("security", ())
    return frozenset(label["code"] for label in security if label.get("system") == ACT_CODE)


def is_own(access: Access, world: World) -> bool:
    """Whether the token's user is the member, and not someone who acts for the member."""
    person = world.people.get(access.user)
    return person is not None and same_patient(access.patient, person.patient)


def may_disclose(access: Access, resource: Resource, world: World) -> bool:
    """Whether specially protected content may go out with this token.

    Records of substance use treatment need the member's consent in this grant (42 CFR 2.31); an
    adolescent's confidential service is shown to the adolescent alone.
    """
    marks = labels(resource)
    if "42CFRPart2" in marks and not access.sensitive:
        return False
    return "ADOL" not in marks or is_own(access, world)


def belongs(access: Access, resource: Resource, world: World) -> bool:
    """Whether a resource is in the record of the token's member, or of the network it names."""
    if resource["resourceType"] in SHARED_TYPES:
        return f"{resource['resourceType']}/{resource['id']}" in linked(access, world)
    return same_patient(access.patient, world.patient_of(resource))


def linked(access: Access, world: World) -> frozenset[str]:
    """``Type/id`` of the shared resources that the disclosable record of the member names.

    Followed onwards from one shared resource to the next, and from a Practitioner to its roles.
    """
    key = (access.patient, access.sensitive, is_own(access, world))
    known = _linked.setdefault(world, {})
    if key not in known:
        known[key] = frozenset(_closure(access, world)) if access.patient else frozenset()
    return known[key]


def _closure(access: Access, world: World) -> set[str]:
    todo = [
        reference
        for kind in world.record_types(access.patient)
        for resource in world.record(access.patient, kind)
        if may_disclose(access, resource, world)
        for reference in world.references(resource)
    ]
    found: set[str] = set()
    while todo:
        reference = todo.pop()
        if reference in found or reference.partition("/")[0] not in SHARED_TYPES:
            continue
        resource = world.at(reference)
        if resource is None:
            continue
        found.add(reference)
        todo += world.references(resource)
        if resource["resourceType"] == "Practitioner":
            todo += [
                f"PractitionerRole/{role['id']}"
                for role in world.referrers(reference)
                if role["resourceType"] == "PractitionerRole"
            ]
    return found


def may_read(access: Access, resource: Resource, world: World) -> bool:
    """Whether the token may read this resource by id."""
    return belongs(access, resource, world)


def may_find(access: Access, resource: Resource, world: World, asked: Asked) -> bool:  # noqa: ARG001
    """Whether the token may find this resource, on whatever page and by whatever parameter."""
    return belongs(access, resource, world)


def include_target(
    access: Access,
    reference: dict[str, Any],
    world: World,
    asked: Asked,  # noqa: ARG001 - the same on every page and for every search
) -> Resource | None:
    """Follow a reference for ``_include``: literal ones only, and only to what belongs."""
    found = world.at(str(reference.get("reference", "")))
    return found if found is not None and belongs(access, found, world) else None


def revinclude_sources(
    access: Access,
    target: Resource,
    source: tuple[str, str],
    world: World,
    asked: Asked,  # noqa: ARG001 - the same on every page and for every search
) -> Sequence[Resource]:
    """Find what refers to `target` by (type, parameter) for ``_revinclude``, if it belongs."""
    return [
        resource
        for resource in referring(target, source, world)
        if belongs(access, resource, world)
    ]


def referring(target: Resource, source: tuple[str, str], world: World) -> Sequence[Resource]:
    """All resources that refer to `target` by (type, parameter), whoever they are about."""
    kind, name = source
    key = f"{target['resourceType']}/{target['id']}"
    parameter = PARAMETERS[kind][name]
    return [
        resource
        for resource in world.referrers(key)
        if resource["resourceType"] == kind
        and any(value.get("reference") == key for value in elements(resource, parameter))
    ]


def holders(binary: Resource, world: World) -> Sequence[Resource]:
    """DocumentReferences and DiagnosticReports that name a Binary as their attachment."""
    key = f"Binary/{binary['id']}"
    owner = world.patient_of(binary)
    return [
        document
        for kind in ("DocumentReference", "DiagnosticReport")
        for document in (world.record(owner, kind) if owner else ())
        if key in attachments(document)
    ]


def may_open_binary(access: Access, binary: Resource, world: World) -> bool:
    """Whether the token may open a Binary: only with a document of the member's own record."""
    return any(belongs(access, document, world) for document in holders(binary, world))


def foreign_patients(access: Access, named: Sequence[str]) -> tuple[str, ...]:
    """Those of the Patient ids named in a search that are not the token's member."""
    return tuple(one for one in named if not same_patient(access.patient, one))


def in_own_compartment(access: Access, patient: str) -> bool:
    """Whether a compartment path ``Patient/{id}/…`` names the token's member."""
    return same_patient(access.patient, patient)


def revincludable(resource_type: str) -> tuple[tuple[str, str], ...]:
    """Which (type, parameter) pairs ``_revinclude`` may name for a type."""
    return REVINCLUDES.get(resource_type, ())
