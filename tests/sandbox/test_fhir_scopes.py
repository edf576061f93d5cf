"""Scopes: type by type, verb by verb, and granular, on every path by which data can leave."""

from __future__ import annotations

import pytest
from fhir_payer import Payer

from payerproof.sandbox.access import Access
from payerproof.sandbox.fhir import scopes
from payerproof.sandbox.fhir.parameters import PARAMETERS

OBSERVATIONS = "http://terminology.hl7.org/CodeSystem/observation-category"


@pytest.fixture
def payer() -> Payer:
    return Payer()


def narrowed(payer: Payer, *granted: str) -> Payer:
    payer.grant("ada", scopes=granted)
    return payer


def own(payer: Payer, kind: str) -> str:
    return payer.world.record(payer.patient("ada"), kind)[0]["id"]


def test_one_scope_opens_one_type(payer: Payer) -> None:
    coverage, claim = own(payer, "Coverage"), own(payer, "ExplanationOfBenefit")
    narrowed(payer, "patient/Coverage.rs", "openid", "launch/patient")
    assert payer.ask(f"/Coverage/{coverage}").status == 200
    assert payer.ask("/Coverage").resources
    for target in (f"/ExplanationOfBenefit/{claim}", "/ExplanationOfBenefit", "/Patient"):
        answer = payer.ask(target)
        assert answer.status == 403
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_scope_is_checked_whether_or_not_there_is_data(payer: Payer) -> None:
    narrowed(payer, "patient/Coverage.rs")
    with_data = payer.ask("/ExplanationOfBenefit")
    without = payer.ask("/ExplanationOfBenefit?service-date=1900")
    unknown = payer.ask("/ExplanationOfBenefit/no-such-id")
    assert {with_data.status, without.status, unknown.status} == {403}
    assert with_data.content == without.content == unknown.content


@pytest.mark.parametrize(
    ("scope", "read", "search"),
    [
        ("patient/Patient.read", 200, 200),
        ("patient/Patient.*", 200, 200),
        ("patient/*.read", 200, 200),
        ("patient/Patient.rs", 200, 200),
        ("patient/Patient.cruds", 200, 200),
        ("user/Patient.rs", 200, 200),
        ("patient/Patient.r", 200, 403),
        ("patient/Patient.s", 403, 200),
        ("patient/Patient.write", 403, 403),
        ("patient/Patient.cud", 403, 403),
        ("system/Patient.rs", 403, 403),
        ("patient/Patient.", 403, 403),
        ("patient/patient.rs", 403, 403),
        ("patient/Patient.sr", 403, 403),
        ("Patient.rs", 403, 403),
        ("", 403, 403),
    ],
)
def test_verbs(payer: Payer, scope: str, read: int, search: int) -> None:
    narrowed(payer, scope)
    assert payer.ask(f"/Patient/{payer.patient('ada')}").status == read
    assert payer.ask("/Patient").status == search


def test_user_scopes_stay_in_the_members_record(payer: Payer) -> None:
    narrowed(payer, "user/*.rs")
    assert payer.ask("/Patient").ids == [payer.patient("ada")]
    assert payer.ask(f"/Patient/{payer.patient('eli')}").status == 404


def test_an_include_needs_the_scope_of_its_type(payer: Payer) -> None:
    narrowed(payer, "patient/ExplanationOfBenefit.rs", "patient/Organization.r")
    answer = payer.ask("/ExplanationOfBenefit?_include=*&_count=3")
    assert {one["resourceType"] for one in answer.included()} == {"Organization"}
    narrowed(payer, "patient/Observation.rs")
    answer = payer.ask("/Observation?_revinclude=Provenance:target")
    assert answer.included() == []


@pytest.mark.parametrize(
    "query", ["category=laboratory", f"category={OBSERVATIONS}|laboratory", "category=x,laboratory"]
)
def test_granular_scope_on_every_path(payer: Payer, query: str) -> None:
    every = payer.walk("/Observation")
    rows = [one for page in every for one in page.resources]
    lab = {one["id"] for one in rows if one["category"][0]["coding"][0]["code"] == "laboratory"}
    assert 0 < len(lab) < len(rows)
    narrowed(payer, f"patient/Observation.rs?{query}", "patient/DiagnosticReport.rs")
    assert {one for page in payer.walk("/Observation") for one in page.ids} == lab
    assert {one for page in payer.walk("/Observation?_count=1") for one in page.ids} == lab
    for one in rows:
        expected = 200 if one["id"] in lab else 404
        assert payer.ask(f"/Observation/{one['id']}").status == expected
        assert payer.ask(f"/Observation/{one['id']}/_history/1").status == expected
    by_id = ",".join(one["id"] for one in rows)
    found = payer.ask(f"/Observation?_id={by_id}&_count=50").ids
    assert set(found) == lab
    assert payer.ask("/Observation?category=social-history").resources == []
    assert payer.ask("/Observation?_summary=count").json["total"] == len(lab)


def test_granular_scopes_add_up(payer: Payer) -> None:
    narrowed(
        payer,
        "patient/Condition.rs?category=problem-list-item",
        "patient/Condition.rs?category=encounter-diagnosis",
    )
    codes = {one["category"][0]["coding"][0]["code"] for one in payer.ask("/Condition").resources}
    assert codes == {"problem-list-item", "encounter-diagnosis"}


def test_a_query_that_is_not_understood_opens_nothing(payer: Payer) -> None:
    narrowed(payer, "patient/Observation.rs?mystery=laboratory")
    assert payer.ask("/Observation").resources == []
    narrowed(payer, "patient/Observation.rs?date=ge2000")
    assert payer.ask("/Observation").resources == []


def test_a_document_follows_the_scope_of_its_reference(payer: Payer) -> None:
    binary = own(payer, "Binary")
    narrowed(payer, "patient/DocumentReference.r")
    assert payer.ask(f"/Binary/{binary}").status == 200
    narrowed(payer, "patient/DocumentReference.rs?category=clinical-note")
    assert payer.ask(f"/Binary/{binary}").status == 200
    narrowed(payer, "patient/DocumentReference.rs?category=other")
    assert payer.ask(f"/Binary/{binary}").status == 404
    narrowed(payer, "patient/Patient.rs", "patient/Binary.rs")
    assert payer.ask(f"/Binary/{binary}").status == 403
    narrowed(payer, "patient/DiagnosticReport.rs")
    assert payer.ask(f"/Binary/{binary}").status == 404


def test_contained_people_need_the_scope_of_their_type(payer: Payer) -> None:
    assert b"Synthetic-Lovelace-Kin" in payer.ask("/CareTeam").content
    narrowed(payer, "patient/CareTeam.rs")
    answers = [payer.ask("/CareTeam"), payer.ask(f"/CareTeam/{own(payer, 'CareTeam')}")]
    answers.append(payer.ask("/CareTeam?_elements=contained,participant"))
    for answer in answers:
        assert b"Synthetic-Lovelace-Kin" not in answer.content
        assert b"202-555-0161" not in answer.content
        assert b"#caregiver" not in answer.content


def test_no_scope_opens_another_record(payer: Payer) -> None:
    narrowed(payer, "patient/*.cruds", "user/*.cruds", "system/*.cruds")
    for kind in PARAMETERS:
        for one in payer.walk(f"/{kind}"):
            owners = {payer.world.patient_of(row) for row in one.resources}
            assert owners <= {payer.patient("ada"), None}


def test_parsing_is_whole_or_nothing() -> None:
    access = Access("g", "c", "u", "p", ("patient/Coverage.rs patient/Patient.rs",), "")
    assert not scopes.allows(access, "Patient", "r")
    assert not scopes.allows(access, "Coverage", "r")
    assert scopes.parse("patient/Observation.rs?category=a%7Cb") == scopes.ResourceScope(
        "Observation", "rs", (("category", "a|b"),)
    )
