"""The money of a claim: amounts of a line, of a header, totals and payment, all adding up.

For every line and for the totals: submitted = eligible + discount + noncovered, eligible =
deductible + copay + coinsurance + paidtoprovider, memberliability = deductible + copay +
coinsurance. Zero amounts are left out, except those that tell what the plan decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from payerproof.sandbox.data.coding import CARC, CARIN, THO, Json, concept, money
from payerproof.sandbox.data.facts import ClaimFacts, Line

_HL7 = THO + "adjudication"
_OWN = CARIN + "C4BBAdjudication"
_ALWAYS = frozenset({"submitted", "benefit", "memberliability", "paidtoprovider"})


def coded(category: str, reason: str) -> Json:
    """Make an adjudication that carries a status: ``innetwork``, ``outofnetwork`` or ``other``."""
    return {
        "category": concept(CARIN + "C4BBAdjudicationDiscriminator", category),
        "reason": concept(CARIN + "C4BBPayerAdjudicationStatus", reason),
    }


def amounts(claim: ClaimFacts, *lines: Line) -> list[Json]:
    """Make the amount adjudications of lines together, and the reason where they were denied."""
    made = [
        {"category": concept(system, code), "amount": money(amount)}
        for system, code, amount in _figures(claim, lines)
    ]
    if claim.reason:
        made.append(
            {
                "category": concept(CARIN + "C4BBAdjudicationDiscriminator", "adjustmentreason"),
                "reason": concept(CARC, claim.reason),
            }
        )
    return made


def totals(claim: ClaimFacts) -> list[Json]:
    """Make the totals of a claim: the sums over its lines, category by category."""
    return [
        {"category": concept(system, code), "amount": money(amount)}
        for system, code, amount in _figures(claim, claim.lines)
    ]


def payment(claim: ClaimFacts, day: date) -> Json:
    """Make the payment; a denied claim has none but its status."""
    status = CARIN + "C4BBPayerAdjudicationStatus"
    if claim.decision == "denied":
        return {"type": concept(status, "denied")}
    paid = sum((line.paid for line in claim.lines), Decimal())
    return {"type": concept(status, "paid"), "date": day.isoformat(), "amount": money(paid)}


def _figures(claim: ClaimFacts, lines: Sequence[Line]) -> list[tuple[str, str, Decimal]]:
    submitted = _sum(line.submitted for line in lines)
    allowed = _sum(line.allowed for line in lines)
    paid = _sum(line.paid for line in lines)
    denied = claim.decision == "denied"
    figures = [
        (_HL7, "submitted", submitted),
        (_HL7, "eligible", allowed),
        (_OWN, "discount", Decimal() if denied else submitted - allowed),
        (_OWN, "noncovered", submitted - allowed if denied else Decimal()),
        (_HL7, "deductible", _sum(line.deductible for line in lines)),
        (_HL7, "copay", _sum(line.copay for line in lines)),
        (_OWN, "coinsurance", _sum(line.coinsurance for line in lines)),
        (_OWN, "memberliability", _sum(line.member_owes for line in lines)),
        (_HL7, "benefit", paid),
        (_OWN, "paidtoprovider", paid),
    ]
    return [figure for figure in figures if figure[2] or figure[1] in _ALWAYS]


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal())
