"""SMART scopes, versions 1 and 2 (SMART App Launch 2.2.0, section Scopes and Launch Context)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_RESOURCE = re.compile(
    r"^(?P<context>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]*)\."
    r"(?:(?P<v1>read|write|\*)|(?P<v2>c?r?u?d?s?))(?:\?(?P<query>.+))?$"
)
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class ResourceScope:
    """One scope over a resource type, version 1 translated to the letters of version 2."""

    context: str
    type: str
    """A resource type, or ``*``."""
    letters: frozenset[str]
    query: str = ""
    """The finer constraint after ``?``, as sent."""

    def covers(self, resource_type: str, letter: str) -> bool:
        """True where it opens this interaction on this type, finer constraints aside."""
        return self.type in ("*", resource_type) and letter in self.letters

    def within(self, other: ResourceScope) -> bool:
        """True where everything it opens `other` opens as well."""
        return (
            self.context == other.context
            and other.type in ("*", self.type)
            and self.letters <= other.letters
            and other.query in ("", self.query)
        )


def parse(scope: str) -> ResourceScope | None:
    """Parse one scope; None for ``openid``, ``launch/patient`` and anything malformed."""
    match = _RESOURCE.match(scope)
    if not match:
        return None
    letters = _V1[match["v1"]] if match["v1"] else match["v2"]
    if not letters:
        return None
    return ResourceScope(match["context"], match["type"], frozenset(letters), match["query"] or "")


def resource_scopes(scopes: str | Iterable[str]) -> tuple[ResourceScope, ...]:
    """Parse the resource scopes among several, in order."""
    names = scopes.split() if isinstance(scopes, str) else scopes
    return tuple(parsed for name in names if (parsed := parse(name)))


def opens(scopes: str | Iterable[str], resource_type: str, letter: str) -> bool:
    """True where a scope opens the interaction (``r``, ``s`` …) on the type without constraint."""
    return any(
        scope.covers(resource_type, letter) and not scope.query for scope in resource_scopes(scopes)
    )


def beyond(granted: str | Iterable[str], asked: str | Iterable[str]) -> tuple[str, ...]:
    """Scopes granted that nothing asked for covers, in order.

    A resource scope is covered by a wider one; any other scope only by itself.
    """
    granted_names = granted.split() if isinstance(granted, str) else tuple(granted)
    asked_names = set(asked.split() if isinstance(asked, str) else asked)
    wide = resource_scopes(asked_names)
    return tuple(
        name
        for name in granted_names
        if name not in asked_names and not _covered(parse(name), wide)
    )


def _covered(scope: ResourceScope | None, wide: tuple[ResourceScope, ...]) -> bool:
    if scope is None:
        return False
    # letters may come from several scopes: patient/X.r patient/X.s covers patient/X.rs
    return all(
        any(
            ResourceScope(scope.context, scope.type, frozenset(letter), scope.query).within(other)
            for other in wide
        )
        for letter in scope.letters
    )
