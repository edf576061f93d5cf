"""A member and a claim written by hand for tests that must run from the committed facts alone."""

from __future__ import annotations

from typing import Any

C4BB = "http://hl7.org/fhir/us/carin-bb"
PROFILE = f"{C4BB}/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy|2.1.0"


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def info(sequence: int, kind: str, **more: Any) -> dict[str, Any]:
    category = concept(f"{C4BB}/CodeSystem/C4BBSupportingInfoType", kind)
    return {"sequence": sequence, "category": category, **more}


def amount(code: str, value: float) -> dict[str, Any]:
    return {
        "category": concept("http://terminology.hl7.org/CodeSystem/adjudication", code),
        "amount": {"value": value, "currency": "USD"},
    }


def status(discriminator: str) -> dict[str, Any]:
    return {
        "category": concept(f"{C4BB}/CodeSystem/C4BBAdjudicationDiscriminator", discriminator),
        "reason": concept(f"{C4BB}/CodeSystem/C4BBPayerAdjudicationStatus", "innetwork"),
    }


MEMBER: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ada",
    "meta": {
        "lastUpdated": "2026-01-05T10:00:00Z",
        "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|6.1.0"],
    },
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": [
                {
                    "url": "ombCategory",
                    "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"},
                },
                {"url": "text", "valueString": "White"},
            ],
        }
    ],
    "identifier": [{"system": "https://payer.example/members", "value": "M-1"}],
    "name": [{"family": "Lopez", "given": ["Ada"]}],
    "gender": "female",
    "birthDate": "1974-12-25",
}

CLAIM: dict[str, Any] = {
    "resourceType": "ExplanationOfBenefit",
    "id": "claim-1",
    "meta": {"lastUpdated": "2026-01-05T10:00:00Z", "profile": [PROFILE]},
    "identifier": [
        {
            "type": concept(f"{C4BB}/CodeSystem/C4BBIdentifierType", "uc"),
            "system": "https://payer.example/claims",
            "value": "1",
        }
    ],
    "status": "active",
    "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy"),
    "use": "claim",
    "patient": {"reference": "Patient/ada"},
    "billablePeriod": {"start": "2025-11-01", "end": "2025-11-01"},
    "created": "2025-11-02T00:00:00Z",
    "insurer": {"reference": "Organization/payer"},
    "provider": {"reference": "Organization/pharmacy"},
    "outcome": "complete",
    "supportingInfo": [
        info(1, "dayssupply", valueQuantity={"value": 30}),
        info(
            2,
            "dawcode",
            code=concept(
                "http://terminology.hl7.org/CodeSystem/"
                "NCPDPDispensedAsWrittenOrProductSelectionCode",
                "0",
            ),
        ),
        info(3, "refillnum", valueQuantity={"value": 0}),
        info(4, "refillsauthorized", valueQuantity={"value": 2}),
    ],
    "insurance": [{"focal": True, "coverage": {"reference": "Coverage/ada"}}],
    "item": [
        {
            "sequence": 1,
            "productOrService": concept("http://hl7.org/fhir/sid/ndc", "0777-3105-02"),
            "servicedDate": "2025-11-01",
            "adjudication": [amount("submitted", 42.5)],
        }
    ],
    "adjudication": [status("benefitpaymentstatus")],
    "total": [amount("submitted", 42.5)],
}
