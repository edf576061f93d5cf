"""The header ``Retry-After``: seconds, or a date (RFC 9110 section 10.2.3)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def seconds_to_wait(value: str | None, wall: float) -> float | None:
    """Seconds from `wall` (seconds since 1970) on, never below 0; None where it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, moment.timestamp() - wall)
