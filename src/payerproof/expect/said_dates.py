"""Calendar days that a page names in words or figures, as dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from payerproof.expect.consent_words import MONTHS

_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_FIRST = re.compile(rf"\b{_DAY} ({MONTHS}),? (\d{{4}})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({MONTHS}) {_DAY},? (\d{{4}})\b", re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_AMERICAN = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
"""Month, day, year, as payers in the United States write it."""


def days_in(text: str) -> tuple[date, ...]:
    """Every day that the text names with its year, in no particular order; none where unclear."""
    plain = " ".join(text.split())
    return tuple(dict.fromkeys(_found(plain)))


def _found(text: str) -> Iterator[date]:
    for match in _DAY_FIRST.finditer(text):
        yield from _day(match[3], _month(match[2]), match[1])
    for match in _MONTH_FIRST.finditer(text):
        yield from _day(match[3], _month(match[1]), match[2])
    for match in _ISO.finditer(text):
        yield from _day(match[1], match[2], match[3])
    for match in _AMERICAN.finditer(text):
        yield from _day(match[3], match[1], match[2])


def _month(word: str) -> str:
    return str(_SHORT.index(word[:3].lower()) + 1)


def _day(year: str, month: str, day: str) -> Iterator[date]:
    with suppress(ValueError):
        yield date(int(year), int(month), int(day))
