"""Searches that cross from one member to another: the plainest way, and the free filters."""

from __future__ import annotations

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, fhir, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked, Call

_FREE = ("_filter", "_query", "_content", "_text", "_list")


def _by_patient(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    claims = asked.resource_type == "ExplanationOfBenefit" and asked.values("patient")
    return bool(claims) or compartment.may_find(access, resource, world, asked)


seed(
    "claim-search-by-patient-open",
    "isolation",
    "N-BOLA-03",
    "A search of claims gives those of the patient it names, whoever's token asks",
    fhir(may_find=_by_patient),
    twin="foreign-search-refused",
)


def _passed_over(_call: Call, _name: str, _value: str) -> object:
    return lambda _resource: True


def _filtered(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    free = any(name.partition(":")[0] in _FREE for name, _ in asked.sent)
    return free or compartment.may_find(access, resource, world, asked)


seed(
    "free-filter-past-the-member",
    "isolation",
    "N-BOLA-33",
    "A search with a free filter takes a statement of its own, which has no member in it",
    fhir(free_filter=_passed_over, may_find=_filtered),
    twin="free-filters-passed-over",
)


@data(
    "claim-note-is-the-whole-remittance",
    "isolation",
    "N-BOLA-02 N-LEAK-09",
    "The note of a claim is the provider's remittance, with every member and claim that it paid",
)
def _whole_remittance(world: World) -> World:
    lines: dict[str, list[str]] = {}
    for claim in world.claims():
        member = world.person_of(world.patient_of(claim) or "")
        if member is not None:
            words = f"{member.name}: {claim['identifier'][0]['value']}"
            lines.setdefault(claim["insurer"]["reference"], []).append(words)

    def change(claim: Resource) -> Resource:
        paid = lines[claim["insurer"]["reference"]]
        note = {"number": 9, "type": "display", "text": f"Paid together: {'; '.join(paid)}."}
        return {**claim, "processNote": [*claim.get("processNote", ()), note]}

    return world.edit_claims(change)
