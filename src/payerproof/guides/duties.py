"""What a version of a guide demands of a server, read from the compiled facts.

``duties("us-core", "6.1.0").searches("SHALL")`` lists every search that a server must answer; the
definition of each parameter says where it looks (a FHIRPath expression).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from payerproof.guides.library import CORE, SHORT, Library
from payerproof.guides.storage import read_part

STATEMENTS: Mapping[str, str] = {
    "us-core": "us-core-server",
    "carin-bb": "c4bb",
    "plan-net": "plan-net",
    "drug-formulary": "usdf-server",
}
"""Short name of a guide -> last step of the address of its statement about servers."""


_PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition"
_IN_EXTENSIONS = (
    f"PractitionerRole.extension.where(url='{_PLAN_NET}/network-reference')",
    f"Organization.extension.where(url='{_PLAN_NET}/location-reference')",
)
_MEANT = {
    **{one: f"{one}.value" for one in _IN_EXTENSIONS},
    "ExplanationOfBenefit.item.servicedDate": "ExplanationOfBenefit.item.serviced.ofType(date)",
    "ExplanationOfBenefit.item.servicedPeriod": "ExplanationOfBenefit.item.serviced.ofType(Period)",
}
"""Parts of expressions that are no FHIRPath and what they mean: CARIN Blue Button 2.0.0 writes
JSON names, corrected in 2.1.0 (change notes). Plan-Net 1.1.0 and 1.2.0 look for a reference in the
extension itself, of which only the value can hold one."""


@dataclass(frozen=True)
class Search:
    """A search that a guide speaks of: parameters in combination, ``patient`` first."""

    kind: str
    names: tuple[str, ...]
    level: str = field(compare=False)
    """SHALL, SHOULD or MAY."""

    def __str__(self) -> str:
        return f"{self.kind}:{'+'.join(self.names)}"


@dataclass(frozen=True)
class Parameter:
    """Definition of a search parameter."""

    name: str
    type: str
    """token, reference, date, string …"""
    expression: str
    """FHIRPath: what it looks at."""
    targets: tuple[str, ...] = ()
    comparators: Mapping[str, str] = field(default_factory=dict)
    """Prefix of a date -> SHALL, SHOULD or MAY, where the guide grades them."""
    several: str = ""
    """Expectation of several values, one of which must hold (``multipleOr``)."""
    chain: tuple[str, ...] = ()
    """Parameters of what it refers to that may follow it (``location.address-city``)."""


@dataclass(frozen=True)
class Duties:
    """The demands of one guide at one version."""

    guide: str
    version: str
    types: Mapping[str, Any] = field(repr=False)
    own: tuple[Mapping[str, Any], ...] = field(repr=False)
    core: tuple[Mapping[str, Any], ...] = field(repr=False)

    def searches(self, *levels: str) -> tuple[Search, ...]:
        """Every search of these levels, single parameters and combinations."""
        return tuple(one for one in self._searches if one.level in levels)

    def reads(self, *levels: str) -> tuple[str, ...]:
        """Types of which single resources can be read, by expectation."""
        return tuple(
            kind for kind, facts in self.types.items() if facts.get("i", {}).get("read") in levels
        )

    def includes(self, *levels: str, reverse: bool = False) -> tuple[tuple[str, str], ...]:
        """(type, include) of these levels; with `reverse` those of ``_revinclude``.

        Where a guide writes the parameter alone, as Drug Formulary does, the type is put before it.
        """
        return tuple(
            (kind, name if ":" in name else f"{kind}:{name}")
            for kind, facts in self.types.items()
            for name, level in facts.get("v" if reverse else "n", {}).items()
            if level in levels
        )

    def profiles(self, kind: str) -> tuple[str, ...]:
        """Addresses of the guide's profiles of a type."""
        return tuple(self.types.get(kind, {}).get("s", ()))

    def parameter(self, kind: str, name: str) -> Parameter | None:
        """A parameter's definition: the guide's own, else R4's; None where neither has it."""
        return self._parameters.get((kind, name)) or self._parameters.get(("Resource", name))

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of every parameter that the guide or R4 defines for a type."""
        return tuple(name for base, name in self._parameters if base == kind)

    @property
    def chains(self) -> tuple[tuple[str, str], ...]:
        """(type, parameter) of each reference of the guide's own that may be followed."""
        return tuple(
            (base, str(one["code"]))
            for one in self.own
            if one.get("chain")
            for base in one.get("base", ())
            if base in self.types
        )

    @cached_property
    def _parameters(self) -> Mapping[tuple[str, str], Parameter]:
        found = {}
        for one in (*self.core, *self.own):
            for base in one.get("base", ()):
                found[base, str(one["code"])] = Parameter(
                    str(one["code"]),
                    str(one["type"]),
                    _meant(str(one.get("expression", ""))),
                    tuple(one.get("target", ())),
                    dict(one.get("comparator", {})),
                    str(one.get("or", "")),
                    tuple(one.get("chain", ())),
                )
        return found

    @cached_property
    def _searches(self) -> tuple[Search, ...]:
        return tuple(self._each_search())

    def _each_search(self) -> Iterator[Search]:
        for kind, facts in self.types.items():
            for name, (level, _) in facts.get("p", {}).items():
                yield Search(kind, (name,), level)
            for level, names in facts.get("c", ()):
                ordered = sorted(names, key=lambda name: (name != "patient", names.index(name)))
                yield Search(kind, tuple(ordered), level)


def _meant(expression: str) -> str:
    for written, meant in _MEANT.items():
        expression = expression.replace(written, meant)
    return expression


@lru_cache(maxsize=16)
def duties(guide: str, version: str) -> Duties:
    """The demands of a guide by its short name; raises `GuideError` where it is not at hand."""
    library = Library()
    found = library.guide(guide, version)
    content = read_part(found.folder, "search.json.gz")
    suffix = "/" + STATEMENTS[guide]
    types: Mapping[str, Any] = next(
        (types for url, types in content.get("servers", {}).items() if url.endswith(suffix)), {}
    )
    core = read_part(library.guide(CORE, "4.0.1").folder, "search.json.gz")["search"]
    return Duties(guide, version, types, tuple(content["search"]), tuple(core))


@lru_cache(maxsize=4)
def versions(guide: str) -> tuple[str, ...]:
    """The versions of a guide that are at hand, oldest first."""
    return tuple(sorted(v for name, v in Library().guides if name == SHORT[guide]))


def demanded(guide: str, *levels: str) -> tuple[Search, ...]:
    """Every search of these levels in any version of a guide, each once."""
    found: dict[Search, None] = {}
    for version in versions(guide):
        found.update(dict.fromkeys(duties(guide, version).searches(*levels)))
    return tuple(sorted(found, key=str))
