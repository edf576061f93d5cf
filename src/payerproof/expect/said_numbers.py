"""Member numbers that the prose of a record speaks of, and those that its fields know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SAID = re.compile(
    r"\b(?:member|subscriber|patient|enrollee)(?:'s)?\s+(?:number|no\.?|id|identifier)\b"
    r"\s*(?:is\b|[:#=])?\s*#?\s*([A-Za-z0-9][A-Za-z0-9-]{4,}[A-Za-z0-9])",
    re.IGNORECASE,
)
_PROSE = ("text", "div", "display", "comment", "description", "disposition", "note", "title")
"""Names of elements that people write or read."""


def unknown_numbers(record: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Numbers that prose calls somebody's member number, and no other element of the record has.

    So a subscriber's number, or an earlier one of the member's own, is known where Coverage or
    Patient gives it.
    """
    said: set[str] = set()
    known: set[str] = set()
    for name, text in (pair for row in record for pair in _texts(row, "")):
        found = {_plain(one) for one in _SAID.findall(text) if any(map(str.isdigit, one))}
        said |= found if name in _PROSE else set()
        known |= {_plain(text)} if name not in _PROSE else set()
    return frozenset(said - known)


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """(name of the element, text) of every text in a resource."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str):
        yield name, value


def _plain(number: str) -> str:
    return number.replace("-", "").replace(" ", "").casefold()
