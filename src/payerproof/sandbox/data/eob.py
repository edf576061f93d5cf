"""Claims as C4BB ExplanationOfBenefit 2.1.0: what the five kinds share, and professional, oral."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.sandbox.data.adjudication import amounts, coded, payment, totals
from payerproof.sandbox.data.coding import (
    CARIN,
    HCPCS,
    ICD10,
    NUCC,
    PLACE_OF_SERVICE,
    THO,
    Json,
    carin,
    coding,
    concept,
    money,
)
from payerproof.sandbox.data.facts import ClaimFacts, Line
from payerproof.sandbox.data.institutional import inpatient, outpatient
from payerproof.sandbox.data.maker import Maker, days_after, instant
from payerproof.sandbox.data.pharmacy import pharmacy

CLAIM_NUMBERS = "https://payer.sandbox.example/claim-number"
_INFO = CARIN + "C4BBSupportingInfoType"
_PROFILES = {
    "inpatient": "Inpatient-Institutional",
    "outpatient": "Outpatient-Institutional",
    "professional": "Professional-NonClinician",
    "pharmacy": "Pharmacy",
    "oral": "Oral",
}
_TYPES = {"inpatient": "institutional", "outpatient": "institutional"}


def build_claim(maker: Maker, claim: ClaimFacts, prefix: str) -> Json:
    """Make one ExplanationOfBenefit; `prefix` begins the member's claim numbers.

    Raises `KeyError` on an unknown kind, provider, practitioner, diagnosis or drug.
    """
    elements = _common(maker, claim, prefix)
    information = elements["supportingInfo"]
    elements |= _KINDS[claim.kind](maker, claim)
    elements["supportingInfo"] = [*information, *elements["supportingInfo"]]
    _number(elements["supportingInfo"])
    elements["total"] = totals(claim)
    if claim.appealed:
        note = f"An appeal of this decision was received on {claim.appealed} and is open."
        elements["processNote"] = [{"number": 1, "type": "display", "text": note}]
        elements["item"][0]["noteNumber"] = [1]
    return maker.add(
        "ExplanationOfBenefit",
        claim.key,
        [carin(f"C4BB-ExplanationOfBenefit-{_PROFILES[claim.kind]}")],
        _updated(claim),
        elements,
        sensitivity=claim.sensitivity,
    )


def claim_number(prefix: str, n: int) -> Json:
    """Make the identifier of a claim, of type ``uc`` (unique claim id)."""
    return {
        "type": concept(CARIN + "C4BBIdentifierType", "uc"),
        "system": CLAIM_NUMBERS,
        "value": f"{prefix}{n:05d}",
    }


def _common(maker: Maker, claim: ClaimFacts, prefix: str) -> Json:
    kind = _TYPES.get(claim.kind, claim.kind)
    billed = claim.billed or claim.serviced
    number = claim_number(prefix, claim.n)
    received = days_after(claim.billed or claim.last_day, 3)
    elements: Json = {
        "identifier": [number],
        "status": "cancelled" if claim.replaced_by or claim.reverses else "active",
        "type": concept(THO + "claim-type", kind),
        "use": "claim",
        "patient": maker.ref("Patient", claim.member),
        "billablePeriod": {
            "start": billed.isoformat(),
            "end": (claim.billed or claim.last_day).isoformat(),
        },
        "created": days_after(received, 4).isoformat(),
        "insurer": maker.ref("Organization", "payer"),
        "provider": maker.ref("Organization", claim.provider or "pharmacy"),
        "related": _related(claim, prefix),
        "payee": {
            "type": {"coding": [{**coding(THO + "payeetype", "provider"), "display": "Provider"}]},
            "party": maker.ref("Organization", claim.provider or "pharmacy"),
        },
        "outcome": "complete",
        "supportingInfo": [
            {"category": concept(_INFO, "clmrecvddate"), "timingDate": str(received)}
        ],
        "insurance": [
            {"focal": True, "coverage": maker.ref("Coverage", f"{claim.member}/coverage")}
        ],
        "payment": payment(claim, days_after(received, 6)),
    }
    if claim.kind != "pharmacy":
        account = f"PAC-{number['value']}"
        elements["supportingInfo"].append(
            {"category": concept(_INFO, "patientaccountnumber"), "valueString": account}
        )
    return elements


def _updated(claim: ClaimFacts) -> str:
    if claim.appealed:
        return instant(days_after(claim.appealed, 1), 15, claim.n * 17)
    wait = 40 if claim.replaced_by else 9
    return instant(days_after(claim.billed or claim.last_day, wait), 14, claim.n * 17)


def _related(claim: ClaimFacts, prefix: str) -> list[Json]:
    prior = claim.reverses or claim.replaces
    found = []
    if prior:
        found.append((THO + "ex-relatedclaimrelationship", "prior", prior))
    if claim.replaced_by:
        system = CARIN + "C4BBRelatedClaimRelationshipCodes"
        found.append((system, "replacedby", claim.replaced_by))
    return [
        {"relationship": concept(system, code), "reference": claim_number(prefix, n)}
        for system, code, n in found
    ]


def _number(information: list[Json]) -> None:
    for sequence, entry in enumerate(information, start=1):
        entry["sequence"] = sequence


def _diagnoses(maker: Maker, claim: ClaimFacts) -> list[Json]:
    made = []
    for sequence, key in enumerate(claim.diagnoses, start=1):
        problem = maker.facts.problems[key]
        kind = (
            concept(THO + "ex-diagnosistype", "principal")
            if sequence == 1
            else concept(CARIN + "C4BBClaimDiagnosisType", "secondary")
        )
        code = concept(ICD10, problem["icd10"], problem["text"])
        made.append({"sequence": sequence, "diagnosisCodeableConcept": code, "type": [kind]})
    return made


def _rendering(maker: Maker, claim: ClaimFacts) -> list[Json]:
    practitioner: Mapping[str, Any] = next(
        row for row in maker.facts.network["practitioners"] if row["key"] == claim.practitioner
    )
    return [
        {
            "sequence": 1,
            "provider": maker.ref("Practitioner", claim.practitioner),
            "role": concept(CARIN + "C4BBClaimCareTeamRole", "rendering"),
            "qualification": concept(NUCC, practitioner["taxonomy"], practitioner["specialty"]),
        }
    ]


def _line(claim: ClaimFacts, sequence: int, line: Line, system: str) -> Json:
    return {
        "sequence": sequence,
        "careTeamSequence": [1],
        "productOrService": concept(system, line.code),
        "servicedDate": claim.serviced.isoformat(),
        "locationCodeableConcept": concept(PLACE_OF_SERVICE, "11"),
        "quantity": {"value": 1},
        "net": money(line.submitted),
        "adjudication": [coded("benefitpaymentstatus", "innetwork"), *amounts(claim, line)],
    }


def _facility(maker: Maker, claim: ClaimFacts) -> Json:
    place = maker.ref("Organization", claim.provider)
    return {"category": concept(_INFO, "servicefacility"), "valueReference": place}


def _with_information(maker: Maker, claim: ClaimFacts) -> list[Json]:
    return [
        _facility(maker, claim),
        {
            "category": concept(_INFO, "medicalrecordnumber"),
            "valueString": f"MRN-{claim.member.upper()}-{claim.serviced:%y%j}",
        },
    ]


def _professional(maker: Maker, claim: ClaimFacts) -> Json:
    lines = enumerate(claim.lines, start=1)
    return {
        "careTeam": _rendering(maker, claim),
        "supportingInfo": _with_information(maker, claim),
        "diagnosis": _diagnoses(maker, claim),
        "item": [
            {**_line(claim, sequence, line, HCPCS), "diagnosisSequence": [1]}
            for sequence, line in lines
        ],
        "adjudication": [
            coded("billingnetworkstatus", "innetwork"),
            coded("renderingnetworkstatus", "innetwork"),
        ],
    }


def _oral(maker: Maker, claim: ClaimFacts) -> Json:
    items = []
    for sequence, line in enumerate(claim.lines, start=1):
        item = _line(claim, sequence, line, "http://www.ada.org/cdt")
        if claim.tooth:
            item["bodySite"] = concept(THO + "ADAUniversalToothDesignationSystem", claim.tooth)
            item["subSite"] = [concept(THO + "ADAToothSurfaceCodes", claim.surface)]
        items.append(item)
    return {
        "careTeam": _rendering(maker, claim),
        "supportingInfo": [_facility(maker, claim)],
        "item": items,
        "adjudication": [
            coded("billingnetworkstatus", "innetwork"),
            coded("renderingnetworkstatus", "innetwork"),
            coded("benefitpaymentstatus", "innetwork"),
        ],
    }


_KINDS = {
    "inpatient": inpatient,
    "outpatient": outpatient,
    "professional": _professional,
    "pharmacy": pharmacy,
    "oral": _oral,
}
