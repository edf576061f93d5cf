"""Requests for a member match, right in every particular unless told otherwise."""

from __future__ import annotations

from typing import Any

from clinic import Clinic

NUMBERS = "https://payer.sandbox.example/member-number"
PAYER_IDS = "https://payer.sandbox.example/payer-id"
NPI = "http://hl7.org/fhir/sid/us-npi"
ROLE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
TO = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def patient_of(clinic: Clinic, user: str, **changed: Any) -> dict[str, Any]:
    person = clinic.tenant.world.people[user]
    made = {
        "resourceType": "Patient",
        "id": f"theirs-{user}",
        "name": [{"family": person.family, "given": [person.given]}],
        "gender": person.gender,
        "birthDate": person.birth_date.isoformat(),
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def coverage_of(clinic: Clinic, user: str, **changed: Any) -> dict[str, Any]:
    person = clinic.tenant.world.people[user]
    made = {
        "resourceType": "Coverage",
        "id": f"coverage-{user}",
        "status": "active",
        "identifier": [{"system": NUMBERS, "value": person.member_number}],
        "beneficiary": {"reference": f"Patient/theirs-{user}"},
        "payor": [{"display": "Sandbox Health Plan"}],
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def _consent(user: str, **changed: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Consent",
        "id": f"consent-{user}",
        "status": "active",
        "scope": _concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [_concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IDSCL")],
        "patient": {"reference": f"Patient/theirs-{user}"},
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def attestation(clinic: Clinic, user: str, **changed: Any) -> dict[str, Any]:
    own = {"identifier": {"system": NPI, "value": clinic.client.npi}}
    made = {
        "dateTime": "2026-11-01T08:00:00Z",
        "organization": [own],
        "performer": [own],
        "verification": [{"verified": True}],
        "provision": {"type": "permit", "period": {"start": "2026-01-01"}},
        **changed,
    }
    return _consent(user, **made)


def payer_consent(clinic: Clinic, user: str, **changed: Any) -> dict[str, Any]:
    client = clinic.client
    actors = [
        {
            "role": _concept(ROLE, "performer"),
            "reference": {"identifier": {"system": PAYER_IDS, "value": "SBX01"}},
        },
        {
            "role": _concept(TO, "IRCP"),
            "reference": {"identifier": {"system": NPI, "value": client.npi}},
        },
    ]
    period = {"start": "2026-01-01", "end": "2027-12-31"}
    policy = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html#regular"
    made = {
        "policy": [{"uri": policy}],
        "provision": {"type": "permit", "period": period, "actor": actors},
        **changed,
    }
    return _consent(user, **made)


def bundle(patient: Any, coverage: Any, consent: Any) -> list[dict[str, Any]]:
    named = {"MemberPatient": patient, "CoverageToMatch": coverage, "Consent": consent}
    return [{"name": name, "resource": one} for name, one in named.items() if one is not None]


def request_of(*bundles: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [{"name": "MemberBundle", "part": parts} for parts in bundles]
    return {"resourceType": "Parameters", "parameter": rows}


def for_clinic(clinic: Clinic, *users: str) -> dict[str, Any]:
    return request_of(
        *(
            bundle(patient_of(clinic, u), coverage_of(clinic, u), attestation(clinic, u))
            for u in users
        )
    )


def for_payer(clinic: Clinic, *users: str) -> dict[str, Any]:
    return request_of(
        *(
            bundle(patient_of(clinic, u), coverage_of(clinic, u), payer_consent(clinic, u))
            for u in users
        )
    )
