"""Values that stand in for missing data: they look like data and say nothing.

Seen in payers' answers (field quirks Q-DATA-03 and Q-DATA-16): UNKNOWN, N/A, NULL, XXXXX, the last
day of the year 9999, empty strings. US Core and CARIN Blue Button ask to leave such elements out,
or to give a reason by the data-absent-reason extension or code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.vocabularies import ABSENT

_WORDS = re.compile(
    r"(?:null|none|n/a|n\.a\.|not available|tbd|to be determined|undefined|nan|x{3,}|\?+|-+|\.+)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"(?:unknown|unk|unspecified)", re.IGNORECASE)
_DATES = ("9999-", "0001-01-01", "1900-01-01", "1800-01-01")
_SPOKEN = frozenset({"display", "text", "value", "family", "given", "line", "city", "valueString"})
"""Elements in which a word such as "unknown" is a filler rather than a code."""

_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_ESSENTIAL = {
    "ExplanationOfBenefit": ("status", "created", "outcome", "use"),
    "Encounter": ("status", "class"),
}
"""Elements that must have a value, by type; for all others the status."""


def placeholders(resource: Mapping[str, Any]) -> Iterator[str]:
    """Element paths of fillers in a resource; no values. Narrative is left alone."""
    yield from _walk(resource, str(resource.get("resourceType") or "resource"), "")


def _walk(value: object, path: str, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        if _says_absent(value):
            return
        if "system" in value and not value.keys() - {"system", "version", "userSelected"}:
            yield f"{path} (a coding without a code)"
        for key, inner in value.items():
            if key not in ("div", "resourceType", "url", "reference", "data"):
                yield from _walk(inner, f"{path}.{key}", key)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, path, name)
    elif isinstance(value, str) and _is_filler(value, name):
        yield path


def _says_absent(value: Mapping[str, Any]) -> bool:
    """True where an element says why it has no value, in whichever way the standard offers."""
    if value.get("system") in ABSENT:
        return True
    parts = value.get("coding") or value.get("extension") or []
    inner = [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []
    return any(
        part.get("system") in ABSENT
        or (
            isinstance(part.get("valueCoding"), Mapping)
            and part["valueCoding"].get("system") in ABSENT
        )
        for part in inner
    )


def _is_filler(value: str, name: str) -> bool:
    text = value.strip()
    if not text or _WORDS.fullmatch(text) or text.startswith(_DATES):
        return True
    return name in _SPOKEN and bool(_UNKNOWN.fullmatch(text))


def absent_essentials(resource: Mapping[str, Any]) -> Iterator[str]:
    """Paths of elements that may not be declared absent: without them a resource says nothing.

    US Core (Missing Data) asks for a valid code where a status is required; claims were seen with a
    data-absent-reason on status, created and coverage (field quirk Q-DATA-02).
    """
    kind = str(resource.get("resourceType") or "")
    for name in _ESSENTIAL.get(kind, ("status",)):
        beside = resource.get(f"_{name}")
        if resource.get(name) is None and isinstance(beside, Mapping) and _has_reason(beside):
            yield f"{kind}.{name}"
    insurance = resource.get("insurance")
    for one in insurance if isinstance(insurance, list) else []:
        coverage = one.get("coverage") if isinstance(one, Mapping) else None
        if isinstance(coverage, Mapping) and _has_reason(coverage):
            yield f"{kind}.insurance.coverage"


def _has_reason(value: Mapping[str, Any]) -> bool:
    extensions = value.get("extension")
    return any(
        isinstance(one, Mapping) and one.get("url") == _REASON
        for one in (extensions if isinstance(extensions, list) else [])
    )
