"""Displays of codes: those that a code system defines, for systems whose words are at hand.

CARIN Blue Button, General Guidance: a display that is populated is one that the code system
defines; what else there is to say belongs into text. Resources in another language are left out,
for a code system may know translations that are published elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payerproof.guides.displays import displays, plain


def displayed(resources: Iterable[Mapping[str, Any]]) -> tuple[int, Counter[str]]:
    """How many displays could be compared, and by code how many of them are not defined."""
    known = displays()
    every, odd = 0, Counter[str]()
    for resource in resources:
        if str(resource.get("language") or "en").partition("-")[0] != "en":
            continue
        for coding in _codings(resource):
            system, code = str(coding.get("system") or ""), str(coding.get("code") or "")
            words = known.get(system, {}).get(code)
            if words:
                every += 1
                odd[f"{system.rpartition('/')[2]}#{code}"] += plain(coding["display"]) not in words
    return every, +odd


def _codings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("display"), str) and "code" in value and "_display" not in value:
            yield value
        for inner in value.values():
            yield from _codings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _codings(inner)
