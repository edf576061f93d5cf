"""Reading ``suites/sources.toml``: which check serves which entry of the source lists.

Entries are the negative tests (``N-``), field quirks (``Q-``) and acceptance criteria (``AC-``) the
suites were drawn up from. Each maps to check ids, or to one reason out of `NotTestedReason`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.reasons import NotTestedReason
from payerproof.catalog.table import CHECK_ID
from payerproof.catalog.toml_lines import TomlFile

_ENTRY = re.compile(r"(N|Q)-[A-Z]+-\d\d|AC-\d\d-\d+")


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One entry of a source list with what serves it: checks, or the reason why none."""

    id: str
    checks: tuple[str, ...] = ()
    reason: NotTestedReason | None = None
    line: int = 0


def read_sources(path: Path, requirements: Collection[str]) -> dict[str, SourceEntry]:
    """Every entry by id; raises CatalogError for an unknown requirement, reason or id form."""
    file = TomlFile.read(path)
    if set(file.data) != {"entries"} or not isinstance(file.data["entries"], dict):
        raise CatalogError(path, 1, "must hold one table [entries] and nothing else")
    entries = file.data["entries"]
    return {key: _entry(file, key, value, requirements) for key, value in entries.items()}


def _entry(file: TomlFile, key: str, value: object, requirements: Collection[str]) -> SourceEntry:
    line = file.key_line("entries", 0, key)
    if not _ENTRY.fullmatch(key):
        raise CatalogError(file.path, line, f"{key!r} is no entry id like N-BOLA-01 or AC-01-1")
    if isinstance(value, str):
        return SourceEntry(key, reason=_reason(file.path, line, value), line=line)
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        raise CatalogError(file.path, line, f"{key} needs a list of distinct check ids or a reason")
    for check in value:
        _check(file.path, line, check, requirements)
    return SourceEntry(key, checks=tuple(value), line=line)


def _reason(path: Path, line: int, value: str) -> NotTestedReason:
    try:
        return NotTestedReason(value)
    except ValueError:
        known = ", ".join(NotTestedReason)
        raise CatalogError(path, line, f"unknown reason {value!r}; known are {known}") from None


def _check(path: Path, line: int, check: object, requirements: Collection[str]) -> None:
    if not isinstance(check, str) or not CHECK_ID.fullmatch(check):
        raise CatalogError(path, line, f"{check!r} is no check id like requirement-id/criterion")
    requirement = check.partition("/")[0]
    if requirement not in requirements:
        raise CatalogError(path, line, f"{check} names the unknown requirement {requirement}")
