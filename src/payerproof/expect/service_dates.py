"""When something other than a claim was done: the date elements of each type, from guides' facts.

42 CFR 422.119(h)(1)(i) goes by the date of service, and FHIR R4 names no such element. What a
type's date parameters look at (R4's own and those of US Core) is taken for it, but for the few that
tell of something else. Device has none: US Core's implant knows when it was made and when it
expires, not when it was put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from payerproof.expect.advertised import lists_search
from payerproof.expect.demands import Knows, dates_of
from payerproof.expect.queries import Query, asking, chosen
from payerproof.fhir.record import CLAIMS_AND_CLINICAL
from payerproof.fhir.searching import values_of
from payerproof.fhir.searching.days import span_of
from payerproof.guides.duties import Duties, Parameter, Search, duties, versions

NOT_OF_SERVICE = frozenset(
    {
        "_lastUpdated",
        "abatement-date",
        "activity-date",
        "birthdate",
        "issued",
        "last-date",
        "reaction-date",
        "target-date",
        "value-date",
    }
)
"""Date parameters over what was still to come, ended, was measured, or was written down later."""
_NO_CLINICAL = ("Coverage", "ExplanationOfBenefit", "RelatedPerson")


def service_parameters(held: Duties, kind: str) -> tuple[Parameter, ...]:
    """The parameters that look at the dates of service of a type, as a version defines them."""
    named = (held.parameter(kind, name) for name in held.names(kind))
    return tuple(
        one for one in named if one and one.type == "date" and one.name not in NOT_OF_SERVICE
    )


def dated_types() -> list[str]:
    """Clinical types that have a date of service in any version of US Core."""
    return sorted(
        kind
        for kind in CLAIMS_AND_CLINICAL
        if kind not in _NO_CLINICAL
        and any(service_parameters(duties("us-core", one), kind) for one in versions("us-core"))
    )


def done_on(
    rows: Iterable[Mapping[str, Any]], parameters: Iterable[Parameter], day: date
) -> tuple[Mapping[str, Any], ...]:
    """Those with a date of service that begins on a day, as written or in UTC."""
    looked_at = tuple(parameters)
    return tuple(
        row
        for row in rows
        if any(_begins(value, day) for one in looked_at for value in values_of(row, one))
    )


def _begins(value: Any, day: date) -> bool:
    text = value.get("start") if isinstance(value, Mapping) else value
    span = span_of(text)
    if span is None or not isinstance(text, str) or len(text) < len("2016-01-01"):
        return False
    return text.startswith(day.isoformat()) or bool(span.instant and span.instant.date() == day)


def from_floor_on(
    person: Knows,
    held: Duties,
    statement: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    floor: date,
) -> Query | None:
    """The date search from the floor on that must find one of these; None where there is none.

    Searches that the guide demands come first, then those that it recommends and the payer's own
    statement lists.
    """
    kind = str(rows[0]["resourceType"])
    told = {one.name for one in service_parameters(held, kind)}
    for search in _searches(held, statement, kind):
        names = dates_of(held, str(search))
        if told.issuperset(names):
            ge = dict.fromkeys(names, "ge")
            found = chosen(search, held, rows, person.patient_id, prefixes=ge)
            if found:
                return asking(found, names, f"ge{floor.isoformat()}", person.known(kind))
    return None


def _searches(held: Duties, statement: Mapping[str, Any], kind: str) -> Iterator[Search]:
    """Searches by the member and one date, the shortest first among those of a level."""
    of_it = [
        one
        for one in held.searches("SHALL", "SHOULD")
        if one.kind == kind and "patient" in one.names and len(dates_of(held, str(one))) == 1
    ]
    for one in sorted(of_it, key=lambda one: (one.level != "SHALL", len(one.names))):
        if one.level == "SHALL" or lists_search(statement, str(one)):
            yield one
