"""Pharmacy claims (C4BB 2.1.0).

No careTeam: the published 2.1.0 invariant EOB-pharm-careTeam-practitioner demands an Organization
as prescriber (corrected in 2.2.0), so an honest prescriber would not validate; the prescription
itself is referred to where the plan holds it.
"""

from __future__ import annotations

from payerproof.sandbox.data.adjudication import amounts, coded
from payerproof.sandbox.data.coding import CARIN, NDC, THO, Json, concept, money
from payerproof.sandbox.data.facts import ClaimFacts
from payerproof.sandbox.data.maker import Maker

_INFO = CARIN + "C4BBSupportingInfoType"


def pharmacy(maker: Maker, claim: ClaimFacts) -> Json:
    """Make the elements that only a pharmacy claim has."""
    made: Json = {
        "supportingInfo": [
            _number("dayssupply", claim.days_supply),
            _coded("dawcode", "NCPDPDispensedAsWrittenOrProductSelectionCode", "0"),
            _number("refillnum", claim.refill),
            _number("refillsauthorized", claim.refills),
            _coded("brandgenericindicator", "NCPDPBrandGenericIndicator", "2"),
            _coded("rxorigincode", "NCPDPPrescriptionOriginCode", "3"),
            _coded("compoundcode", "NCPDPCompoundCode", "2" if claim.ingredients else "1"),
        ],
        "item": [
            {
                "sequence": sequence,
                **_product(maker, claim),
                "servicedDate": claim.serviced.isoformat(),
                "quantity": {"value": claim.quantity},
                "net": money(line.submitted),
                "adjudication": amounts(claim, line),
            }
            for sequence, line in enumerate(claim.lines, start=1)
        ],
        "adjudication": [
            coded("benefitpaymentstatus", "innetwork"),
            coded("billingnetworkstatus", "innetwork"),
        ],
    }
    if claim.drug in _prescribed(maker, claim.member):
        prescription = maker.ref("MedicationRequest", f"{claim.member}/rx/{claim.drug}")
        made["prescription"] = prescription
    return made


def _product(maker: Maker, claim: ClaimFacts) -> Json:
    """Make what was handed out: a drug, or a compound with its ingredients."""
    if not claim.ingredients:
        return {"productOrService": _drug(maker, claim.drug)}
    literal = CARIN + "C4BBCompoundLiteral"
    return {
        "productOrService": concept(literal, "compound", "Mixed by the pharmacy"),
        "detail": [
            {"sequence": sequence, "productOrService": _drug(maker, key)}
            for sequence, key in enumerate(claim.ingredients, start=1)
        ],
    }


def _drug(maker: Maker, key: str) -> Json:
    drug = next(row for row in maker.facts.network["drugs"] if row["key"] == key)
    return concept(NDC, drug["ndc"], drug["text"])


def _prescribed(maker: Maker, member: str) -> tuple[str, ...]:
    chart = maker.facts.charts[member]
    return (chart["drug"], chart.get("sensitive_drug", ""))


def _number(category: str, value: int) -> Json:
    return {"category": concept(_INFO, category), "valueQuantity": {"value": value}}


def _coded(category: str, system: str, code: str) -> Json:
    return {"category": concept(_INFO, category), "code": concept(THO + system, code)}
