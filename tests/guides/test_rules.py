"""One broken and one kept instance by hand for each kind of rule and for the guides' invariants."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from payerproof.guides.validator import Validator

from .people import C4BB, CLAIM, MEMBER, amount, concept, info, status

Change = Callable[[dict[str, Any]], object]
UNIT = {"system": "http://unitsofmeasure.org", "code": "mg"}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
    "valueQuantity": {"value": 1},
}


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def judged(validator: Validator, resource: dict[str, Any], change: Change) -> set[tuple[str, str]]:
    value = copy.deepcopy(resource)
    change(value)
    return {(f.rule, f.location) for f in validator.judge(value).errors}


def put(*way: Any) -> Change:
    """Put the last of ``way`` at the place that the others name."""

    def change(value: dict[str, Any]) -> None:
        holder: Any = value
        for step in way[:-2]:
            holder = holder[step]
        holder[way[-2]] = copy.deepcopy(way[-1])

    return change


def drop(*way: Any) -> Change:
    def change(value: dict[str, Any]) -> None:
        holder: Any = value
        for step in way[:-1]:
            holder = holder[step]
        del holder[way[-1]]

    return change


def test_the_hand_made_resources_are_valid(validator: Validator) -> None:
    for resource in (CLAIM, MEMBER, OBSERVATION):
        assert validator.judge(resource).errors == []


def test_a_code_that_its_system_does_not_define(validator: Validator) -> None:
    unknown = concept("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "ZZ")
    found = judged(validator, MEMBER, put("maritalStatus", unknown))
    assert found == {("code-unknown", "Patient.maritalStatus.coding[0]")}
    known = concept("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M")
    assert judged(validator, MEMBER, put("maritalStatus", known)) == set()


def test_ids_stand_once(validator: Validator) -> None:
    twice = [{"id": "a", "family": "x"}, {"id": "a", "family": "y"}]
    assert judged(validator, MEMBER, put("name", twice)) == {("duplicate-id", "Patient.name[0].id")}
    apart = [{"id": "a", "family": "x"}, {"id": "b", "family": "y"}]
    assert judged(validator, MEMBER, put("name", apart)) == set()


def test_the_full_url_of_an_entry_agrees_with_its_resource(validator: Validator) -> None:
    def bundle(url: str) -> dict[str, Any]:
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": url, "resource": MEMBER}],
        }

    for good in (
        "https://payer.example/fhir/Patient/ada",
        "urn:uuid:7c0c1e2a-93a6-4e4c-bd4b-9d3b8f1c2a11",
    ):
        assert validator.judge(bundle(good)).errors == []
    (finding,) = validator.judge(bundle("https://payer.example/fhir/Patient/eve")).errors
    assert (finding.rule, finding.location) == ("bundle-full-url", "Bundle.entry[0].fullUrl")


EOB = "ExplanationOfBenefit"
BROKEN: list[tuple[dict[str, Any], Change, tuple[str, str]]] = [
    (CLAIM, drop("status"), ("cardinality", f"{EOB}.status")),
    (CLAIM, drop("total"), ("cardinality", f"{EOB}.total")),
    (CLAIM, put("status", "done"), ("binding-required", f"{EOB}.status")),
    (CLAIM, put("use", "predetermination"), ("pattern-value", f"{EOB}.use")),
    (CLAIM, put("type", concept("http://x", "pharmacy")), ("pattern-value", f"{EOB}.type")),
    (
        CLAIM,
        put("adjudication", [amount("submitted", 1)]),
        ("slice-cardinality", f"{EOB}.adjudication"),
    ),
    (
        CLAIM,
        put("adjudication", [status("benefitpaymentstatus")] * 2),
        ("slice-cardinality", f"{EOB}.adjudication"),
    ),
    (CLAIM, drop("supportingInfo", 0), ("slice-cardinality", f"{EOB}.supportingInfo")),
    (CLAIM, drop("total", 0, "amount"), ("cardinality", f"{EOB}.total[0].amount")),
    (CLAIM, put("patient", {"reference": "Group/1"}), ("reference-target", f"{EOB}.patient")),
    (CLAIM, put("patient", {"reference": "#p"}), ("reference-local", f"{EOB}.patient")),
    (CLAIM, put("patient", {"reference": "#p"}), ("ref-1", f"{EOB}.patient")),
    (
        CLAIM,
        put("item", 0, "servicedPeriod", {"start": "2025"}),
        ("choice-type", f"{EOB}.item[0].servicedPeriod"),
    ),
    (CLAIM, put("item", 0, "sequence", 0), ("primitive-range", f"{EOB}.item[0].sequence")),
    (CLAIM, put("item", 0, "sequence", 1.0), ("type", f"{EOB}.item[0].sequence")),
    (
        CLAIM,
        put("item", 0, "adjudication", 0, "amount", "currency", "BTC"),
        ("binding-required", f"{EOB}.item[0].adjudication[0].amount.currency"),
    ),
    (
        CLAIM,
        put("billablePeriod", {"start": "2025-11-02", "end": "2025-11-01"}),
        ("per-1", f"{EOB}.billablePeriod"),
    ),
    (CLAIM, put("created", "2025-11-02T00:00:00"), ("primitive-format", f"{EOB}.created")),
    (
        CLAIM,
        put("payee", {"type": concept("http://terminology.hl7.org/CodeSystem/payeetype", "other")}),
        ("EOB-payee-other-type-requires-party", f"{EOB}.payee"),
    ),
    (
        CLAIM,
        put("contained", [{"resourceType": "Organization", "id": "o", "name": "x"}]),
        ("dom-3", EOB),
    ),
    (
        CLAIM,
        put("contained", [{"resourceType": "Organization", "name": "x"}]),
        ("contained-id", f"{EOB}.contained[0]"),
    ),
    (CLAIM, put("extension", [{"url": "http://example.org/x"}]), ("ext-1", f"{EOB}.extension[0]")),
    (
        CLAIM,
        put("extension", [{"url": "x", "valueString": "y"}]),
        ("extension-url", f"{EOB}.extension[0]"),
    ),
    (
        CLAIM,
        put("meta", "profile", 0, "http://hl7.org/fhir/StructureDefinition/bmi"),
        ("profile-type", f"{EOB}.meta.profile[0]"),
    ),
    (MEMBER, drop("name"), ("cardinality", "Patient.name")),
    (MEMBER, put("name", [{"text": "Ada"}]), ("us-core-6", "Patient.name[0]")),
    (
        MEMBER,
        drop("extension", 0, "extension", 1),
        ("slice-cardinality", "Patient.extension[0].extension"),
    ),
    (
        MEMBER,
        put("name", 0, "extension", MEMBER["extension"]),
        ("extension-context", "Patient.name[0].extension[0]"),
    ),
    (MEMBER, put("deceasedBoolean", True), ("choice-several", "Patient")),
    (MEMBER, put("_gender", {"id": "x", "zz": 1}), ("unknown-property", "Patient.gender.zz")),
    (
        MEMBER,
        put("name", 0, "_given", [{"id": "a"}, {"id": "b"}]),
        ("array-lengths", "Patient.name[0].given"),
    ),
    (
        MEMBER,
        put("identifier", 0, "value", ""),
        ("primitive-format", "Patient.identifier[0].value"),
    ),
    (MEMBER, put("photo", [{"data": "abc"}]), ("primitive-format", "Patient.photo[0].data")),
    (
        MEMBER,
        put("text", {"status": "generated", "div": "<div>x</div>"}),
        ("txt-1", "Patient.text.div"),
    ),
    (
        MEMBER,
        put(
            "maritalStatus", concept("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "ZZ")
        ),
        ("code-unknown", "Patient.maritalStatus.coding[0]"),
    ),
    (OBSERVATION, put("dataAbsentReason", {"text": "x"}), ("obs-6", "Observation")),
    (
        OBSERVATION,
        put("valueQuantity", {"value": 1, "code": "mg"}),
        ("qty-3", "Observation.value.ofType(Quantity)"),
    ),
    (
        OBSERVATION,
        put("referenceRange", [{"appliesTo": [{"text": "x"}]}]),
        ("obs-3", "Observation.referenceRange[0]"),
    ),
    (
        OBSERVATION,
        put("contained", [{"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}}]),
        ("dom-4", "Observation"),
    ),
]


@pytest.mark.parametrize(
    ("resource", "change", "expected"), BROKEN, ids=[f"{r}-{p}" for _, _, (r, p) in BROKEN]
)
def test_a_broken_rule_is_found_at_its_place(
    validator: Validator, resource: dict[str, Any], change: Change, expected: tuple[str, str]
) -> None:
    if expected[0] == "choice-several":
        first = change

        def change(value: dict[str, Any]) -> None:
            first(value)
            value["deceasedDateTime"] = "2025"

    if expected[0] == "choice-type":
        first_one = change

        def change(value: dict[str, Any]) -> None:
            first_one(value)
            del value["item"][0]["servicedDate"]

    assert expected in judged(validator, resource, change)


KEPT: list[tuple[dict[str, Any], Change]] = [
    (CLAIM, put("patient", {"reference": "https://payer.example/fhir/Patient/1"})),
    (CLAIM, put("patient", {"reference": "urn:uuid:7c0c1e2a-93a6-4e4c-bd4b-9d3b8f1c2a11"})),
    (CLAIM, put("patient", {"identifier": {"value": "1"}})),
    (CLAIM, put("billablePeriod", {"start": "2025-11", "end": "2025-11-30"})),
    (
        CLAIM,
        put(
            "billablePeriod", {"start": "2025-11-01T10:00:00+02:00", "end": "2025-11-01T09:00:00Z"}
        ),
    ),
    (CLAIM, put("extension", [{"url": "http://example.org/x", "valueString": "y"}])),
    (
        CLAIM,
        put(
            "payee",
            {"type": concept("http://terminology.hl7.org/CodeSystem/payeetype", "provider")},
        ),
    ),
    (CLAIM, lambda v: v["supportingInfo"].append(info(9, "clmrecvddate", timingDate="2025"))),
    (CLAIM, lambda v: v["adjudication"].append(amount("benefit", 3))),
    (
        CLAIM,
        put("meta", "profile", [f"{C4BB}/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy"]),
    ),
    (
        MEMBER,
        lambda v: v.update(
            _birthDate={
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                        "valueDateTime": "1974-12-25T14:35:45-05:00",
                    }
                ]
            }
        ),
    ),
    (MEMBER, lambda v: v["name"][0].update(_given=[{"id": "a"}])),
    (
        MEMBER,
        lambda v: v.update(
            name=[
                {
                    "extension": [
                        {
                            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                            "valueCode": "masked",
                        }
                    ]
                }
            ]
        ),
    ),
    (MEMBER, lambda v: v["name"][0].update(family="O\u00a0Neil \u2014 née")),
    (OBSERVATION, put("valueQuantity", {"value": 1, **UNIT})),
    (OBSERVATION, put("contained", [{"resourceType": "Device", "id": "d"}])),
]
KEPT[-1] = (
    OBSERVATION,
    lambda v: v.update(
        contained=[{"resourceType": "Device", "id": "d"}], device={"reference": "#d"}
    ),
)


@pytest.mark.parametrize(("resource", "change"), KEPT)
def test_what_is_lawful_is_no_error(
    validator: Validator, resource: dict[str, Any], change: Change
) -> None:
    assert judged(validator, resource, change) == set()


def npi(check: str, value: str) -> tuple[str, dict[str, Any]]:
    return check, {
        "resourceType": "Practitioner",
        "meta": {
            "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-practitioner"]
        },
        "name": [{"family": "Roe"}],
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": value}],
    }


@pytest.mark.parametrize(
    ("check", "resource"),
    [npi("", "1234567893"), npi("us-core-17", "1234567890"), npi("us-core-16", "12345")],
)
def test_the_check_digit_of_an_npi(
    validator: Validator, check: str, resource: dict[str, Any]
) -> None:
    rules = {f.rule for f in validator.judge(resource).errors}
    assert (check in rules) if check else not rules


def test_what_cannot_be_judged_is_said(validator: Validator) -> None:
    result = validator.judge(CLAIM)
    assert result.verdict == "valid as far as judged"
    assert any("NCPDP" in reason for _, _, reason in result.unjudged)
    race = validator.judge(MEMBER).unjudged
    assert any("omb-race-category" in reason or "cts.nlm" in reason for _, _, reason in race)


def test_an_unknown_profile_is_said_and_the_rest_judged(validator: Validator) -> None:
    value = copy.deepcopy(MEMBER)
    value["meta"]["profile"] = ["http://example.org/StructureDefinition/p|1"]
    value["gender"] = "none"
    result = validator.judge(value)
    assert {f.rule for f in result.findings} >= {"profile-unknown", "binding-required"}
    assert any("example.org" in reason for _, _, reason in result.unjudged)


def test_a_profile_version_that_is_not_at_hand_names_those_that_are(validator: Validator) -> None:
    value = copy.deepcopy(CLAIM)
    value["meta"]["profile"][0] = value["meta"]["profile"][0].replace("2.1.0", "9.9.9")
    finding = next(f for f in validator.judge(value).findings if f.rule == "profile-unknown")
    assert "2.1.0" in finding.message


def test_a_known_defect_of_a_guide_is_named_when_it_matters(validator: Validator) -> None:
    value = copy.deepcopy(CLAIM)
    value["careTeam"] = [
        {
            "sequence": 1,
            "provider": {"reference": "Practitioner/1"},
            "role": concept("http://terminology.hl7.org/CodeSystem/claimcareteamrole", "primary"),
        }
    ]
    result = validator.judge(value)
    assert result.errors == []
    assert "carin-bb-2.1.0-pharmacy-care-team" in result.errata


def test_a_reference_by_identifier_counts_by_its_declared_type(validator: Validator) -> None:
    value = copy.deepcopy(CLAIM)
    value["meta"]["profile"] = [
        f"{C4BB}/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy|2.2.0"
    ]
    role = concept("http://terminology.hl7.org/CodeSystem/claimcareteamrole", "primary")
    rule = "EOB-pharm-careTeam-practitioner"
    for provider, broken in (
        ({"type": "Practitioner", "identifier": {"value": "1"}}, False),
        ({"type": "Organization", "identifier": {"value": "1"}}, True),
        ({"reference": "Organization/1"}, True),
        ({"identifier": {"value": "1"}}, False),
    ):
        value["careTeam"] = [{"sequence": 1, "provider": provider, "role": role}]
        result = validator.judge(value)
        assert (rule in {f.rule for f in result.errors}) is broken
    assert any(reason.startswith(rule) for _, _, reason in result.unjudged)
