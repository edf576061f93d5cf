"""Inpatient and outpatient claims of institutions (C4BB 2.1.0).

The guide wants amounts at the header or at the lines, not both
(EOB-institutional-item-or-header-adjudication): inpatient claims carry them at the header,
outpatient claims at the lines.
"""

from __future__ import annotations

from payerproof.sandbox.data.adjudication import amounts, coded
from payerproof.sandbox.data.coding import (
    CARIN,
    HCPCS,
    ICD10,
    ICD10_PCS,
    MS_DRG,
    NUBC,
    POA,
    THO,
    Json,
    concept,
    money,
)
from payerproof.sandbox.data.facts import ClaimFacts, Line
from payerproof.sandbox.data.maker import Maker

_INFO = CARIN + "C4BBSupportingInfoType"


def inpatient(maker: Maker, claim: ClaimFacts) -> Json:
    """Make the elements that only an inpatient claim has."""
    period = {"start": claim.serviced.isoformat(), "end": claim.last_day.isoformat()}
    made: Json = {
        "subType": concept(CARIN + "C4BBInstitutionalClaimSubType", "inpatient"),
        "careTeam": _attending(maker, claim),
        "supportingInfo": [
            {"category": concept(_INFO, "admissionperiod"), "timingPeriod": period},
            _coded("drg", MS_DRG, claim.drg),
            *_stay(claim, bill="0111"),
        ],
        "diagnosis": _diagnoses(maker, claim, with_admission=True),
        "item": [_item(claim, sequence, line) for sequence, line in enumerate(claim.lines, 1)],
        "adjudication": [*_status(), *amounts(claim, *claim.lines)],
    }
    if claim.procedure:
        made["procedure"] = [
            {
                "sequence": 1,
                "type": [concept(CARIN + "C4BBClaimProcedureType", "principal")],
                "date": claim.serviced.isoformat(),
                "procedureCodeableConcept": concept(ICD10_PCS, claim.procedure),
            }
        ]
    return made


def outpatient(maker: Maker, claim: ClaimFacts) -> Json:
    """Make the elements that only an outpatient claim has."""
    items = []
    for sequence, line in enumerate(claim.lines, start=1):
        item = _item(claim, sequence, line)
        items.append({**item, "adjudication": amounts(claim, line)})
    return {
        "subType": concept(CARIN + "C4BBInstitutionalClaimSubType", "outpatient"),
        "careTeam": _attending(maker, claim),
        "supportingInfo": _stay(claim, bill="0131"),
        "diagnosis": _diagnoses(maker, claim, with_admission=False),
        "item": items,
        "adjudication": _status(),
    }


def _status() -> list[Json]:
    return [coded("benefitpaymentstatus", "innetwork"), coded("billingnetworkstatus", "innetwork")]


def _coded(category: str, system: str, code: str) -> Json:
    return {"category": concept(_INFO, category), "code": concept(system, code)}


def _stay(claim: ClaimFacts, bill: str) -> list[Json]:
    record = f"MRN-{claim.member.upper()}-{claim.serviced:%y%j}"
    return [
        _coded("typeofbill", NUBC + "TypeOfBill", bill),
        _coded("pointoforigin", NUBC + "PointOfOrigin", "1"),
        _coded("admtype", NUBC + "PriorityTypeOfAdmitOrVisit", "3"),
        _coded("discharge-status", NUBC + "PatDischargeStatus", "01"),
        {"category": concept(_INFO, "medicalrecordnumber"), "valueString": record},
    ]


def _attending(maker: Maker, claim: ClaimFacts) -> list[Json]:
    return [
        {
            "sequence": 1,
            "provider": maker.ref("Practitioner", claim.practitioner),
            "role": concept(CARIN + "C4BBClaimCareTeamRole", "attending"),
        }
    ]


def _diagnoses(maker: Maker, claim: ClaimFacts, *, with_admission: bool) -> list[Json]:
    made = []
    for sequence, key in enumerate(claim.diagnoses, start=1):
        problem = maker.facts.problems[key]
        kind = (
            concept(THO + "ex-diagnosistype", "principal")
            if sequence == 1
            else concept(CARIN + "C4BBClaimDiagnosisType", "other")
        )
        code = concept(ICD10, problem["icd10"], problem["text"])
        row: Json = {"sequence": sequence, "diagnosisCodeableConcept": code, "type": [kind]}
        if with_admission:
            row["onAdmission"] = concept(POA, "Y")
        made.append(row)
    return made


def _item(claim: ClaimFacts, sequence: int, line: Line) -> Json:
    revenue, _, service = line.code.partition(":")
    product = (
        concept(HCPCS, service)
        if service
        else concept(THO + "data-absent-reason", "not-applicable")
    )
    return {
        "sequence": sequence,
        "careTeamSequence": [1],
        "revenue": concept(NUBC + "RevenueCodes", revenue),
        "productOrService": product,
        "servicedDate": claim.serviced.isoformat(),
        "quantity": {"value": 1},
        "net": money(line.submitted),
    }
