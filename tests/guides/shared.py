"""Where the published packages lie that some tests read; they are not in the repository."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

GUIDES: dict[str, tuple[str, dict[str, str]]] = {
    "carin-bb-1.1.0": (
        "hl7.fhir.us.carin-bb-1.1.0.tgz",
        {"carin-bb": "1.1.0", "us-core": "3.1.1"},
    ),
    "carin-bb-2.0.0": (
        "hl7.fhir.us.carin-bb-2.0.0.tgz",
        {"carin-bb": "2.0.0", "us-core": "3.1.1"},
    ),
    "carin-bb-2.1.0": ("hl7.fhir.us.carin-bb-2.1.0.tgz", {}),
    "carin-bb-2.2.0": (
        "hl7.fhir.us.carin-bb-2.2.0.tgz",
        {"carin-bb": "2.2.0", "us-core": "7.0.0"},
    ),
    "us-core-3.1.1": ("hl7.fhir.us.core-3.1.1.tgz", {"us-core": "3.1.1"}),
    "us-core-6.1.0": ("hl7.fhir.us.core-6.1.0.tgz", {}),
    "us-core-7.0.0": ("hl7.fhir.us.core-7.0.0.tgz", {"us-core": "7.0.0"}),
    "pdex-2.0.0": (
        "hl7.fhir.us.davinci-pdex-2.0.0.tgz",
        {"pdex": "2.0.0", "us-core": "3.1.1", "hrex": "1.0.0", "carin-bb": "2.0.0"},
    ),
    "pdex-2.1.0": ("hl7.fhir.us.davinci-pdex-2.1.0.tgz", {"us-core": "7.0.0"}),
    "pdex-2.2.0": (
        "hl7.fhir.us.davinci-pdex-2.2.0-build20260529.tgz",
        {"pdex": "2.2.0", "us-core": "7.0.0", "carin-bb": "2.2.0"},
    ),
    "plan-net-1.1.0": ("hl7.fhir.us.davinci-pdex-plan-net-1.1.0.tgz", {"us-core": "3.1.1"}),
    "drug-formulary-2.0.1": (
        "hl7.fhir.us.davinci-drug-formulary-2.0.1.tgz",
        {"us-core": "3.1.1"},
    ),
    "hrex-1.0.0": ("hl7.fhir.us.davinci-hrex-1.0.0.tgz", {"hrex": "1.0.0", "us-core": "3.1.1"}),
    "hrex-1.1.0": ("hl7.fhir.us.davinci-hrex-1.1.0.tgz", {"us-core": "7.0.0"}),
}
"""Guide -> its published package, and the versions its examples mean."""


def shared_folder() -> Path | None:
    named = os.environ.get("PAYERPROOF_SHARED")
    place = Path(named) if named else ROOT.parent / "shared"
    return place if place.is_dir() else None


@lru_cache(maxsize=1)
def _packages() -> dict[str, Path]:
    place = shared_folder()
    return {} if place is None else {p.name: p for p in sorted(place.glob("ig*/**/*.tgz"))}


def package(guide: str) -> Path:
    """The package of a guide; the test reads "not run" where it is not at hand."""
    found = _packages().get(GUIDES[guide][0])
    if found is None:
        pytest.skip(f"not run: {GUIDES[guide][0]} is not at hand (PAYERPROOF_SHARED)")
    return found


def members(guide: str) -> Iterator[tuple[str, Any]]:
    """(path in the package, parsed JSON) of every file, read without the project's own reader."""
    with tarfile.open(package(guide)) as archive:
        for member in archive:
            name = member.name
            if not name.endswith(".json") or "/." in name or name.count("/") > 2:
                continue
            stream = archive.extractfile(member)
            if stream is None:
                continue
            try:
                yield name, json.loads(stream.read())
            except ValueError:
                continue


@lru_cache(maxsize=32)
def examples(guide: str) -> tuple[tuple[str, Any], ...]:
    """(file name, resource) of every published example."""
    return tuple(
        (name.rsplit("/", 1)[1], value)
        for name, value in members(guide)
        if "/example/" in name
        and isinstance(value, dict)
        and value.get("resourceType") not in (None, "ImplementationGuide")
    )


@lru_cache(maxsize=32)
def definitions(guide: str) -> dict[str, Any]:
    """Address -> StructureDefinition, ValueSet or CodeSystem as published."""
    return {
        value["url"]: value
        for name, value in members(guide)
        if "/example/" not in name and isinstance(value, dict) and "url" in value
    }
