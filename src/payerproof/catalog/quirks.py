"""Reading ``suites/quirks.toml``: what a client must do where a field quirk is met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.sources import SourceEntry
from payerproof.catalog.toml_lines import TomlFile


def read_quirks(path: Path, sources: Mapping[str, SourceEntry]) -> dict[str, dict[str, Any]]:
    """Quirk id -> ``cope`` (one sentence) and ``checks``; only quirks that checks serve.

    Raises CatalogError for an entry that ``sources.toml`` does not have, or that no check serves.
    """
    file = TomlFile.read(path)
    cope = file.data.get("cope")
    if set(file.data) != {"cope"} or not isinstance(cope, dict):
        raise CatalogError(path, 1, "must hold one table [cope] and nothing else")
    found = {}
    for name, sentence in cope.items():
        line = file.key_line("cope", 0, name)
        entry = sources.get(name)
        if entry is None or not entry.checks:
            raise CatalogError(path, line, f"{name} is no quirk of sources.toml that checks serve")
        if not isinstance(sentence, str) or not sentence.endswith("."):
            raise CatalogError(path, line, f"{name} needs one sentence")
        found[name] = {"cope": sentence, "checks": list(entry.checks)}
    return found
