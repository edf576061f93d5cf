"""The library of compiled guides: which there are, and which structure a canonical means.

An address without a version means the version that the asking guide depends on, else the one that
was chosen for the run, else our default. An address with a version means that one or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from payerproof.guides.storage import SCHEMA, read_part
from payerproof.places import shipped

CORE = "hl7.fhir.r4.core"
TERMINOLOGY = "hl7.terminology.r4"
BASE = "http://hl7.org/fhir/StructureDefinition/"

DEFAULTS = {
    CORE: "4.0.1",
    "hl7.fhir.us.core": "6.1.0",
    "hl7.fhir.us.carin-bb": "2.1.0",
    "hl7.fhir.us.davinci-pdex": "2.1.0",
    "hl7.fhir.us.davinci-hrex": "1.1.0",
    "hl7.fhir.us.davinci-atr": "2.1.0",
    "hl7.fhir.us.davinci-pdex-plan-net": "1.1.0",
    "hl7.fhir.us.davinci-drug-formulary": "2.0.1",
    "hl7.fhir.uv.bulkdata": "3.0.0",
}
"""The version that an address without version means when nothing else decides."""

SHORT = {
    "us-core": "hl7.fhir.us.core",
    "carin-bb": "hl7.fhir.us.carin-bb",
    "pdex": "hl7.fhir.us.davinci-pdex",
    "hrex": "hl7.fhir.us.davinci-hrex",
    "atr": "hl7.fhir.us.davinci-atr",
    "plan-net": "hl7.fhir.us.davinci-pdex-plan-net",
    "drug-formulary": "hl7.fhir.us.davinci-drug-formulary",
    "bulk-data": "hl7.fhir.uv.bulkdata",
}
"""Short name on the command line -> package name."""

Prefer = Mapping[str, str]


class GuideError(Exception):
    """A guide that is not there or not readable; the text says which there are."""


@dataclass
class Guide:
    """One compiled guide; its facts are read when first asked for."""

    folder: Path
    name: str
    version: str
    canonical: str
    depends: dict[str, str]
    profiles: dict[str, list[str]]

    @cached_property
    def _structures(self) -> dict[str, Any]:
        return read_part(self.folder, "structures.json.gz")

    @cached_property
    def _terminology(self) -> dict[str, Any]:
        return read_part(self.folder, "terminology.json.gz")

    @property
    def structures(self) -> Mapping[str, Any]:
        """Address -> compact facts of each structure."""
        found: Mapping[str, Any] = self._structures["structures"]
        return found

    @property
    def base_types(self) -> dict[str, str]:
        """Type -> address, for the types that this guide defines and does not constrain."""
        index: dict[str, list[str]] = self._structures["index"]
        return {
            kind: url
            for url, (kind, form, derivation) in index.items()
            if derivation != "constraint" and form != "logical"
        }

    @property
    def invariants(self) -> list[list[str]]:
        """Rows (key, severity, expression, source)."""
        rows: list[list[str]] = self._structures["invariants"]
        return rows

    @property
    def valuesets(self) -> Mapping[str, Any]:
        """Address -> compose facts."""
        found: Mapping[str, Any] = self._terminology["valuesets"]
        return found

    @property
    def codesystems(self) -> Mapping[str, Any]:
        """Address -> codes."""
        found: Mapping[str, Any] = self._terminology["codesystems"]
        return found

    @property
    def label(self) -> str:
        """``name#version``, as HL7 writes it."""
        return f"{self.name}#{self.version}"


@dataclass(eq=False)
class Structure:
    """A profile, type or extension: its facts and the guide they come from."""

    url: str
    guide: Guide
    facts: dict[str, Any]
    prefer: Prefer
    _children: dict[str, list[int]] = field(default_factory=dict)
    _position: dict[str, int] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The structure's own business version."""
        return str(self.facts["version"])

    @property
    def type(self) -> str:
        """The FHIR type that is constrained or defined."""
        return str(self.facts["type"])

    @property
    def elements(self) -> list[list[Any]]:
        """[id, compact facts] in snapshot order."""
        rows: list[list[Any]] = self.facts["elements"]
        return rows

    def children(self, identifier: str) -> list[int]:
        """Indexes of the elements right below one, slices included."""
        if not self._position:
            self._index()
        return self._children.get(identifier, [])

    def at(self, identifier: str) -> int | None:
        """Index of the element with an id."""
        if not self._position:
            self._index()
        return self._position.get(identifier)

    def _index(self) -> None:
        for at, (identifier, facts) in enumerate(self.elements):
            self._position[identifier] = at
            base = unsliced(identifier, facts)
            parent, dot, _ = base.rpartition(".")
            if dot:
                self._children.setdefault(parent, []).append(at)


def unsliced(identifier: str, facts: dict[str, Any]) -> str:
    """An element id without its own slice name."""
    name = facts.get("k")
    if name and identifier.endswith(":" + name):
        return identifier[: -len(name) - 1]
    head, dot, last = identifier.rpartition(".")
    return head + dot + last.split(":", 1)[0]


class Library:
    """All guides in the shipped folder and the user's own (``PAYERPROOF_GUIDES``)."""

    def __init__(self, folders: list[Path] | None = None, chosen: Prefer | None = None) -> None:
        self.folders = folders if folders is not None else guide_folders()
        self.guides: dict[tuple[str, str], Guide] = {(g.name, g.version): g for g in self._scan()}
        self.chosen: dict[str, str] = {**DEFAULTS, **(chosen or {})}
        self._found: dict[tuple[str, str], Structure] = {}
        self._claims: dict[str, list[Guide]] = {}
        for guide in self.guides.values():
            for url in guide.profiles:
                self._claims.setdefault(url, []).append(guide)

    def _scan(self) -> Iterator[Guide]:
        for folder in self.folders:
            for head in sorted(folder.glob("*/package.json")):
                facts = orjson.loads(head.read_bytes())
                if facts.get("schema") != SCHEMA:
                    raise GuideError(f"{head} was compiled for another version; compile it again")
                yield Guide(
                    head.parent,
                    facts["name"],
                    facts["version"],
                    facts["canonical"],
                    facts["depends"],
                    facts["profiles"],
                )

    def guide(self, name: str, version: str) -> Guide:
        """One guide; raises `GuideError` naming those there are."""
        found = self.guides.get((SHORT.get(name, name), version))
        if found is None:
            have = ", ".join(sorted(f"{n}#{v}" for n, v in self.guides))
            raise GuideError(f"there are no facts for {name} {version}; there are: {have}")
        return found

    @property
    def core(self) -> Guide:
        """FHIR R4 itself."""
        return self.guide(CORE, "4.0.1")

    def base(self, type_name: str) -> Structure | None:
        """The structure that defines a type of R4."""
        return self.structure(BASE + type_name, {})

    def prefer(self, guide: Guide) -> Prefer:
        """The versions that addresses inside a guide mean."""
        out: dict[str, str] = {guide.name: guide.version}
        pending = dict(guide.depends)
        while pending:
            name, version = pending.popitem()
            if name in out:
                continue
            out[name] = version
            below = self.guides.get((name, version))
            if below is not None:
                pending.update({k: v for k, v in below.depends.items() if k not in out})
        return out

    def structure(self, canonical: str, prefer: Prefer) -> Structure | None:
        """The structure that an address means; None when no guide here has it."""
        url, _, version = canonical.partition("|")
        for guide in self._candidates(url, version, prefer):
            facts = guide.structures.get(url)
            if facts is not None and version in ("", facts["version"], guide.version):
                return self._structure(url, guide, facts)
        return None

    def defines(self, url: str) -> bool:
        """Whether any version of a guide here has a structure of that address."""
        if self.structure(url, {}):
            return True
        named = (g for g in self.guides.values() if g.canonical)
        return any(url in g.structures for g in named if url.startswith(g.canonical + "/"))

    def _structure(self, url: str, guide: Guide, facts: dict[str, Any]) -> Structure:
        key = (url, guide.label)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Structure(url, guide, facts, self.prefer(guide))
        return found

    def _candidates(self, url: str, version: str, prefer: Prefer) -> list[Guide]:
        """Guides that may hold an address, the meant one first."""
        if url.startswith(BASE) and "/" not in url[len(BASE) :] and url not in self._claims:
            return [self.core]
        holding = self._claims.get(url) or [
            g for g in self.guides.values() if g.canonical and url.startswith(g.canonical + "/")
        ]
        if version:
            return holding
        wanted = {**self.chosen, **prefer}
        return sorted(
            (g for g in holding if wanted.get(g.name, g.version) == g.version),
            key=lambda g: -len(g.canonical),
        )

    def versions(self, url: str) -> list[str]:
        """The versions of a profile that are at hand."""
        return sorted(g.profiles[url][1] for g in self._claims.get(url, []))

    def terminology_guides(self, prefer: Prefer) -> list[Guide]:
        """Guides to look in for a value set or code system, nearest first."""
        wanted = {**self.chosen, **prefer}
        named = [g for g in self.guides.values() if wanted.get(g.name) == g.version]
        named.sort(key=lambda g: (g.name == CORE, g.name not in prefer, g.name))
        thought = [g for g in self.guides.values() if g.name == TERMINOLOGY]
        return [g for g in named if g.name != TERMINOLOGY] + thought


def guide_folders() -> list[Path]:
    """The shipped guides, then the user's own folder when there is one."""
    folders = [shipped("profiles") / "guides"]
    own = own_folder()
    if own.is_dir():
        folders.append(own)
    return folders


def own_folder() -> Path:
    """Where ``payerproof guides add`` puts what it compiles."""
    named = os.environ.get("PAYERPROOF_GUIDES")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "payerproof" / "guides"
