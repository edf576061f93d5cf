"""What an ExplanationOfBenefit says: its numbers, kind, days of service, amounts and reasons.

Read tolerantly from raw JSON: what is malformed counts as absent. Codes and elements are those of
CARIN Blue Button 1.1.0 to 2.2.0 (code systems C4BBAdjudication, C4BBAdjudicationDiscriminator,
C4BBInstitutionalClaimSubType and HL7's claim-type and adjudication).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from typing import Any

CLAIMS = "ExplanationOfBenefit"

Claim = Mapping[str, Any]
Days = tuple[date, date]
"""First and last day, both included."""

PLAN_PAID = frozenset({"benefit", "paidtoprovider", "paidtopatient", "payment"})
"""Categories of what the plan paid; ``payment`` stands for payment.amount."""

MEMBER_SHARE = frozenset(
    {
        "memberliability",
        "copay",
        "coinsurance",
        "deductible",
        "paidbypatient",
        "paidbypatientcash",
        "paidbypatientother",
        "paidbypatienthealthaccount",
    }
)
"""Categories of what falls to the member."""

_REASONS = frozenset({"denialreason", "rejectreason", "adjustmentreason"})
_PROFILES = {
    "inpatient": "Inpatient",
    "outpatient": "Outpatient",
    "pharmacy": "Pharmacy",
    "oral": "Oral",
    "professional": "Professional",
}
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a list, or the object itself; nothing for anything else."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            yield item


def codings(concept: object) -> tuple[Mapping[str, Any], ...]:
    """Codings of a CodeableConcept, or of several."""
    return tuple(c for one in mappings(concept) for c in mappings(one.get("coding")))


def codes(concept: object) -> frozenset[str]:
    """Codes of a CodeableConcept, or of several."""
    return frozenset(str(c["code"]) for c in codings(concept) if c.get("code"))


def numbers(claim: Claim) -> frozenset[str]:
    """Everything by which a payer file may name the claim: identifier values and logical id."""
    values = (str(i["value"]) for i in mappings(claim.get("identifier")) if i.get("value"))
    return frozenset(values) | ({str(claim["id"])} if claim.get("id") else frozenset())


def by_number(claims: Iterable[Claim], wanted: Iterable[str]) -> dict[str, list[Claim]]:
    """The claims that go by each of these numbers, looked through once."""
    found: dict[str, list[Claim]] = {number: [] for number in wanted}
    for claim in claims:
        for number in numbers(claim) & found.keys():
            found[number].append(claim)
    return found


def kind_of(claim: Claim) -> str:
    """``inpatient``, ``outpatient``, ``professional``, ``pharmacy``, ``oral``, ``vision`` or ""."""
    kinds = codes(claim.get("type"))
    if "institutional" in kinds:
        found = codes(claim.get("subType")) & {"inpatient", "outpatient"}
        return next(iter(found), "")
    return next((k for k in ("professional", "pharmacy", "oral", "vision") if k in kinds), "")


def profiles(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Canonical addresses in meta.profile, without versions."""
    meta = resource.get("meta")
    listed = meta.get("profile") if isinstance(meta, Mapping) else None
    return tuple(
        str(address).partition("|")[0] for address in listed or [] if isinstance(address, str)
    )


def names_its_profile(claim: Claim) -> bool:
    """True where meta.profile names the CARIN Blue Button profile of the claim's own kind."""
    word = _PROFILES.get(kind_of(claim), "")
    return any(
        "/C4BB-ExplanationOfBenefit-" in address and word in address.rpartition("/")[2]
        for address in profiles(claim)
    )


def day_range(value: object, zone: tzinfo) -> Days | None:
    """The days that a FHIR date or dateTime covers in a time zone; None where it is neither."""
    if not isinstance(value, str):
        return None
    if found := _DAY.match(value):
        year, month, day = (int(part) if part else 0 for part in found.groups())
        try:
            first = date(year, month or 1, day or 1)
            last_month = month or 12
            return first, date(year, last_month, day or calendar.monthrange(year, last_month)[1])
        except ValueError:
            return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    local = (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
    return local, local


def service_days(claim: Claim, zone: tzinfo) -> tuple[Days, ...]:
    """Days of service in the plan's time zone: billablePeriod, then each line's serviced[x].

    These are the elements behind the search parameter service-date.
    """
    found = [_period(claim.get("billablePeriod"), zone)]
    for item in mappings(claim.get("item")):
        found.append(day_range(item.get("servicedDate"), zone))
        found.append(_period(item.get("servicedPeriod"), zone))
    return tuple(days for days in found if days)


def serviced_on(claims: Iterable[Claim], day: date, zone: tzinfo) -> tuple[Claim, ...]:
    """The claims with a service that lies within one day."""
    return tuple(c for c in claims if (day, day) in service_days(c, zone))


def amounts(claim: Claim, categories: Iterable[str]) -> tuple[float, ...]:
    """Every amount of these categories: in total, header and line adjudication, and payment."""
    wanted = frozenset(categories)
    lines = [a for i in mappings(claim.get("item")) for a in mappings(i.get("adjudication"))]
    places = [*mappings(claim.get("total")), *mappings(claim.get("adjudication")), *lines]
    found = [_value(p.get("amount")) for p in places if codes(p.get("category")) & wanted]
    if "payment" in wanted:
        found += [_value(payment.get("amount")) for payment in mappings(claim.get("payment"))]
    return tuple(amount for amount in found if amount is not None)


def denial_reasons(claim: Claim) -> frozenset[str]:
    """Codes that say why the claim or a line was denied, rejected or cut."""
    lines = [a for i in mappings(claim.get("item")) for a in mappings(i.get("adjudication"))]
    return frozenset(
        code
        for part in [*mappings(claim.get("adjudication")), *lines]
        if codes(part.get("category")) & _REASONS
        for code in codes(part.get("reason"))
    )


def is_settled(claim: Claim) -> bool:
    """True where the claim stands and was not denied: amounts are to be expected of it."""
    denied = "denied" in codes([p.get("type") for p in mappings(claim.get("payment"))])
    return claim.get("status") == "active" and claim.get("use") == "claim" and not denied


def _period(value: object, zone: tzinfo) -> Days | None:
    if not isinstance(value, Mapping):
        return None
    start = day_range(value.get("start"), zone)
    end = day_range(value.get("end"), zone)
    first, last = start or end, end or start
    return (first[0], last[1]) if first and last else None


def _value(money: object) -> float | None:
    value = money.get("value") if isinstance(money, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
