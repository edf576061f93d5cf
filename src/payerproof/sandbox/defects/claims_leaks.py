"""Facts in resources that the app has no business to learn, or that are another's."""

from __future__ import annotations

from payerproof.sandbox.data.coding import IDENTIFIER_TYPE
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data


def _narrative(text: str) -> dict[str, str]:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'
    return {"status": "generated", "div": div}


@data(
    "social-security-number-in-patient",
    "isolation",
    "N-LEAK-08",
    "Patient carries the social security number among its identifiers",
    twin="patient-with-second-number",
)
def _ssn(world: World) -> World:
    def change(patient: Resource) -> Resource:
        digits = f"{int.from_bytes(str(patient['id']).encode()) % 10**6:06d}"
        number = {
            "type": {"coding": [{"system": IDENTIFIER_TYPE, "code": "SS"}]},
            "system": "http://hl7.org/fhir/sid/us-ssn",
            "value": f"900-{digits[:2]}-{digits[2:]}",
        }
        return {**patient, "identifier": [*patient["identifier"], number]}

    return world.edit("Patient", change)


@data(
    "patient-with-second-number",
    "isolation",
    "N-LEAK-08",
    "Patient carries a second number of the payer's own, for the call centre",
    lawful=True,
)
def _second_number(world: World) -> World:
    def change(patient: Resource) -> Resource:
        number = {"system": "https://payer.sandbox.example/contact-number", "value": "CC-77310"}
        return {**patient, "identifier": [*patient["identifier"], number]}

    return world.edit("Patient", change)


@data(
    "bank-account-in-payment",
    "isolation",
    "N-LEAK-08",
    "The payment of a claim holds the provider's bank account and routing number in full",
)
def _bank(world: World) -> World:
    def change(claim: Resource) -> Resource:
        account = {"system": "https://payer.sandbox.example/bank-account", "value": "4455667788990"}
        return {**claim, "payment": {**claim["payment"], "identifier": account}}

    return world.edit_claims(change)


@data(
    "tax-number-of-provider",
    "isolation",
    "N-LEAK-08",
    "A practitioner's tax number, which for a person is the social security number, is shown",
)
def _tax(world: World) -> World:
    def change(practitioner: Resource) -> Resource:
        number = {
            "type": {"coding": [{"system": IDENTIFIER_TYPE, "code": "TAX"}]},
            "system": "urn:oid:2.16.840.1.113883.4.4",
            "value": "900-64-1187",
        }
        return {**practitioner, "identifier": [*practitioner["identifier"], number]}

    return world.edit("Practitioner", change)


@data(
    "patient-named-in-claim",
    "scopes",
    "N-SCOPE-04 N-LEAK-09",
    "The display of a claim's patient reference is the member's name and birth date",
    twin="patient-called-member-in-claim",
)
def _displayed(world: World) -> World:
    def change(claim: Resource) -> Resource:
        person = world.person_of(world.patient_of(claim) or "")
        display = f"{person.name}, born {person.birth_date}" if person else ""
        return {**claim, "patient": {**claim["patient"], "display": display}}

    return world.edit_claims(change)


@data(
    "patient-called-member-in-claim",
    "scopes",
    "N-SCOPE-04",
    "The display of a claim's patient reference is the word Member",
    lawful=True,
)
def _called_member(world: World) -> World:
    def change(claim: Resource) -> Resource:
        return {**claim, "patient": {**claim["patient"], "display": "Member"}}

    return world.edit_claims(change)


@data(
    "demographics-in-claim-narrative",
    "scopes",
    "N-SCOPE-04 N-LEAK-09 Q-DATA-21",
    "The narrative of a claim begins with the member's name, address and birth date",
    twin="narrative-tells-the-claim",
)
def _headed(world: World) -> World:
    def change(claim: Resource) -> Resource:
        patient = world.resource("Patient", world.patient_of(claim) or "")
        if patient is None:
            return claim
        name, home = patient["name"][0], patient["address"][0]
        words = f"{name['given'][0]} {name['family']}, {home['line'][0]}, {patient['birthDate']}"
        return {**claim, "text": _narrative(words)}

    return world.edit_claims(change)


@data(
    "narrative-tells-the-claim",
    "scopes",
    "Q-DATA-21",
    "The narrative of a claim tells its status and creation date, as the fields do",
    lawful=True,
)
def _told(world: World) -> World:
    def change(claim: Resource) -> Resource:
        words = f"Claim, status {claim['status']}, created {claim['created']}"
        return {**claim, "text": _narrative(words)}

    return world.edit_claims(change)


@data(
    "narrative-of-the-neighbour",
    "isolation",
    "Q-DATA-21 N-LEAK-09 N-BOLA-02",
    "The narrative of a Coverage was generated for the row before, and names that member",
    twin="narratives-left-out",
)
def _shifted(world: World) -> World:
    people = [person for person in world.people.values() if person.patient]
    before = {person.patient: people[n - 1] for n, person in enumerate(people)}

    def change(coverage: Resource) -> Resource:
        other = before[str(world.patient_of(coverage))]
        words = f"Coverage of {other.name}, member number {other.member_number}"
        return {**coverage, "text": _narrative(words)}

    return world.edit("Coverage", change)


@data(
    "narrative-of-an-older-state",
    "patient_access",
    "Q-DATA-21",
    "The narrative of a Patient shows a birth date and a name in capitals that the fields don't",
    twin="names-in-capitals",
)
def _stale(world: World) -> World:
    def change(patient: Resource) -> Resource:
        family = str(patient["name"][0]["family"]).upper()
        return {**patient, "text": _narrative(f"{family}, born 1900-01-01")}

    return world.edit("Patient", change)


@data(
    "withheld-drug-in-neighbour",
    "scopes",
    "N-LEAK-10 N-SCOPE-13",
    "A note on an open claim names the drug of the treatment that the member withholds",
)
def _accumulated(world: World) -> World:
    def change(claim: Resource) -> Resource:
        person = world.person_of(world.patient_of(claim) or "")
        if person is None or person.user != "fay" or "security" in claim["meta"]:
            return claim
        text = "Drug deductible met, last by buprenorphine on 2026-05-07."
        note = {"number": 9, "type": "display", "text": text}
        return {**claim, "processNote": [*claim.get("processNote", ()), note]}

    return world.edit_claims(change)


@data(
    "security-labels-lost",
    "scopes",
    "N-LEAK-11 N-SCOPE-13",
    "Labels of specially protected records are lost in the load, and nothing is withheld",
)
def _unlabelled(world: World) -> World:
    def change(resource: Resource) -> Resource:
        resource["meta"].pop("security", None)
        return resource

    for kind in ("ExplanationOfBenefit", "Condition"):
        world = world.edit(kind, change)
    return world
