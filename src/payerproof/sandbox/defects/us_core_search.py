"""Clinical searches that miss what matches, bring what does not, or are refused in a lawful form.

Written from US Core's General Requirements and statement of server demands, and from R4 search
3.1.1; each is one mistake of an index, a parser or a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import conditions, dates, docref, matching
from payerproof.sandbox.fhir.call import AS_OF, Call, Refused, Reply
from payerproof.sandbox.fhir.conditions import Pairs
from payerproof.sandbox.fhir.dates import Span
from payerproof.sandbox.fhir.parameters import Parameter

_AREA = "us_core"
_SYNTAX = "US-Core:search-syntax"
_SEARCH = "US-Core:server-statement"
_DATES = "US-Core:date-comparators"
_SEVERAL = "US-Core:multiple-or"


# -- tokens ----------------------------------------------------------------------------------------


@decision(
    "token_matches",
    "codes-found-with-system-only",
    _AREA,
    _SYNTAX,
    "A code is found only together with its system",
)
def _with_system_only(asked: str, value: Any, implied_system: str) -> bool:
    coded = isinstance(value, dict) and ("coding" in value or "system" in value)
    if coded and "|" not in asked:
        return False
    return matching.token_matches(asked, value, implied_system)


@decision(
    "token_matches",
    "systems-not-compared",
    _AREA,
    _SYNTAX,
    "Of system and code only the code is compared",
    twin="codes-found-in-any-case",
)
def _code_only(asked: str, value: Any, implied_system: str) -> bool:
    return matching.token_matches(asked.rpartition("|")[2], value, implied_system)


@decision(
    "token_matches",
    "codes-found-in-any-case",
    _AREA,
    _SYNTAX,
    "Codes are compared without regard to case",
    lawful=True,
)
def _any_case(asked: str, value: Any, implied_system: str) -> bool:
    system, bar, code = asked.rpartition("|")
    return any(
        matching.token_matches(f"{system}{bar}{one}", value, implied_system)
        for one in (code, code.lower(), code.upper())
    )


@decision(
    "token_matches",
    "codes-with-system-never-found",
    _AREA,
    _SYNTAX,
    "system|code is compared with the code as one text, so it finds nothing",
)
def _as_one_text(asked: str, value: Any, implied_system: str) -> bool:
    return "|" not in asked and matching.token_matches(asked, value, implied_system)


@decision(
    "indexed",
    "first-coding-indexed",
    _AREA,
    _SEARCH,
    "Only the first coding of a code is indexed; the translation beside it is not found",
)
def _first_coding(resource: dict[str, Any], parameter: Parameter) -> Sequence[Any]:
    return [
        {**one, "coding": one["coding"][:1]} if isinstance(one, dict) and "coding" in one else one
        for one in matching.elements(resource, parameter)
    ]


@decision(
    "indexed",
    "first-category-indexed",
    _AREA,
    _SYNTAX,
    "Only the first category of a resource is indexed",
)
def _first_category(resource: dict[str, Any], parameter: Parameter) -> Sequence[Any]:
    found = matching.elements(resource, parameter)
    return found[:1] if parameter.name == "category" else found


def _not_indexed(kind: str, name: str, defect: str, title: str) -> None:
    """Seed an index that was never built: the parameter is accepted and finds nothing."""

    @decision("indexed", defect, _AREA, _SEARCH, title)
    def _missing(resource: dict[str, Any], parameter: Parameter) -> Sequence[Any]:
        if resource["resourceType"] == kind and parameter.name == name:
            return ()
        return matching.elements(resource, parameter)


_not_indexed(
    "DiagnosticReport", "code", "report-codes-not-indexed", "Reports are not found by their code"
)
_not_indexed(
    "DocumentReference", "type", "document-types-not-indexed", "Documents are not found by type"
)
_not_indexed(
    "PractitionerRole",
    "specialty",
    "specialties-not-indexed",
    "Roles of practitioners are not found by specialty",
)
_not_indexed(
    "Encounter",
    "class",
    "classes-not-indexed",
    "Encounters are not found by class, though the statement lists it",
)
_not_indexed(
    "Location", "address", "location-addresses-not-indexed", "Places are not found by address"
)


# -- parameters that come together -----------------------------------------------------------------


def _dropped(name: str, defect: str, title: str) -> None:
    """Seed a parser that forgets one parameter of a search."""

    @decision("occurrences", defect, _AREA, _SEARCH, title)
    def _forgotten(parameter: str, values: Sequence[str]) -> Sequence[str]:
        return () if parameter == name else conditions.occurrences(parameter, values)


_dropped("category", "category-passed-over", "The category of a search is passed over")
_dropped("intent", "intent-passed-over", "The intent of a search for prescriptions is passed over")
_dropped("authored", "authored-passed-over", "The date of a search for orders is passed over")
_dropped("birthdate", "birthdate-passed-over", "A search by name and birth date looks at the name")


@decision(
    "occurrences",
    "first-of-several-values",
    _AREA,
    _SEVERAL,
    "Of several values of a parameter only the first counts",
)
def _first_value(name: str, values: Sequence[str]) -> Sequence[str]:  # noqa: ARG001
    return [value.split(",")[0] for value in values]


@decision(
    "merge_sources",
    "posted-body-not-read",
    _AREA,
    _SYNTAX,
    "A search by POST reads the address and not the body",
)
def _address_only(query: Pairs, body: Pairs) -> Pairs:  # noqa: ARG001 - that is the mistake
    return query


@decision(
    "reference_matches",
    "typed-references-not-found",
    _AREA,
    _SYNTAX,
    "Patient/id is compared with the id, so a search with the type finds nothing",
)
def _bare_ids(asked: str, value: Any, parameter: Parameter, base: str) -> bool:
    return "/" not in asked and matching.reference_matches(asked, value, parameter, base)


# -- dates -----------------------------------------------------------------------------------------


@decision(
    "compare_date",
    "comparators-as-equal",
    _AREA,
    _DATES,
    "The comparator of a date is cut off and the date compared as equal",
)
def _as_equal(prefix: str, wanted: Span, found: Span) -> bool:  # noqa: ARG001 - that is the mistake
    return matching.compare_date("eq", wanted, found)


@decision(
    "compare_date",
    "greater-takes-the-day-in",
    _AREA,
    _DATES,
    "gt brings the day itself too, as ge does",
    twin="periods-by-overlap",
)
def _from_the_day_on(prefix: str, wanted: Span, found: Span) -> bool:
    return matching.compare_date("ge" if prefix == "gt" else prefix, wanted, found)


@decision(
    "compare_date",
    "periods-by-overlap",
    _AREA,
    _DATES,
    "A period is found by every date that it touches",
    lawful=True,
)
def _by_overlap(prefix: str, wanted: Span, found: Span) -> bool:
    if prefix == "eq":
        return found.start < wanted.end and wanted.start < found.end
    return matching.compare_date(prefix, wanted, found)


@decision(
    "compare_date",
    "dates-to-the-second-refused",
    _AREA,
    _DATES,
    "A date with a time is refused, though the guide demands that precision",
)
def _days_only(prefix: str, wanted: Span, found: Span) -> bool:
    if (wanted.end - wanted.start).total_seconds() <= 1:
        raise Refused(400, "value", "Dates take the form YYYY-MM-DD here.")
    return matching.compare_date(prefix, wanted, found)


@decision(
    "compare_date",
    "before-and-after-swapped",
    _AREA,
    _DATES,
    "lt and le are read as gt and ge",
)
def _swapped(prefix: str, wanted: Span, found: Span) -> bool:
    turned = {"lt": "gt", "le": "ge"}.get(prefix, prefix)
    return dates.compare(turned, wanted, found, AS_OF)


# -- names -----------------------------------------------------------------------------------------


@decision(
    "string_matches",
    "names-compared-whole",
    _AREA,
    _SEARCH,
    "A name is found only if all of it is given, in the case in which it is written",
    twin="names-found-anywhere",
)
def _whole(asked: str, value: Any, modifier: str) -> bool:  # noqa: ARG001 - that is the mistake
    return isinstance(value, dict) and asked == value.get("text", "")


@decision(
    "string_matches",
    "names-found-anywhere",
    _AREA,
    _SEARCH,
    "A name is found by any part of it",
    lawful=True,
)
def _anywhere(asked: str, value: Any, modifier: str) -> bool:
    return matching.string_matches(asked, value, modifier or "contains")


@decision(
    "occurrences",
    "first-of-two-dates",
    _AREA,
    "US-Core:multiple-and",
    "Of two comparisons of one date only the first counts",
)
def _first_date(name: str, values: Sequence[str]) -> Sequence[str]:
    return values[:1] if name in ("date", "authored") else values


@decision(
    "docref",
    "docref-without-reports",
    _AREA,
    "US-Core:docref",
    "$docref looks into a store that is not filled, and lists nothing",
)
def _empty_store(call: Call, pairs: Pairs) -> Reply:
    found = docref.docref(call, pairs)
    return Reply(resource={**(found.resource or {}), "entry": [], "total": 0})
