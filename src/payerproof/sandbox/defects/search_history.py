"""Searches by _lastUpdated, and parameters that come twice, misunderstood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import matching
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.fhir.dates import Span
from payerproof.sandbox.fhir.parameters import Parameter

AREA = "us_core"
CITES = "Q-REST-17 Q-REST-19"


def _only(names: tuple[str, ...], kept: slice) -> object:
    def occurrences(name: str, values: Sequence[str]) -> Sequence[str]:
        return values[kept] if name in names else values

    return occurrences


def _seed(name: str, title: str, *, lawful: bool = False, **decisions: Any) -> None:
    seed(name, AREA, CITES, title, fhir(**decisions), lawful=lawful)


_seed(
    "last-updated-ignored",
    "_lastUpdated is accepted and changes nothing: everything is found",
    occurrences=_only(("_lastUpdated",), slice(0)),
)
# No text says whether _lastUpdated may come twice: R4's definition leaves multipleAnd open, so
# a server decides, and US Core wants ranges of the dates of its own parameters only. The self link
# tells which of the two was used, as R4 demands (Search, server conformance).
_seed(
    "last-updated-first-of-two",
    "Of _lastUpdated=ge… and _lastUpdated=le… the first counts",
    lawful=True,
    occurrences=_only(("_lastUpdated",), slice(1)),
)
_seed(
    "last-updated-last-of-two",
    "Of _lastUpdated=ge… and _lastUpdated=le… the last counts",
    lawful=True,
    occurrences=_only(("_lastUpdated",), slice(-1, None)),
)


def _stamped(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    found = matching.elements(resource, parameter)
    if parameter.name != "_lastUpdated":
        return found
    return [str(one)[:10] for one in found]


def _never_indexed(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    return () if parameter.name == "_lastUpdated" else matching.elements(resource, parameter)


def _by_version_one(resource: Resource, parameter: Parameter) -> Sequence[Any]:
    """The day of the service stands in for that of the update."""
    if parameter.name != "_lastUpdated":
        return matching.elements(resource, parameter)
    known = (resource.get(name) for name in ("created", "effectiveDateTime", "recordedDate"))
    return [one for one in known if one] or matching.elements(resource, parameter)


_seed(
    "last-updated-by-the-day",
    "_lastUpdated is indexed by the day: a search to the second finds the whole day",
    indexed=_stamped,
)
_seed(
    "last-updated-not-indexed",
    "_lastUpdated isn't indexed: a search by it finds nothing",
    indexed=_never_indexed,
)
_seed(
    "last-updated-is-created",
    "_lastUpdated searches the day on which a row was created, not that of its last change",
    indexed=_by_version_one,
)


def _united(_name: str, values: Sequence[str]) -> Sequence[str]:
    return (",".join(values),)


def _last(_name: str, values: Sequence[str]) -> Sequence[str]:
    return values[-1:]


_seed(
    "repeated-parameters-united",
    "A parameter that comes twice is taken as «either», where both must hold",
    occurrences=_united,
)
_seed(
    "last-of-repeated-counts",
    "Of a parameter that comes twice the last counts: it overwrites the first",
    occurrences=_last,
)


@decision(
    "compare_date",
    "comparisons-one-off",
    AREA,
    CITES,
    "gt is compared as ge and lt as le: the moment itself is found by both",
)
def _one_off(prefix: str, wanted: Span, found: Span) -> bool:
    wider = {"gt": "ge", "lt": "le"}.get(prefix, prefix)
    return matching.compare_date(wider, wanted, found)


@decision(
    "compare_date",
    "moments-an-hour-late",
    AREA,
    CITES,
    "Moments to the second are read in the zone of the server, an hour off",
)
def _an_hour_late(prefix: str, wanted: Span, found: Span) -> bool:
    if wanted.end - wanted.start >= timedelta(days=1):
        return matching.compare_date(prefix, wanted, found)
    late = timedelta(hours=1)
    return matching.compare_date(prefix, Span(wanted.start + late, wanted.end + late), found)


def _as_sent(base: str, asked: Asked) -> str:
    """The self link repeats what was sent, used or not."""
    return f"{base}/{asked.resource_type}?{urlencode(asked.sent)}"


def _first(_name: str, values: Sequence[str]) -> Sequence[str]:
    return values[:1]


_seed(
    "last-of-repeated-counts-unsaid",
    "Of a parameter that comes twice the last counts; the self link repeats both",
    occurrences=_last,
    self_link=_as_sent,
)
_seed(
    "first-of-repeated-counts-unsaid",
    "Of a parameter that comes twice the first counts; the self link repeats both",
    occurrences=_first,
    self_link=_as_sent,
)
