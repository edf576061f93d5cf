"""The cast and its records: whole, apart from each other, the same every time, and immutable."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir_payer import FACE_NAMES, world_of

from payerproof.sandbox.data import World, build_world
from payerproof.sandbox.data.world import SHARED_TYPES
from payerproof.sandbox.faces import FACES

AS_OF = date(2026, 11, 21)
CLINICAL = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Binary",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationRequest",
    "MedicationDispense",
    "Observation",
    "Patient",
    "Procedure",
    "Provenance",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
    "ExplanationOfBenefit",
]


@pytest.fixture(params=FACE_NAMES)
def world(request: pytest.FixtureRequest) -> World:
    return world_of(request.param)


def everything(world: World) -> list[dict[str, Any]]:
    return [one for kind in world.types for one in world.resources(kind)]


def test_two_builds_are_equal() -> None:
    ids = FACES["plain"].logical_id
    first, second = everything(build_world(ids)), everything(build_world(ids))
    assert json.dumps(first) == json.dumps(second)


def test_ids_are_fhir_ids_and_tell_nothing(world: World) -> None:
    for one in everything(world):
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", one["id"])
        for word in ("ada", "MB-", "26L7K", "SUB-", "1949"):
            assert not one["id"].startswith(word)


def test_every_reference_leads_somewhere(world: World) -> None:
    for one in everything(world):
        for reference in world.references(one):
            assert world.at(reference) is not None, f"{one['resourceType']} -> {reference}"


def test_no_record_refers_into_another(world: World) -> None:
    for one in everything(world):
        owner = world.patient_of(one)
        if owner is None:
            continue
        for reference in world.references(one):
            target = world.at(reference)
            assert target is not None
            if target["resourceType"] not in SHARED_TYPES:
                assert world.patient_of(target) == owner


def test_what_belongs_to_nobody(world: World) -> None:
    alone = Counter(
        one["resourceType"] for one in everything(world) if world.patient_of(one) is None
    )
    assert set(alone) == {*SHARED_TYPES, "Provenance"}
    assert alone["Provenance"] == 1, "the payer's own trace of the enrolment file"


def test_adults_have_every_class(world: World) -> None:
    for person in world.people.values():
        if person.patient and person.age_on(AS_OF) >= 18:
            assert set(CLINICAL) <= set(world.record_types(person.patient)), person.user
            found = world.record(person.patient, "Observation")
            categories = {one["category"][0]["coding"][0]["code"] for one in found}
            assert categories == {"laboratory", "vital-signs", "social-history", "survey"}


def test_markers_are_unique(world: World) -> None:
    members = [one for one in world.people.values() if one.patient]
    for value in ("patient", "member_number", "phone"):
        values = [getattr(one, value) for one in members]
        assert len(values) == len(set(values))
    mails = [one.email for one in world.people.values() if one.email]
    assert len(mails) == len(set(mails))
    names = Counter(one.name for one in members)
    assert {name for name, n in names.items() if n > 1} == {"Iva Synthetic-Doppel"}
    for one in world.people.values():
        assert "Synthetic" in one.family


def test_household_and_twins(world: World) -> None:
    people = world.people
    bergs = [one for one in people.values() if one.household == "berg"]
    assert {one.user for one in bergs} == {"bruno", "britta", "ben", "bea", "bo"}
    assert {one.subscriber_id for one in bergs} == {"SUB-518022"}
    for one in bergs:
        (coverage,) = world.record(one.patient, "Coverage")
        assert coverage["subscriberId"] == "SUB-518022"
        assert ("reference" in coverage["subscriber"]) == (one.user == "bruno")
    assert people["iva"].patient.startswith(people["ada"].patient)
    assert people["iva"].birth_date == people["ivy"].birth_date
    assert people["iva"].member_number[:-1] == people["ivy"].member_number[:-1]
    (found,) = world.by_identifier(
        "Patient", "https://payer.sandbox.example/subscriber-number", "SUB-518022"
    )
    assert found["id"] == people["bruno"].patient


def test_roles_of_the_cast(world: World) -> None:
    people = world.people
    ages = {user: people[user].age_on(AS_OF) for user in ("ben", "bea", "bo")}
    assert ages == {"ben": 10, "bea": 16, "bo": 17}
    assert people["bo"].age_on(date(2026, 11, 22)) == 18
    assert people["cho"].patient == people["hal"].patient == ""
    assert people["cho"].represents == ("ada",)
    assert people["dee"].represents == ("fay", "gus")
    assert people["dee"].patient
    assert people["eli"].provider_access_opt_out
    assert people["gus"].coverage_end == date(2025, 12, 31)
    (ended,) = world.record(people["gus"].patient, "Coverage")
    assert (ended["status"], ended["period"]["end"]) == ("cancelled", "2025-12-31")
    ada = people["ada"].patient
    related = world.fhir_user("cho", ada)
    assert related.startswith("RelatedPerson/")
    found = world.at(related)
    assert found is not None
    assert found["patient"]["reference"] == f"Patient/{ada}"
    assert world.fhir_user("ada", ada) == f"Patient/{ada}"
    assert world.fhir_user("eli", ada) == world.fhir_user("hal", ada) == ""


WITHOUT_SECOND_FACTOR = ("eli", "gus")


def test_accounts(world: World) -> None:
    for one in world.people.values():
        if one.age_on(AS_OF) >= 18:
            assert one.password
        if one.password:
            assert one.password not in repr(one)
        if one.password and one.user not in WITHOUT_SECOND_FACTOR:
            assert len(base64.b32decode(one.totp)) == 20
            assert one.totp not in repr(one)
    assert not any(world.people[user].totp for user in WITHOUT_SECOND_FACTOR)
    assert not world.people["ben"].password


def test_national_provider_ids_have_a_right_check_digit(world: World) -> None:
    def sound(npi: str) -> bool:
        digits = [int(digit) for digit in "80840" + npi]
        doubled = [n * 2 if i % 2 else n for i, n in enumerate(reversed(digits))]
        return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0

    found = [
        identifier["value"]
        for kind in ("Organization", "Practitioner")
        for one in world.resources(kind)
        for identifier in one["identifier"]
        if identifier["system"].endswith("us-npi")
    ]
    assert len(found) == len(set(found)) == 13
    assert all(len(npi) == 10 and sound(npi) for npi in found)


def test_dates_are_possible(world: World) -> None:
    for one in everything(world):
        assert one["meta"]["lastUpdated"] < "2026-11-21"
        for found in re.findall(r'"(\d{4}-\d{2}-\d{2})', json.dumps(one)):
            assert date.fromisoformat(found)
    for claim in world.claims():
        served = claim["item"][0]["servicedDate"]
        assert served <= claim["created"] <= claim["meta"]["lastUpdated"]


def test_protected_content_is_labelled(world: World) -> None:
    labelled: dict[str, set[str]] = {}
    for one in everything(world):
        for label in one["meta"].get("security", ()):
            labelled.setdefault(label["code"], set()).add(str(world.patient_of(one)))
    people = world.people
    assert labelled == {
        "R": {people["fay"].patient, people["bea"].patient},
        "42CFRPart2": {people["fay"].patient},
        "ADOL": {people["bea"].patient},
    }
    for kind in ("ExplanationOfBenefit", "Condition", "MedicationRequest", "MedicationDispense"):
        for one in world.record(people["fay"].patient, kind):
            text = json.dumps(one)
            if "F11.20" in text or "uprenorphine" in text or "12496-1283-2" in text:
                assert "security" in one["meta"]


@pytest.mark.parametrize("kind", world_of("plain").types)
def test_typed_clients_can_read_everything(kind: str) -> None:
    model = get_fhir_model_class(kind)
    for one in world_of("plain").resources(kind):
        assert model.model_validate(one).id == one["id"]


def test_no_empty_values(world: World) -> None:
    def look(value: Any) -> None:
        assert value not in (None, "", [], {})
        for inner in value.values() if isinstance(value, dict) else ():
            look(inner)
        for inner in value if isinstance(value, list) else ():
            look(inner)

    for one in everything(world):
        look(one)


def test_changes_make_another_world(world: World) -> None:
    before = hashlib.sha256(json.dumps(everything(world)).encode()).hexdigest()
    patient = copy.deepcopy(world.resource("Patient", world.people["ada"].patient))
    assert patient is not None
    changed = world.with_resources({**patient, "gender": "other"})
    assert changed.resource("Patient", patient["id"])["gender"] == "other"  # type: ignore[index]
    fewer = world.without(f"Patient/{patient['id']}")
    assert fewer.resource("Patient", patient["id"]) is None
    renamed = world.edit("Coverage", lambda one: {**one, "status": "draft"})
    assert {one["status"] for one in renamed.resources("Coverage")} == {"draft"}
    none = world.edit("Coverage", lambda one: None)
    assert none.resources("Coverage") == []
    assert none.resources("Patient") == world.resources("Patient")
    after = hashlib.sha256(json.dumps(everything(world)).encode()).hexdigest()
    assert before == after


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="occurs twice"):
        build_world(lambda kind, key: "same")
