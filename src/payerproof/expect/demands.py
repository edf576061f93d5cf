"""From a search that a guide demands to a query on this member's record, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from payerproof.expect.outcomes import NotApplicable, not_applicable_unless
from payerproof.expect.queries import Query, chosen
from payerproof.expect.query_values import PATIENT
from payerproof.fhir.searching import values_of
from payerproof.fhir.searching.days import span_of
from payerproof.guides.duties import Duties, Parameter, Search, demanded, duties, versions

PLAIN = frozenset({"_id", "status", "intent", "gender", "lifecycle-status"})
"""Token parameters over plain codes and ids, which have no system that is written."""

GRADED = ("SHALL", "")
"""Levels that bind: where a guide's statement leaves an include ungraded, its text demands it."""


_NEVER = "9999"


class Knows(Protocol):
    """A person whose record was collected."""

    @property
    def patient_id(self) -> str:
        """Logical id of the person's Patient."""
        ...

    @property
    def id(self) -> str:
        """The persona's id."""
        ...

    def known(self, resource_type: str) -> Sequence[Mapping[str, Any]]:
        """Resources of a type that the person's token has shown."""
        ...


def searches(guide: str, *levels: str) -> list[str]:
    """Every search of these levels in any version of a guide, as ``Type:one+two``."""
    return [str(search) for search in demanded(guide, *levels)]


def coded(guide: str, *levels: str) -> list[str]:
    """Searches of these levels by a code or identifier that has a system."""
    return [
        str(search)
        for search in demanded(guide, *levels)
        if any(
            parameter.type == "token" and parameter.name not in PLAIN
            for parameter in _definitions(guide, search)
        )
    ]


def each_parameter(guide: str, *levels: str) -> list[str]:
    """``Type:one+two:two`` for each parameter but the member's and coded ones (see `coded`)."""
    found = []
    for search in demanded(guide, *levels):
        for name in search.names:
            plain = name in PLAIN or not any(
                one.name == name and one.type in ("token", "reference")
                for one in _definitions(guide, search)
            )
            if plain and name not in PATIENT:
                found.append(f"{search}:{name}")
    return found


def compared(guide: str, *levels: str) -> list[str]:
    """Searches of these levels with a date of which the guide demands comparators."""
    return [
        str(search)
        for search in demanded(guide, *levels)
        if any("SHALL" in one.comparators.values() for one in _definitions(guide, search))
    ]


def by_patient(guide: str) -> list[str]:
    """Types that a guide lets an app search by the member."""
    return sorted(
        {s.kind for s in demanded(guide, "SHALL", "SHOULD", "MAY") if s.names == ("patient",)}
    )


def narrowest(held: Duties, kind: str) -> str:
    """The demanded search of a type that names the member and as much else as any."""
    found = [one for one in held.searches("SHALL") if one.kind == kind and "patient" in one.names]
    longest = max(found, key=lambda one: len(one.names), default=None)
    return str(longest) if longest else f"{kind}:patient"


def dates_of(held: Duties, search: str) -> list[str]:
    """Names of the date parameters of a search."""
    kind, _, names = search.partition(":")
    return [
        name
        for name in names.split("+")
        if (found := held.parameter(kind, name)) and found.type == "date"
    ]


def several(guide: str) -> list[str]:
    """``Type:parameter`` of which a guide demands several values, among its searches."""
    found: dict[str, None] = {}
    for version in versions(guide):
        held = duties(guide, version)
        for search in held.searches("SHALL", "SHOULD"):
            for name in search.names:
                parameter = held.parameter(search.kind, name)
                if parameter and parameter.several == "SHALL":
                    found[f"{search}:{name}"] = None
    return sorted(found)


def reads(guide: str, *levels: str) -> list[str]:
    """Types that a server must let read, in any version of a guide."""
    return sorted({kind for v in versions(guide) for kind in duties(guide, v).reads(*levels)})


def included(guide: str, *levels: str, reverse: bool = False) -> list[str]:
    """``Type:include`` of these levels in any version of a guide."""
    found: dict[str, None] = {}
    for version in versions(guide):
        for kind, name in duties(guide, version).includes(*levels, reverse=reverse):
            found[f"{kind} {name}"] = None
    return sorted(found)


def repeatable(guide: str) -> list[str]:
    """``Type:patient+code`` of each demanded search by the member and one code."""
    return [one for one in coded(guide, "SHALL") if ":patient+" in one and one.count("+") == 1]


def updated(person: Knows, held: Duties, kind: str, comparator: str) -> Query:
    """A query by what changed, compared with a change of the record (``_lastUpdated``)."""
    return query(
        person, held, f"{kind}:patient+_lastUpdated", prefixes={"_lastUpdated": comparator}
    )


def _definitions(guide: str, search: Search) -> Iterator[Parameter]:
    for version in versions(guide):
        for name in search.names:
            found = duties(guide, version).parameter(search.kind, name)
            if found:
                yield found


def holding(declared: Iterable[Duties], search: str, *levels: str) -> Duties:
    """The newest declared version that holds a search at one of these levels, else the check ends.

    `search` as `searches` gives it.
    """
    listed = tuple(declared)
    for one in listed:
        if search in {str(found) for found in one.searches(*levels)}:
            return one
    told = " and ".join(one.version for one in listed)
    raise NotApplicable(
        f"The declared version ({told}) does not speak of {search} as one of these."
    )


def query(person: Knows, held: Duties, search: str, **how: Any) -> Query:
    """A query of which it is known what it must find; `how` as in `queries.chosen`.

    Not applicable where the person's token has shown no resource of the type, or none that has a
    value for it.
    """
    kind, _, names = search.partition(":")
    asked = Search(kind, tuple(names.split("+")), "")
    resources = person.known(kind)
    not_applicable_unless(resources, f"{person.id}'s token has shown no {kind}.")
    found = chosen(asked, held, resources, person.patient_id, **how)
    not_applicable_unless(
        found, f"No {kind} of {person.id} has a value to search by {' and '.join(asked.names)}."
    )
    assert found is not None
    return found


def midmost(person: Knows, held: Duties, search: str) -> Query:
    """A query from a day of the known resources on, before and after which there is more.

    Where they lie on two days only, it is the earlier.
    """
    kind = search.partition(":")[0]
    dates = dates_of(held, search)
    parameter = held.parameter(kind, dates[0]) if dates else None
    rows = person.known(kind)
    not_applicable_unless(rows and parameter, f"{person.id}'s token has shown no {kind}.")
    assert parameter
    by_day = {_first_day(row, parameter): row for row in rows}
    days = sorted(set(by_day) - {_NEVER}) or [_NEVER]
    taken = by_day[days[(len(days) - 1) // 2]]
    asked = Search(kind, tuple(search.partition(":")[2].split("+")), "")
    found = chosen(asked, held, [taken], person.patient_id, prefixes=dict.fromkeys(dates, "ge"))
    not_applicable_unless(found, f"No {kind} of {person.id} has a value to search by.")
    assert found
    return found


def _first_day(resource: Mapping[str, Any], parameter: Parameter) -> str:
    spans = (span_of(value) for value in values_of(resource, parameter))
    days = [span.first.isoformat() for span in spans if span and span.first]
    return min(days, default=_NEVER)
