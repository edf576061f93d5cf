"""One contract, several people: what a family's members and proxies see of each other."""

from __future__ import annotations

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked


def _household(world: World, patient: str | None) -> str:
    person = world.person_of(patient or "")
    return person.household if person else ""


def _same_contract(access: Access, resource: Resource, world: World) -> bool:
    mine = _household(world, access.patient)
    return bool(mine) and mine == _household(world, world.patient_of(resource))


@decision(
    "may_read",
    "subscriber-reads-family",
    "isolation",
    "N-HOUSE-01 AC-03-1",
    "The subscriber's token reads every claim under the contract, the spouse's too",
    twin="family-total-without-names",
)
def _by_subscriber(access: Access, resource: Resource, world: World) -> bool:
    person = world.person_of(access.patient)
    is_subscriber = person is not None and person.role == "subscriber"
    if is_subscriber and resource["resourceType"] == "ExplanationOfBenefit":
        return _same_contract(access, resource, world)
    return compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "dependent-reads-subscriber",
    "isolation",
    "N-HOUSE-02 AC-03-1",
    "Whoever is on a contract may read the Patient of its subscriber",
    twin="subscriber-named-in-coverage",
)
def _of_subscriber(access: Access, resource: Resource, world: World) -> bool:
    owner = world.person_of(world.patient_of(resource) or "")
    is_subscriber = owner is not None and owner.role == "subscriber"
    if is_subscriber and resource["resourceType"] == "Patient":
        return _same_contract(access, resource, world)
    return compartment.may_read(access, resource, world)


@decision(
    "may_find",
    "family-coverage-found",
    "isolation",
    "N-HOUSE-03 AC-03-1",
    "Coverage is filtered by contract, so that each member finds the whole family's",
)
def _coverage(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if resource["resourceType"] == "Coverage" and _same_contract(access, resource, world):
        return True
    return compartment.may_find(access, resource, world, asked)


@decision(
    "may_find",
    "family-claims-found-by-patient",
    "isolation",
    "N-HOUSE-01 N-BOLA-03 AC-03-1",
    "A search of claims for another member is let through where both are on one contract",
)
def _claims(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if asked.values("patient") and _same_contract(access, resource, world):
        return True
    return compartment.may_find(access, resource, world, asked)


@decision(
    "may_find",
    "subscriber-found-by-family-number",
    "isolation",
    "N-HOUSE-03 N-BOLA-10",
    "A search by the family's subscriber number gives the subscriber's Patient to each of them",
)
def _by_number(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    person = world.person_of(access.patient)
    number = person.subscriber_id if person else ""
    named = (value.rpartition("|")[2] for value in asked.values("identifier", "subscriber"))
    if number and number in named and _same_contract(access, resource, world):
        return True
    return compartment.may_find(access, resource, world, asked)


def _represented(access: Access, resource: Resource, world: World) -> bool:
    actor = world.people.get(access.user)
    open_to = {world.people[one].patient for one in actor.represents} if actor else set()
    return access.patient in open_to and world.patient_of(resource) in open_to


def _represented_read(access: Access, resource: Resource, world: World) -> bool:
    represented = _represented(access, resource, world)
    return represented or compartment.may_read(access, resource, world)


seed(
    "representative-reads-all-represented",
    "isolation",
    "N-HOUSE-09",
    "A representative's token for one member reads the records of all whom the person represents",
    fhir(may_read=_represented_read),
)


@decision(
    "may_read",
    "representative-reads-own-record",
    "isolation",
    "N-HOUSE-09 N-HOUSE-06",
    "A token for a represented member also opens the record of the person who signed in",
)
def _signed_in(access: Access, resource: Resource, world: World) -> bool:
    actor = world.people.get(access.user)
    own = actor is not None and bool(actor.patient) and world.patient_of(resource) == actor.patient
    return own or compartment.may_read(access, resource, world)


def _label_forgotten(access: Access, resource: Resource, world: World) -> bool:
    if "ADOL" in compartment.labels(resource):
        return True
    return compartment.may_disclose(access, resource, world)


seed(
    "adolescent-claims-found-by-parent",
    "isolation",
    "N-HOUSE-06",
    "A search with a parent's token gives the confidential claims that a read withholds",
    fhir(discloses_search=_label_forgotten),
)

seed(
    "adolescent-claims-read-by-parent",
    "isolation",
    "N-HOUSE-06",
    "A read with a parent's token opens the confidential records that a search leaves out",
    fhir(discloses_read=_label_forgotten),
)


@decision(
    "may_read",
    "contact-of-family-read",
    "isolation",
    "N-BOLA-30 N-HOUSE-01",
    "RelatedPerson, as the way to one's proxies, is read by everybody on the contract",
)
def _family_contact(access: Access, resource: Resource, world: World) -> bool:
    if resource["resourceType"] == "RelatedPerson" and _same_contract(access, resource, world):
        return True
    return compartment.may_read(access, resource, world)
