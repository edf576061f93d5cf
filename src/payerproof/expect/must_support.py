"""Must support over a population: which elements of a profile nothing of it populates.

That an element was never seen does not prove that the payer leaves it out, so this can only warn.
Which elements need not be seen stands in ``profiles/guides/must-support.toml`` with the reasons.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

from payerproof.expect.outcomes import not_applicable_unless, settle
from payerproof.expect.profiles import validator
from payerproof.fhir.record import Record
from payerproof.guides.duties import Duties, duties, versions
from payerproof.guides.library import Library
from payerproof.places import shipped

_TITLES: Mapping[str, str] = {"us-core": "US Core", "carin-bb": "CARIN Blue Button"}


@dataclass(frozen=True)
class Unseen:
    """A profile's must-support elements over some resources."""

    resources: int
    total: int
    missing: tuple[str, ...]


class Recorded(Protocol):
    """Somebody whose record was collected."""

    @property
    def record(self) -> Record:
        """What searches found."""

    def known(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """Resources of a type that were found or followed."""


def expect_seen(population: Sequence[Recorded], held: Duties, profile: str) -> None:
    """Every must-support element of a profile is populated in some resource that follows it.

    Raises `NotApplicable` where the version has no such profile or nothing follows it, and `Unmet`.
    """
    kind, address = address_of(held, profile)
    guide = f"{_TITLES[held.guide]} {held.version}"
    not_applicable_unless(kind, f"{guide} has no profile {profile} for servers.")
    known = (row for person in population for row in person.known(kind))
    found = unseen(following(known, held, kind, address), held, kind, address)
    not_applicable_unless(found.resources, f"No {kind} of the test members follows {profile}.")
    settle(
        not found.missing,
        f"each of {found.total} must-support elements of {profile} in some resource",
        f"never in {found.resources} resources: {', '.join(found.missing)}"
        if found.missing
        else f"so in {found.resources} resources",
        *(x for person in population for x in person.record.exchanges.get(kind, ())),
    )


def profiles_of(guide: str) -> list[str]:
    """Last step of the address of every profile of a guide's server statement, in any version."""
    return sorted(
        {
            url.rpartition("/")[2]
            for version in versions(guide)
            for kind in duties(guide, version).types
            for url in duties(guide, version).profiles(kind)
        }
    )


def address_of(held: Duties, name: str) -> tuple[str, str]:
    """(type, address) of a profile in one version; empty texts where it has none of that name."""
    for kind in held.types:
        for url in held.profiles(kind):
            if url.rpartition("/")[2] == name:
                return kind, url
    return "", ""


def following(
    resources: Iterable[Mapping[str, Any]], held: Duties, kind: str, address: str
) -> Iterator[Mapping[str, Any]]:
    """Those that name a profile; where the type has one profile only, those that name none too."""
    only = len(held.profiles(kind)) == 1
    for resource in resources:
        meta = resource.get("meta")
        listed = meta.get("profile") if isinstance(meta, Mapping) else None
        named = {str(one).partition("|")[0] for one in listed or []}
        if address in named or (only and not named & set(held.profiles(kind))):
            yield resource


def unseen(rows: Iterable[Mapping[str, Any]], held: Duties, kind: str, address: str) -> Unseen:
    """The must-support elements that none of the resources populates and that are not excused."""
    from payerproof.guides.population import Population

    found = iter(rows)
    first = next(found, None)
    if first is None:
        return Unseen(0, 0, ())
    judge = validator()
    population = Population(judge.schema, judge.fast.judge_run())
    guide = Library().guide(held.guide, held.version)
    key = f"{address}|{guide.profiles[address][1]}"
    for row in chain((first,), found):
        population.see(key, row)
    total, missing, count = population.state()[key]
    paths = [element.partition(".")[2] for element in missing]
    seen = {element.partition(".")[2] for element in total} - set(paths)
    name = address.rpartition("/")[2]
    kept = [
        path
        for path in paths
        if not _lies_in(path, _excused(held.guide, kind, name, frozenset(seen)))
        and not any(path.startswith(other + ".") for other in paths)
    ]
    return Unseen(count, len(total), tuple(kept))


def _lies_in(path: str, elements: frozenset[str]) -> bool:
    return any(path == one or path.startswith((one + ".", one + ":")) for one in elements)


def _excused(guide: str, kind: str, profile: str, seen: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for row in _table()["only-where"]:
        mine = row["guide"] in (guide, "*") and row["type"] == kind
        if mine and row.get("profile", "") in profile and row.get("except") != profile:
            found |= set(row["elements"])
    for row in _table()["either"]:
        if row["guide"] == guide and row["type"] == kind and seen & set(row["elements"]):
            found |= set(row["elements"])
    return frozenset(found)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    path = shipped("profiles") / "guides" / "must-support.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
