"""Business days of a plan: weekdays that are not among its holidays."""

from __future__ import annotations

from datetime import date, timedelta

from payerproof.target.settings import Policy


def business_days_before(day: date, count: int, policy: Policy) -> date:
    """The business day so many business days before a day; policy.holidays are none."""
    return _moved(day, count, timedelta(days=-1), policy)


def business_days_after(day: date, count: int, policy: Policy) -> date:
    """The business day so many business days after a day; policy.holidays are none."""
    return _moved(day, count, timedelta(days=1), policy)


def _moved(day: date, count: int, step: timedelta, policy: Policy) -> date:
    found = day
    for _ in range(count):
        found += step
        while found.weekday() >= 5 or found in policy.holidays:
            found += step
    return found
