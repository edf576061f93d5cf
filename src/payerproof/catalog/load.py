"""The catalogue as a whole: every file read, every cross-reference checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.requirements import read_requirements, requirement_line
from payerproof.catalog.rules import RuleEdition, read_rules
from payerproof.catalog.sources import SourceEntry, read_sources
from payerproof.model import Requirement


@dataclass(frozen=True, slots=True)
class Catalog:
    """Requirements, rule editions and the mapping of source entries."""

    requirements: Mapping[str, Requirement]
    """By id, ordered by area and then as the files have them."""
    rules: tuple[RuleEdition, ...] = ()
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)

    def requirement(self, identifier: str) -> Requirement:
        """The requirement called `identifier`; raises KeyError with the nearest area's ids."""
        try:
            return self.requirements[identifier]
        except KeyError:
            area = identifier.partition(".")[0]
            near = ", ".join(name for name in self.requirements if name.startswith(f"{area}."))
            raise KeyError(
                f"no requirement {identifier!r}; {area}.* has: {near or 'none'}"
            ) from None

    @property
    def mapped_checks(self) -> tuple[str, ...]:
        """Check ids that the mapping of sources names, sorted; each must exist as a check."""
        return tuple(sorted({check for entry in self.sources.values() for check in entry.checks}))


def load_catalog(suites: Path, rules: Path | None = None) -> Catalog:
    """Read the catalogue below `suites`, and the rule editions in `rules` where given.

    A folder without requirements.toml is no area; a missing sources.toml means no mapping. Raises
    CatalogError, naming file and line, at the first mistake.
    """
    requirements: dict[str, Requirement] = {}
    places: dict[str, Path] = {}
    for path in sorted(suites.glob("*/requirements.toml")):
        for requirement in read_requirements(path):
            if requirement.id in requirements:
                first = places[requirement.id]
                line = requirement_line(path, requirement.id)
                raise CatalogError(path, line, f"{requirement.id} was already given in {first}")
            requirements[requirement.id] = requirement
            places[requirement.id] = path
    mapping = suites / "sources.toml"
    sources = read_sources(mapping, requirements) if mapping.exists() else {}
    editions = read_rules(rules, requirements) if rules is not None else ()
    return Catalog(requirements, editions, sources)
