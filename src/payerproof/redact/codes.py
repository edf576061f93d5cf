"""Codes of public code systems, canonical addresses and scopes: what may be shown of them."""

from __future__ import annotations

import re

from payerproof.redact.fhir_types import RESOURCE_TYPES
from payerproof.redact.tags import Tags, mark
from payerproof.redact.vocabulary import CODE_SYSTEMS, IDENTIFIER_SYSTEMS, SCOPE

_CANONICAL = re.compile(
    r"https?://[A-Za-z0-9.\-]{1,120}(:\d{1,5})?(/[A-Za-z][A-Za-z0-9_.\-]{0,30}){0,6}"
    r"/StructureDefinition/[A-Za-z][A-Za-z0-9.\-]{0,80}(\|[A-Za-z0-9.\-]{1,20})?"
)
_SYSTEM = re.compile(r"[A-Za-z0-9:/._\-|]{1,160}")
_NARROWED = re.compile(r"\?category=([^|&]+\|[^|&]+)")
_SCOPE_RESOURCE = re.compile(r"(?:patient|user|system)/([A-Za-z]+|\*)\.")


class Codes:
    """Tells public vocabulary from a member's data."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags

    def shape_of(self, system: str) -> re.Pattern[str] | None:
        """The shape codes of a public code system have, or None where it is not public."""
        for start, shape in CODE_SYSTEMS:
            if system.startswith(start) and _SYSTEM.fullmatch(system):
                return shape
        return None

    def system(self, system: str) -> str | None:
        """`system` where it is a public code or identifier system."""
        if system in IDENTIFIER_SYSTEMS or self.shape_of(system):
            return system
        return None

    def canonical(self, url: str) -> str | None:
        """`url` where it names a profile or an extension."""
        return url if _CANONICAL.fullmatch(url) else None

    def token(self, item: str) -> str:
        """A FHIR token ``system|code``: shown where the code system is public."""
        system, _, code = item.partition("|")
        shape = self.shape_of(system)
        if shape and (not code or shape.fullmatch(code)):
            return item
        shown = self.system(system)
        if shown is None:
            shown = self._tags.name("system", system) if system else ""
        return f"{shown}|{self._tags.name('value', code) if code else ''}"

    def scope(self, text: str) -> str:
        """A scope string, word by word; a narrowing by public category is shown too."""
        return " ".join(self._one_scope(word) for word in text.split(" "))

    def _one_scope(self, word: str) -> str:
        plain, question, _ = word.partition("?")
        resource = _SCOPE_RESOURCE.match(plain)
        known = not resource or resource.group(1) in RESOURCE_TYPES or resource.group(1) == "*"
        if not (SCOPE.fullmatch(plain) and known):
            return self._tags.name("scope", word) if word else ""
        if not question:
            return word
        narrowed = _NARROWED.fullmatch(word, len(plain))
        return f"{plain}?" + (
            f"category={self.token(narrowed.group(1))}" if narrowed else mark("narrowing")
        )
