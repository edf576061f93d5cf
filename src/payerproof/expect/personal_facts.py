"""Facts about a person that can be told by their shape: dates, numbers, addresses of mail.

Facts are normalised, so that ``12/10/1949``, ``December 10, 1949`` and ``1949-12-10`` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.vocabularies import ABSENT

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
_US = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.? (" + "|".join(_MONTHS) + r")[a-z]*\.?,? (\d{4})\b", re.I)
_MONTH_FIRST = re.compile(r"\b(" + "|".join(_MONTHS) + r")[a-z]*\.? (\d{1,2}),? (\d{4})\b", re.I)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MASKED = re.compile(r"mask|redact|withh|restrict|hidden|not available|confidential", re.I)
_NUMBER = re.compile(r"(?<![\w.])\(?\d[\d ().-]{5,}\d(?![\w.])")

SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
"""A social security number as it is usually written (three, two and four digits)."""

MBI = re.compile(
    r"(?<![\w-])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?"
    r"[AC-HJKMNP-RT-Y]{2}\d{2}(?![\w-])"
)
"""A Medicare beneficiary identifier (CMS, Understanding the MBI format), with dashes or without."""


def dates_in(text: str) -> frozenset[str]:
    """Days named in a text, in any usual way, as ``YYYY-MM-DD``."""
    found = {f"{y}-{m}-{d}" for y, m, d in _ISO.findall(text)}
    found |= {f"{y}-{int(m):02}-{int(d):02}" for m, d, y in _US.findall(text)}
    found |= {_spelled(y, m, d) for d, m, y in _DAY_FIRST.findall(text)}
    found |= {_spelled(y, m, d) for m, d, y in _MONTH_FIRST.findall(text)}
    return frozenset(found)


def facts_in(text: str) -> frozenset[str]:
    """Dates, addresses of mail, and numbers of seven digits or more (digits only)."""
    numbers = {re.sub(r"\D", "", match[0]) for match in _NUMBER.finditer(_without_dates(text))}
    mails = {match[0].lower() for match in _MAIL.finditer(text)}
    return dates_in(text) | mails | {number for number in numbers if len(number) >= 7}


def elements(value: object) -> Iterator[str]:
    """Texts of a resource's data elements: all but narrative, display and contained resources."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in ("div", "display", "contained"):
                yield from elements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from elements(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def prose(value: object) -> Iterator[str]:
    """Texts that are made for reading: narratives and displays, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("div", "display") and isinstance(inner, str):
                yield re.sub(r"<[^>]*>", " ", inner)
            else:
                yield from prose(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from prose(inner)


def members_inside(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Contained resources that describe a member; relatives and providers lawfully stand there."""
    contained = resource.get("contained")
    for inner in contained if isinstance(contained, list) else []:
        if isinstance(inner, Mapping) and inner.get("resourceType") in ("Patient", "Person"):
            yield inner


def unmasked(value: object) -> Iterator[str]:
    """Texts and displays beside a code that says ``masked``: they tell what the code hides."""
    if isinstance(value, Mapping):
        hidden = value.get("coding") if isinstance(value.get("coding"), list) else []
        listed = [coding for coding in hidden or [] if isinstance(coding, Mapping)]
        if any(c.get("code") == "masked" and c.get("system") in ABSENT for c in listed):
            told = [value.get("text"), *(c.get("display") for c in listed)]
            yield from (str(t) for t in told if t and not _MASKED.search(str(t)))
        for inner in value.values():
            yield from unmasked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from unmasked(inner)


def _without_dates(text: str) -> str:
    for pattern in (_ISO, _US, _DAY_FIRST, _MONTH_FIRST):
        text = pattern.sub(" ", text)
    return text


def _spelled(year: str, month: str, day: str) -> str:
    return f"{year}-{_MONTHS.index(month[:3].lower()) + 1:02}-{int(day):02}"
