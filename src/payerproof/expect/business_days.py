"""Business days of a plan: weekdays that are not among its holidays."""

from __future__ import annotations

from datetime import date, timedelta

from payerproof.target.settings import Policy


def business_days_before(day: date, count: int, policy: Policy) -> date:
    """The business day so many business days before a day; policy.holidays are none."""
    found = day
    for _ in range(count):
        found -= timedelta(days=1)
        while found.weekday() >= 5 or found in policy.holidays:
            found -= timedelta(days=1)
    return found


def business_days_after(day: date, count: int, policy: Policy) -> date:
    """The business day so many business days after a day; policy.holidays are none."""
    found = day
    for _ in range(count):
        found += timedelta(days=1)
        while found.weekday() >= 5 or found in policy.holidays:
            found += timedelta(days=1)
    return found
