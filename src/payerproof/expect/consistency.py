"""Where claims contradict themselves or each other: sums, meanings, dates, versions.

After field quirks Q-DATA-07, Q-DATA-10, Q-DATA-17 and Q-DATA-19. Only what leaves no doubt counts:
an amount that is also adjudicated at the header is not compared with the lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, tzinfo
from typing import Any

from payerproof.expect.claims import Claim, codes, codings, day_range, mappings, service_days

MEANINGS: tuple[frozenset[str], ...] = (
    frozenset({"submitted"}),
    frozenset({"eligible", "allowed"}),
    frozenset({"benefit", "paidtoprovider", "paidtopatient", "payment"}),
    frozenset({"copay"}),
    frozenset({"deductible"}),
    frozenset({"coinsurance"}),
    frozenset({"discount"}),
    frozenset({"noncovered"}),
    frozenset({"priorpayerpaid"}),
)
"""Categories of amounts of CARIN Blue Button and HL7; those in one set may stand for one amount."""

_PAID = MEANINGS[2]
_ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
_UNDOTTED = re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]{1,4}")
_CENT = 0.011


def unequal_sums(claim: Claim) -> frozenset[str]:
    """Categories whose total is not the sum of the lines that are adjudicated by it."""
    lines = [
        row
        for item in mappings(claim.get("item"))
        for row in mappings(item.get("adjudication"))
        if _value(row) is not None
    ]
    header = codes([row.get("category") for row in mappings(claim.get("adjudication"))])
    found = set()
    for total in mappings(claim.get("total")):
        parts = [
            _value(row) or 0.0
            for row in lines
            if codes(row.get("category")) & codes(total.get("category"))
        ]
        told = _value(total)
        named = codes(total.get("category"))
        if parts and told is not None and not named & header:
            off = abs(sum(parts) - told) > _CENT * len(parts)
            found |= {sorted(named)[0]} if off else set()
    return frozenset(found)


def double_meanings(claim: Claim) -> frozenset[str]:
    """Categories that contradict each other on one amount, as ``benefit and submitted``."""
    rows = [
        *mappings(claim.get("total")),
        *mappings(claim.get("adjudication")),
        *(
            row
            for item in mappings(claim.get("item"))
            for row in mappings(item.get("adjudication"))
        ),
    ]
    found = set()
    for row in rows:
        named = codes(row.get("category"))
        kinds = [one for one in MEANINGS if one & named]
        if len(kinds) > 1:
            found.add(" and ".join(sorted(c for one in kinds for c in one & named)))
    return frozenset(found)


def impossible_dates(claim: Claim, zone: tzinfo, today: date) -> Iterator[str]:
    """What cannot be about the days of a claim; a day is the most that is compared."""
    days = service_days(claim, zone)
    created = day_range(claim.get("created"), zone)
    if claim.get("use") == "claim" and days and created and created[1] < min(d[0] for d in days):
        yield "created before the service"
    if any(first > today for first, _ in days) and claim.get("use") == "claim":
        yield "a service in the future"
    if any(first > last for first, last in days):
        yield "a period that ends before it begins"
    meta = claim.get("meta")
    updated = day_range(meta.get("lastUpdated"), zone) if isinstance(meta, Mapping) else None
    if created and updated and created[0] > updated[1]:
        yield "created after it was last updated"


def repeated(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Numbers that more than one active claim goes by, none of them linked to the other."""
    seen = Counter(
        f"{identifier.get('system', '')}|{identifier['value']}"
        for claim in claims
        if claim.get("status") == "active" and not claim.get("related")
        for identifier in mappings(claim.get("identifier"))
        if identifier.get("value") and "uc" in codes(identifier.get("type"))
    )
    return tuple(number for number, times in seen.items() if times > 1)


def takes_back(claim: Claim) -> bool:
    """True for a reversal that stands active and unlinked: its submitted total is below zero."""
    totals = [
        _value(row) or 0.0
        for row in mappings(claim.get("total"))
        if "submitted" in codes(row.get("category"))
    ]
    active = claim.get("status") == "active" and not claim.get("related")
    return active and any(one < 0 for one in totals)


def paid_in_adjudication(claim: Claim) -> bool:
    """True where lines or header are adjudicated by what the plan paid."""
    lines = [a for item in mappings(claim.get("item")) for a in mappings(item.get("adjudication"))]
    return any(
        codes(row.get("category")) & _PAID and _value(row) is not None
        for row in (*lines, *mappings(claim.get("adjudication")))
    )


def paid_as_a_whole(claim: Claim) -> bool:
    """True where payment.amount or a total says what the plan paid."""
    return any(_value(one) is not None for one in mappings(claim.get("payment"))) or any(
        codes(one.get("category")) & _PAID and _value(one) is not None
        for one in mappings(claim.get("total"))
    )


def undotted(resource: Mapping[str, Any]) -> int:
    """How many ICD-10-CM codes lack the dot that the code system writes after three places."""
    concepts = [one.get("diagnosisCodeableConcept") for one in mappings(resource.get("diagnosis"))]
    found = [*codings(concepts), *codings(resource.get("code"))]
    return sum(
        1
        for coding in found
        if coding.get("system") == _ICD_10_CM
        and _UNDOTTED.fullmatch(str(coding.get("code") or "").upper())
    )


def _value(row: Mapping[str, Any]) -> float | None:
    amount = row.get("amount")
    value = amount.get("value") if isinstance(amount, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
