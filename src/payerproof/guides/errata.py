"""Known defects of published guides: what each does, its tracker id, and what we do about it.

The list is data, ``profiles/guides/errata.toml``; its head explains the kinds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Erratum:
    """One known defect."""

    id: str
    kind: str
    guide: str
    versions: tuple[str, ...]
    tracker: str
    defect: str
    action: str
    profiles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    severity: str = ""
    wrong: str = ""
    right: str = ""
    elements: tuple[str, ...] = ()


class Errata:
    """The errata, ready to be asked."""

    def __init__(self, entries: Iterable[Erratum]) -> None:
        self.entries = {e.id: e for e in entries}
        self._rules: dict[tuple[str, str, str], Erratum] = {}
        self._patterns: dict[tuple[str, str], Erratum] = {}
        self._sets: dict[str, Erratum] = {}
        self._bindings: dict[tuple[str, str, str], Erratum] = {}
        for entry in self.entries.values():
            self._place(entry)

    def _place(self, entry: Erratum) -> None:
        if entry.kind == "value-set":
            self._sets[entry.wrong] = entry
        for profile in entry.profiles:
            for version in entry.versions:
                if entry.kind == "pattern-version":
                    self._patterns[(profile, version)] = entry
                for element in entry.elements if entry.kind == "binding" else ():
                    self._bindings[(profile, version, element)] = entry
                for key in entry.keys if entry.kind == "invariant" else ():
                    self._rules[(profile, version, key)] = entry

    def rule(self, profile: str, version: str, key: str) -> Erratum | None:
        """The defect of an invariant, when it has one that changes what we do."""
        return self._rules.get((profile, version, key))

    def pattern_version(self, profile: str, version: str) -> Erratum | None:
        """The defect that puts ``Coding.version`` into the patterns of a profile."""
        return self._patterns.get((profile, version))

    def binding(self, profile: str, version: str, element: str) -> Erratum | None:
        """The defect of a binding, when it contradicts the rest of its profile."""
        return self._bindings.get((profile, version, element))

    def misspelt(self, url: str) -> Erratum | None:
        """The defect behind a misspelt address of a value set."""
        return self._sets.get(url.partition("|")[0])

    def value_set(self, url: str) -> str:
        """The right address of a value set."""
        bare = url.partition("|")[0]
        entry = self._sets.get(bare)
        return entry.right if entry is not None else url


def load_errata(path: Path) -> Errata:
    """Read the list."""
    listing = tomllib.loads(path.read_text(encoding="utf-8"))
    return Errata(_entry(row) for row in listing.get("erratum", []))


def _entry(row: dict[str, Any]) -> Erratum:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Erratum(**values)
