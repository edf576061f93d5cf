"""One contract, several people: facts of the others in one's own resources."""

from __future__ import annotations

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data


def _household(world: World, patient: str | None) -> str:
    person = world.person_of(patient or "")
    return person.household if person else ""


@data(
    "accumulator-names-family",
    "isolation",
    "N-HOUSE-04",
    "A note on a claim explains the family deductible by the names and sums of the others",
    twin="family-total-without-names",
)
def _named_sums(world: World) -> World:
    def change(claim: Resource) -> Resource:
        patient = world.patient_of(claim)
        family = [
            one.given
            for one in world.people.values()
            if one.household and one.household == _household(world, patient)
        ]
        me = world.person_of(patient or "")
        others = [name for name in family if me and name != me.given]
        if not others:
            return claim
        sums = ", ".join(f"{name} ${90 + 35 * n}.00" for n, name in enumerate(others))
        note = {"number": 9, "type": "display", "text": f"Family deductible so far: {sums}."}
        return {**claim, "processNote": [*claim.get("processNote", ()), note]}

    return world.edit_claims(change)


@data(
    "family-total-without-names",
    "isolation",
    "N-HOUSE-04",
    "A note on a claim tells the family's deductible as one sum, without names or items",
    lawful=True,
)
def _one_sum(world: World) -> World:
    def change(claim: Resource) -> Resource:
        if not _household(world, world.patient_of(claim)):
            return claim
        text = "Family deductible so far: $715.00 of $3,000.00."
        note = {"number": 9, "type": "display", "text": text}
        return {**claim, "processNote": [*claim.get("processNote", ()), note]}

    return world.edit_claims(change)


def _subscriber_of(world: World, coverage: Resource) -> Resource | None:
    """Return the Patient of the subscriber, where that is another person."""
    mine = world.patient_of(coverage)
    for person in world.people.values():
        same = person.household and person.household == _household(world, mine)
        if same and person.role == "subscriber" and person.patient != mine:
            return world.resource("Patient", person.patient)
    return None


@data(
    "policy-holder-copied-into-coverage",
    "isolation",
    "N-HOUSE-02 N-HOUSE-04",
    "Coverage contains a copy of the subscriber with birth date, address and telephone number",
    twin="subscriber-named-in-coverage",
)
def _copied(world: World) -> World:
    def change(coverage: Resource) -> Resource:
        subscriber = _subscriber_of(world, coverage)
        if subscriber is None:
            return coverage
        names = ("resourceType", "name", "birthDate", "gender", "address", "telecom")
        copied = {name: subscriber[name] for name in names} | {"id": "policyholder"}
        holder = {"reference": "#policyholder"}
        return {**coverage, "contained": [copied], "policyHolder": holder}

    return world.edit("Coverage", change)


@data(
    "subscriber-named-in-coverage",
    "isolation",
    "N-HOUSE-02",
    "Coverage names its subscriber in the reference's display, as the card does, and nothing else",
    lawful=True,
)
def _named(world: World) -> World:
    def change(coverage: Resource) -> Resource:
        subscriber = _subscriber_of(world, coverage)
        if subscriber is None:
            return coverage
        name = subscriber["name"][0]
        display = f"{name['given'][0]} {name['family']}"
        return {**coverage, "subscriber": {**coverage["subscriber"], "display": display}}

    return world.edit("Coverage", change)


@data(
    "spouse-as-emergency-contact",
    "isolation",
    "N-HOUSE-04 N-HOUSE-05",
    "Patient.contact is filled from the contract with the spouse's telephone number and e-mail",
)
def _contacts(world: World) -> World:
    pairs = {"bruno": "britta", "britta": "bruno"}

    def change(patient: Resource) -> Resource:
        person = world.person_of(str(patient["id"]))
        other = world.people.get(pairs.get(person.user, "")) if person else None
        if other is None:
            return patient
        telecom = [
            {"system": "phone", "value": other.phone},
            {"system": "email", "value": other.email},
        ]
        name = {"family": other.family, "given": [other.given]}
        return {**patient, "contact": [{"name": name, "telecom": telecom}]}

    return world.edit("Patient", change)


@data(
    "child-claim-booked-on-subscriber",
    "isolation",
    "N-HOUSE-04 N-BOLA-02",
    "A child's claim is booked on the subscriber and shows in the subscriber's record",
)
def _booked(world: World) -> World:
    bruno, ben = world.people["bruno"].patient, world.people["ben"].patient
    first = world.record(ben, "ExplanationOfBenefit")[0]["id"]
    policy = world.record(bruno, "Coverage")[0]["id"]

    def change(claim: Resource) -> Resource:
        if claim["id"] != first:
            return claim
        insurance = [{"focal": True, "coverage": {"reference": f"Coverage/{policy}"}}]
        return {**claim, "patient": {"reference": f"Patient/{bruno}"}, "insurance": insurance}

    return world.edit_claims(change)
