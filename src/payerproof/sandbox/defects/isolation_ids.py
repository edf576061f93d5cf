"""Ids: compared inexactly, linked to the wrong account, or saying what they should not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision, fhir, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked

NewId = Callable[[int, Resource], str]


@decision(
    "may_read",
    "read-by-id-prefix",
    "isolation",
    "N-BOLA-07",
    "A read passes if the owner's id begins with the token's: a longer id is taken for the same",
)
def _begins(access: Access, resource: Resource, world: World) -> bool:
    owner = world.patient_of(resource) or ""
    begins = bool(access.patient) and owner.startswith(access.patient)
    return begins or compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "read-by-id-part",
    "isolation",
    "N-BOLA-07",
    "A read passes if the owner's id occurs in the token's: a shorter id is taken for the same",
)
def _occurs(access: Access, resource: Resource, world: World) -> bool:
    owner = world.patient_of(resource)
    occurs = bool(owner) and str(owner) in access.patient
    return occurs or compartment.may_read(access, resource, world)


@decision(
    "may_find",
    "search-by-id-prefix",
    "isolation",
    "N-BOLA-07",
    "The member filter of a search is a LIKE on the id and finds a neighbour's rows too",
)
def _like(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    owner = world.patient_of(resource) or ""
    like = bool(access.patient) and owner.startswith(access.patient)
    return like or compartment.may_find(access, resource, world, asked)


def _before(patient: str, other: str) -> bool:
    return bool(patient) and other[:16] == patient[:16]


def _short_read(access: Access, resource: Resource, world: World) -> bool:
    owner = world.patient_of(resource) or ""
    return _before(access.patient, owner) or compartment.may_read(access, resource, world)


def _short_found(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    owner = world.patient_of(resource) or ""
    return _before(access.patient, owner) or compartment.may_find(access, resource, world, asked)


seed(
    "ids-compared-by-first-sixteen",
    "isolation",
    "N-BOLA-07 N-BOLA-35",
    "The column of the member id holds sixteen characters, and longer ids are cut before comparing",
    fhir(may_read=_short_read, may_find=_short_found),
)


@data(
    "accounts-linked-by-name-and-birthday",
    "isolation",
    "N-BOLA-35",
    "An account is linked to the first member of the same name and birth date",
)
def _linked(world: World) -> World:
    first: dict[tuple[str, str, object], str] = {}
    changed = []
    for person in world.people.values():
        key = (person.given, person.family, person.birth_date)
        if person.patient and first.setdefault(key, person.patient) != person.patient:
            changed.append(replace(person, patient=first[key]))
    return world.with_people(*changed)


def renamed(world: World, kind: str, new_id: NewId) -> World:
    """Give every resource of a type another id, and let all references follow."""
    rows = world.resources(kind)
    ids = {f"{kind}/{row['id']}": f"{kind}/{new_id(n, row)}" for n, row in enumerate(rows, 1)}

    def follow(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: follow(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [follow(inner) for inner in value]
        return ids.get(value, value) if isinstance(value, str) else value

    moved = []
    for each in world.types:
        for row in world.resources(each):
            changed = follow(row)
            name = ids.get(f"{each}/{row['id']}", f"{each}/{row['id']}")
            moved.append({**changed, "id": name.partition("/")[2]})
    people = [
        replace(
            person,
            patient=ids.get(f"Patient/{person.patient}", person.patient).rpartition("/")[2],
        )
        for person in world.people.values()
    ]
    return World({person.user: person for person in people}, moved)


@data(
    "claim-ids-in-sequence",
    "isolation",
    "N-BOLA-38",
    "Claims are numbered through over all members, and the number is the id",
    twin="claim-ids-long",
)
def _in_sequence(world: World) -> World:
    return renamed(world, "ExplanationOfBenefit", lambda n, _row: str(480000 + n))


@data(
    "claim-ids-hold-number-and-diagnosis",
    "isolation",
    "N-BOLA-38 N-LEAK-02 Q-DATA-22",
    "The id of a claim is put together from claim number and diagnosis code",
    twin="claim-ids-long",
)
def _telling(world: World) -> World:
    def new_id(_n: int, row: Resource) -> str:
        codes = [one["diagnosisCodeableConcept"]["coding"][0] for one in row.get("diagnosis", ())]
        told = codes[0]["code"] if codes else "none"
        return f"{row['identifier'][0]['value']}-{told}"

    return renamed(world, "ExplanationOfBenefit", new_id)


@data(
    "patient-ids-hold-member-number",
    "isolation",
    "N-BOLA-38 N-LEAK-02",
    "The id of a Patient is the member number, so that every URL and token answer holds it",
    twin="claim-ids-long",
)
def _numbers(world: World) -> World:
    return renamed(world, "Patient", lambda _n, row: str(row["identifier"][0]["value"]))


@data(
    "condition-ids-hold-code",
    "isolation",
    "N-BOLA-38 N-LEAK-02 Q-DATA-22",
    "The id of a Condition begins with its diagnosis code",
)
def _coded(world: World) -> World:
    def new_id(n: int, row: Resource) -> str:
        code = row["code"]["coding"][-1]["code"]
        return f"{code}-{row['id'][:8]}-{n * 7919 % 9973}"

    return renamed(world, "Condition", new_id)


@data(
    "claim-ids-with-underscore",
    "isolation",
    "Q-REST-23",
    "Claims have ids with an underscore, which FHIR does not allow and a read does not find",
)
def _underscored(world: World) -> World:
    return renamed(world, "ExplanationOfBenefit", lambda _n, row: f"carrier_{row['id'][-12:]}")


@data(
    "claim-ids-long",
    "isolation",
    "N-BOLA-38 Q-REST-23",
    "Claims have opaque ids of all the 64 characters that FHIR allows, with dots and hyphens",
    lawful=True,
)
def _long(world: World) -> World:
    def new_id(_n: int, row: Resource) -> str:
        digest = hashlib.sha256(str(row["id"]).encode()).hexdigest()
        return f"eob.{digest[:50]}-{digest[50:59]}"

    return renamed(world, "ExplanationOfBenefit", new_id)
