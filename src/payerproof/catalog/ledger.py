"""Reading ``suites/ids.txt``: every id ever given, so that none vanishes or changes its level.

The file is append-only. Its lines are ``requirement ID LEVEL``, ``check ID`` and
``retired ID REASON``; ``#`` starts a comment. A later ``requirement`` line of the same id records a
change of level, with the reason as its comment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.table import CHECK_ID, REQUIREMENT_ID
from payerproof.model import Level, Requirement


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ids of the ledger as they stand after its last line."""

    path: Path
    requirements: Mapping[str, Level]
    checks: tuple[str, ...]
    retired: Mapping[str, str]

    def requirement_problems(self, catalogue: Mapping[str, Requirement]) -> list[str]:
        """Sentences about requirements that vanished, came back, are new or changed level."""
        problems = []
        for identifier, level in self.requirements.items():
            if identifier not in catalogue:
                problems.append(f"{identifier} is in the ledger and no longer in the catalogue")
            elif catalogue[identifier].level is not level:
                now = catalogue[identifier].level
                problems.append(f"{identifier} was {level} and is now {now}: record the change")
        for identifier, requirement in catalogue.items():
            if identifier in self.retired:
                problems.append(f"{identifier} is retired and must not come back")
            elif identifier not in self.requirements:
                problems.append(f"add the line: requirement {identifier} {requirement.level}")
        return problems

    def check_problems(self, checks: Collection[str]) -> list[str]:
        """Sentences about checks that vanished, came back or are new."""
        gone = [
            f"{identifier} is in the ledger and no check any more"
            for identifier in self.checks
            if identifier not in checks
        ]
        back = [
            f"{identifier} is retired and must not come back"
            for identifier in sorted(checks)
            if identifier in self.retired
        ]
        new = [
            f"add the line: check {identifier}"
            for identifier in sorted(checks)
            if identifier not in self.checks and identifier not in self.retired
        ]
        return gone + back + new


def load_ledger(path: Path) -> Ledger:
    """Read the ledger; raises CatalogError for a line of no known form."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CatalogError(path, 0, f"cannot be read: {error.strerror}") from None
    requirements: dict[str, Level] = {}
    checks: dict[str, None] = {}
    retired: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        identifier, _, value = rest.strip().partition(" ")
        if not kind:
            continue
        if identifier in retired:
            raise CatalogError(path, number, f"{identifier} was retired; ids are never reused")
        if kind == "requirement" and REQUIREMENT_ID.fullmatch(identifier):
            requirements[identifier] = _level(path, number, value)
        elif kind == "check" and CHECK_ID.fullmatch(identifier) and not value:
            if identifier in checks:
                raise CatalogError(path, number, f"{identifier} is listed twice")
            checks[identifier] = None
        elif kind == "retired" and (identifier in requirements or identifier in checks) and value:
            requirements.pop(identifier, None)
            checks.pop(identifier, None)
            retired[identifier] = value
        else:
            form = "requirement ID LEVEL, check ID, or retired ID REASON of an id given above"
            raise CatalogError(path, number, f"a line must read {form}")
    return Ledger(path, requirements, tuple(checks), retired)


def _level(path: Path, number: int, value: str) -> Level:
    try:
        return Level(value)
    except ValueError:
        known = ", ".join(Level)
        raise CatalogError(path, number, f"level {value!r} must be one of {known}") from None
