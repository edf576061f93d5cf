"""What of a record clinics and payers get: no money, nothing unlawful, not too old.

42 CFR 422.121(a)(1) leaves out provider remittances and enrollee cost-sharing; (b)(4) likewise,
and denied prior authorizations too. Amounts are found by their datatype wherever they stand, not
by a list of paths. Prior authorizations keep theirs: a requested amount is neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from payerproof.sandbox.data.coding import CARIN_PROFILE, CARIN_VERSION
from payerproof.sandbox.data.planted import DOCUMENT_KINDS
from payerproof.sandbox.data.world import Resource

FLOOR = date(2016, 1, 1)
"""First day of service that Provider Access must cover (42 CFR 422.119(h))."""

YEARS_EXCHANGED = 5
"""Years of service that a payer hands to the next (42 CFR 422.121(b)(4)(ii))."""

_REMITTANCE_TYPES = frozenset(
    {"Account", "ChargeItem", "ClaimResponse", "Invoice", "PaymentNotice", "PaymentReconciliation"}
)
_REMITTANCE = frozenset({"payment", "total", "benefitBalance", "costToBeneficiary"})
_WORDS = re.compile(r"\$\s?\d|\bUSD\s?\d|\d\s?(USD|dollars)\b", re.IGNORECASE)
_BARE = frozenset({"url", "category", "sequence", "number", "type", "id"})
_DATES = (
    "billablePeriod",
    "performedDateTime",
    "performedPeriod",
    "effectiveDateTime",
    "effectivePeriod",
    "occurrenceDateTime",
    "whenHandedOver",
)
_GONE = object()


def is_prior_authorization(resource: Resource) -> bool:
    """Whether a resource is a decision on a request, not on a claim."""
    return resource["resourceType"] == "ExplanationOfBenefit" and (
        resource.get("use") == "preauthorization"
    )


def is_denied(resource: Resource) -> bool:
    """Whether a prior authorization was denied, in every line of it."""
    lines = resource.get("item", ())
    return is_prior_authorization(resource) and bool(lines) and all(map(_is_denied_line, lines))


def _is_denied_line(item: Mapping[str, Any]) -> bool:
    return "denialreason" in str(item.get("adjudication", ""))


def without_denied_lines(resource: Resource) -> Resource:
    """Leave the denied lines out of an authorization that was approved in part."""
    if not is_prior_authorization(resource):
        return resource
    kept = [item for item in resource.get("item", ()) if not _is_denied_line(item)]
    return {**resource, "item": kept} if kept else resource


def is_remittance(resource: Resource) -> bool:
    """Whether a resource as a whole tells of payments."""
    if resource["resourceType"] in _REMITTANCE_TYPES:
        return True
    kinds = resource.get("type", {}).get("coding", ()) if "content" in resource else ()
    return any(
        (kind.get("system"), kind.get("code")) == (DOCUMENT_KINDS, "remittance-advice")
        for kind in kinds
    )


def without_money(resource: Resource) -> Resource:
    """Leave out every amount: by datatype, over elements, extensions, contained and words.

    A claim then conforms to the Basis profile of its kind (CARIN BB 2.1.0).
    """
    if is_prior_authorization(resource):
        return resource
    kept: Resource = {}
    for name, value in resource.items():
        left = _stripped(name, value)
        if left is not _GONE:
            kept[name] = left
    if "processNote" in resource and "processNote" not in kept:
        for item in kept.get("item", ()):
            item.pop("noteNumber", None)
    return _as_basis(kept)


def _stripped(name: str, value: Any) -> Any:
    if name in _REMITTANCE or name.endswith("Money"):
        return _GONE
    if isinstance(value, str):
        return _GONE if _WORDS.search(value) else value
    if isinstance(value, list):
        rows = [left for left in (_stripped(name, one) for one in value) if left is not _GONE]
        return rows if rows or not value else _GONE
    if isinstance(value, dict):
        return _stripped_object(value)
    return value


def _stripped_object(value: Mapping[str, Any]) -> Any:
    if is_amount(value):
        return _GONE
    left = {name: _stripped(name, inner) for name, inner in value.items()}
    kept = {name: inner for name, inner in left.items() if inner is not _GONE}
    lost = len(kept) < len(value)
    if lost and (set(kept) <= _BARE or ("div" in value and "div" not in kept)):
        return _GONE
    return kept


def is_amount(value: Mapping[str, Any]) -> bool:
    """Whether an object is a Money, or a Quantity of a currency."""
    currency = value.get("system") == "urn:iso:std:iso:4217" or value.get("unit") in ("USD", "$")
    return "value" in value and ("currency" in value or currency)


def _as_basis(resource: Resource) -> Resource:
    if resource["resourceType"] != "ExplanationOfBenefit":
        return resource
    start = f"{CARIN_PROFILE}C4BB-ExplanationOfBenefit-"
    end = f"|{CARIN_VERSION}"
    profiles = [
        profile.removesuffix(end) + "-Basis" + end if profile.startswith(start) else profile
        for profile in resource["meta"].get("profile", ())
    ]
    return {**resource, "meta": {**resource["meta"], "profile": profiles}}


def service_day(resource: Resource) -> date | None:
    """First day of what a resource tells of; None where it isn't about one event."""
    if is_prior_authorization(resource):
        return _day(resource.get("created"))
    if resource["resourceType"] == "Encounter":
        return _day(resource.get("period"))
    for name in _DATES:
        if name in resource:
            return _day(resource[name])
    return None


def last_day(resource: Resource) -> date | None:
    """Last day of service of a claim, else its first day."""
    period = resource.get("billablePeriod", {})
    return _day(period.get("end")) or service_day(resource)


def _day(value: Any) -> date | None:
    if isinstance(value, dict):
        value = value.get("start") or value.get("end")
    return date.fromisoformat(value[:10]) if isinstance(value, str) and len(value) >= 10 else None


def after_floor(resource: Resource) -> bool:
    """Whether a service was given on or after 2016-01-01, or isn't dated at all."""
    day = last_day(resource)
    return day is None or day >= FLOOR


def within_five_years(resource: Resource, today: date) -> bool:
    """Whether a service lies within five years before today; five years ago to the day counts."""
    day = last_day(resource)
    return day is None or day >= five_years_before(today)


def five_years_before(today: date) -> date:
    """The day five years ago; for 29 February the last of that month."""
    try:
        return today.replace(year=today.year - YEARS_EXCHANGED)
    except ValueError:
        return today.replace(year=today.year - YEARS_EXCHANGED, day=28)
