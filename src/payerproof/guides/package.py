"""Reading FHIR packages: a ``.tgz`` as published, or one JSON file with lists of resources.

Nothing is unpacked to disk, sizes are bounded, and what cannot be read is named instead of lost.
Source of the layout: the FHIR NPM package specification (``package/package.json``, resources flat
in ``package/``, examples in ``package/example``).
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

MEMBER_LIMIT = 64 * 1024 * 1024
"""Bytes one file of a package may have when unpacked."""
PACKAGE_LIMIT = 1024 * 1024 * 1024
"""Bytes all files of a package may have together when unpacked."""

CONFORMANCE = frozenset(
    {"StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "CapabilityStatement"}
)


class PackageError(Exception):
    """A package that cannot be read; the text names the file and what was expected."""


@dataclass
class Package:
    """One guide as published: manifest, conformance resources, and what could not be read."""

    name: str
    version: str
    canonical: str
    fhir_versions: tuple[str, ...]
    dependencies: dict[str, str]
    resources: dict[str, list[Json]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def of_type(self, resource_type: str) -> list[Json]:
        """The package's conformance resources of one type."""
        return self.resources.get(resource_type, [])


def read_package(path: Path) -> Package:
    """Read a package; raises `PackageError` when it has no manifest or is not a package."""
    if path.name.endswith((".json", ".json.gz")):
        return _read_collection(path)
    manifest: Json | None = None
    found: dict[str, list[Json]] = {}
    unreadable: list[str] = []
    for name, content in _members(path):
        parts = name.split("/")
        if len(parts) != 2 or not name.endswith(".json") or parts[1].startswith("."):
            continue
        try:
            value = json.loads(content)
        except ValueError as why:
            unreadable.append(f"{name}: {why}")
            continue
        if parts[1] == "package.json":
            manifest = value
        elif isinstance(value, dict) and value.get("resourceType") in CONFORMANCE:
            found.setdefault(value["resourceType"], []).append(value)
    if manifest is None:
        raise PackageError(f"{path.name}: no package/package.json inside; not a FHIR package")
    return _package(manifest, found, unreadable)


def read_examples(path: Path) -> Iterator[tuple[str, bytes]]:
    """The example resources of a package, as (file name, bytes)."""
    for name, content in _members(path):
        parts = name.split("/")
        if "example" in parts[:-1] and name.endswith(".json") and not parts[-1].startswith("."):
            yield parts[-1], content


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                total += member.size
                if member.size > MEMBER_LIMIT or total > PACKAGE_LIMIT:
                    raise PackageError(f"{path.name}: {member.name} unpacks to too many bytes")
                stream = archive.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, EOFError, OSError) as why:
        raise PackageError(f"{path.name}: not a readable .tgz ({why})") from why


def _package(manifest: Json, found: dict[str, list[Json]], unreadable: list[str]) -> Package:
    versions = manifest.get("fhirVersions") or manifest.get("fhir-version-list") or []
    return Package(
        name=str(manifest.get("name", "")),
        version=str(manifest.get("version", "")),
        canonical=str(manifest.get("canonical", "")),
        fhir_versions=tuple(str(v) for v in versions),
        dependencies={str(k): str(v) for k, v in (manifest.get("dependencies") or {}).items()},
        resources=found,
        unreadable=unreadable,
    )


def _read_collection(path: Path) -> Package:
    """One JSON object whose keys are resource types: how R4 core and THO are kept."""
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rb") as stream:
        value: Json = json.loads(stream.read())
    found: dict[str, list[Json]] = {}
    for kind in sorted(CONFORMANCE):
        items = value.get(kind, [])
        found[kind] = list(items.values()) if isinstance(items, dict) else list(items)
    meta = value.get("_meta")
    version = meta.get("fhirVersion", "") if isinstance(meta, dict) else ""
    return Package("", str(version), "http://hl7.org/fhir", ("4.0.1",), {}, found, [])
