"""Days that are lost: the floor of 2016-01-01, shifted days, and searches by date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision
from payerproof.sandbox.fhir import matching
from payerproof.sandbox.fhir.dates import Span
from payerproof.sandbox.fhir.parameters import Parameter

_EOB = "ExplanationOfBenefit"


def _serviced(claim: Resource) -> str:
    return min(str(item["servicedDate"]) for item in claim["item"])


def _floor(
    name: str, cites: str, title: str, keeps: Callable[[str], bool], *, lawful: bool = False
) -> None:
    """Seed a load that keeps claims by their first day of service."""

    def change(world: World) -> World:
        return world.edit_claims(lambda claim: claim if keeps(_serviced(claim)) else None)

    twin = "" if lawful else "nothing-before-the-floor"
    data(name, "patient_access", cites, title, lawful=lawful, twin=twin)(change)


_floor(
    "floor-day-lost",
    "AC-04-8 Q-REST-27",
    "The load takes services after 2016-01-01, and loses those of the day itself",
    lambda day: day > "2016-01-01",
)

_floor(
    "floor-month-lost",
    "AC-04-8 Q-REST-27",
    "The load begins with the first full month after the date it was told, and loses January 2016",
    lambda day: not "2016-01-01" <= day <= "2016-01-31",
)

_floor(
    "five-years-kept",
    "Q-REST-27 AC-04-8",
    "The API serves five years of claims, and the plan keeps more",
    lambda day: day >= "2021-11-21",
)

_floor(
    "nothing-before-the-floor",
    "AC-04-8",
    "Services before 2016-01-01 are not served, which the rule doesn't ask for",
    lambda day: day >= "2016-01-01",
    lawful=True,
)


@data(
    "service-days-shifted",
    "patient_access",
    "Q-DATA-11",
    "Service days pass through a time stamp in UTC and come out a day early",
)
def _shifted(world: World) -> World:
    def earlier(day: str) -> str:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()

    def change(claim: Resource) -> Resource:
        for item in claim["item"]:
            item["servicedDate"] = earlier(item["servicedDate"])
        return claim

    return world.edit_claims(change)


@data(
    "older-results-left-out",
    "patient_access",
    "Q-REST-27 AC-02-6",
    "Of the clinical record only the last year is served",
)
def _last_year(world: World) -> World:
    for kind in ("Observation", "Encounter", "Procedure"):
        world = world.edit(kind, lambda row: row if _when(row) >= "2025-11-21" else None)
    return world


def _when(row: Resource) -> str:
    period = row.get("period", {}).get("start", "")
    return str(row.get("effectiveDateTime") or row.get("performedDateTime") or period)


@decision(
    "indexed",
    "service-date-by-header",
    "patient_access",
    "Q-REST-17",
    "service-date looks at the billable period, and not at the days of the lines",
)
def _header_only(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    if parameter.name == "service-date":
        return [resource[name] for name in ("billablePeriod",) if name in resource]
    return matching.elements(resource, parameter)


@decision(
    "indexed",
    "service-date-without-pharmacy",
    "patient_access",
    "Q-REST-17",
    "The index of service-date was never filled for pharmacy claims",
)
def _no_pharmacy(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    if parameter.name == "service-date" and "pharmacy" in str(resource.get("type")):
        return ()
    return matching.elements(resource, parameter)


@decision(
    "indexed",
    "created-not-searchable-as-date",
    "patient_access",
    "Q-REST-18",
    "created is indexed as a token, so that a range of dates finds nothing",
)
def _as_token(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    return () if parameter.name == "created" else matching.elements(resource, parameter)


@decision(
    "compare_date",
    "ge-leaves-the-day-out",
    "patient_access",
    "AC-04-8 Q-REST-17",
    "A search from a day on (ge) begins with the day after it",
)
def _strictly_after(prefix: str, wanted: Span, found: Span) -> bool:
    if prefix == "ge":
        return found.start >= wanted.end
    return matching.compare_date(prefix, wanted, found)


@decision(
    "compare_date",
    "le-ends-at-midnight",
    "patient_access",
    "AC-04-8 Q-REST-17",
    "A search up to a day (le) ends with the first moment of it, and leaves the day out",
)
def _until_midnight(prefix: str, wanted: Span, found: Span) -> bool:
    if prefix == "le":
        return found.start < wanted.start
    return matching.compare_date(prefix, wanted, found)


@decision(
    "compare_date",
    "date-search-in-local-time",
    "patient_access",
    "Q-DATA-11",
    "Days in a search are taken in the zone of the office, those of the data in UTC",
)
def _local(prefix: str, wanted: Span, found: Span) -> bool:
    late = timedelta(hours=5)
    return matching.compare_date(prefix, Span(wanted.start + late, wanted.end + late), found)
