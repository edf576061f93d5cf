"""Ways met in the field that are lawful or grey and break apps, where no other module has them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision, fhir, seed, with_fhir
from payerproof.sandbox.fhir import compartment, interactions, paging
from payerproof.sandbox.fhir.bundles import entry, searchset
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Reply

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import TenantSpec

_AREA = "quirks"
_EOB = "ExplanationOfBenefit"


@decision(
    "page_link",
    "page-links-without-host",
    _AREA,
    "Q-REST-03",
    "Links to further pages begin with a slash and leave scheme and host out",
)
def _without_host(
    base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts
) -> str:
    link = paging.page_link(base, asked, key, offset, size, face)
    return "/" + link.split("/", 3)[3]


def _pharmacy(resource: Resource) -> bool:
    if resource["resourceType"] != _EOB:
        return False
    return any(one.get("code") == "pharmacy" for one in resource["type"].get("coding", ()))


def _everything(call: Call, segments: tuple[str, ...]) -> Reply:
    if len(segments) != 3 or segments[:2] != ("Patient", call.access.patient):
        interactions.refuse(call, segments)
    policies = call.policies
    rows = [
        row
        for kind in call.world.record_types(call.access.patient)
        for row in call.world.record(call.access.patient, kind)
        if policies.scope_allows(call.access, kind, "r")
        and policies.discloses_read(call.access, row, call.world)
        and policies.granular_read(call.access, row, "r")
        and not _pharmacy(row)
    ]
    entries = [entry(call, policies.redact(call.access, row), "match") for row in rows]
    return Reply(resource=searchset([], entries, None))


seed(
    "everything-without-pharmacy",
    _AREA,
    "Q-REST-12",
    "$everything is offered, and leaves the claims of the pharmacy benefit manager out",
    fhir(everything=_everything),
)


@decision(
    "may_find",
    "conditions-only-by-category",
    _AREA,
    "Q-REST-20",
    "A search for conditions finds nothing unless it names a category",
)
def _by_category(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if asked.resource_type == resource["resourceType"] == "Condition":
        named = asked.values("category", "_id")
        return bool(named) and compartment.may_find(access, resource, world, asked)
    return compartment.may_find(access, resource, world, asked)


_STUB = "stub-of-"


def _second(world: World) -> World:
    rows = [row for kind in world.types for row in world.resources(kind)]
    stubs = []
    for patient in world.resources("Patient"):
        stub = copy.deepcopy(patient)
        for name in ("name", "telecom", "address"):
            stub.pop(name, None)
        stub["id"] = (_STUB + patient["id"])[:64]
        stubs.append(stub)
    return World(world.people, [*rows, *stubs])


def _with_stub(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if resource["resourceType"] == "Patient" and resource["id"].startswith(_STUB):
        return bool(access.patient) and (_STUB + access.patient)[:64] == resource["id"]
    return compartment.may_find(access, resource, world, asked)


def _two_lines(spec: TenantSpec) -> TenantSpec:
    return with_fhir(replace(spec, reshape=(*spec.reshape, _second)), {"may_find": _with_stub})


seed(
    "patient-of-the-dental-line",
    _AREA,
    "Q-DATA-12",
    "The dental line of business adds a second Patient for each member, without a name",
    _two_lines,
)


def _npi_only(claim: Resource) -> Resource:
    made = copy.deepcopy(claim)
    for holder in (made, *made.get("careTeam", ())):
        system = "http://hl7.org/fhir/sid/us-npi"
        holder["provider"] = {"identifier": {"system": system, "value": "1234567893"}}
    return made


@data(
    "providers-by-npi-alone",
    _AREA,
    "Q-DATA-14",
    "Claims name their providers by NPI alone",
    lawful=True,
)
def _logical(world: World) -> World:
    return world.edit_claims(_npi_only)
