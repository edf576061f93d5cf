"""What another payer is owed of a record: services of five years, and no denied authorization.

42 CFR 422.121(b)(4); PDex, extension reviewActionCode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from payerproof.expect.claims import service_days

YEARS = 5
"""42 CFR 422.121(b)(4)(ii): services within five years before the request."""
_DENIED = "A3"
"""X12 306: not certified."""
_REVIEW = "extension-reviewActionCode"


def years_ago() -> date:
    """The first day of the five years, or one shortly before it in the same month."""
    today = datetime.now(UTC).date()
    first = date(today.year - YEARS, today.month, 1)
    return first.replace(day=min(today.day, 28))


def days_of(claim: Mapping[str, Any]) -> list[date]:
    """First and last day of each service of a claim; a day's difference of zones is no matter."""
    return [day for days in service_days(claim, UTC) for day in days]


def is_older(row: Mapping[str, Any]) -> bool:
    """Whether all services of a claim were before the five years."""
    days = days_of(row) if row.get("use") == "claim" else []
    return bool(days) and max(days) < years_ago()


def is_denied(row: Mapping[str, Any]) -> bool:
    """Whether a review action anywhere in a resource says that it was denied."""
    return _DENIED in set(_review_codes(row))


def _review_codes(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if str(value.get("url") or "").endswith(_REVIEW):
            concept = value.get("valueCodeableConcept") or {}
            yield from (str(one.get("code")) for one in concept.get("coding") or [])
        for inner in value.values():
            yield from _review_codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _review_codes(inner)
