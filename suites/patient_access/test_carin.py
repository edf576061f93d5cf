"""CARIN Blue Button: profiles named, nothing invented, claims found by each search parameter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from payerproof.expect.claims import (
    CLAIMS,
    Claim,
    Days,
    codings,
    mappings,
    names_its_profile,
    profiles,
    service_days,
)
from payerproof.expect.placeholders import placeholders
from payerproof.fhir.rows import together
from payerproof.suite import (
    Api,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.settings import zone

C4BB = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/"
SINCE_2 = ("service-start-date", "billable-period-start")
"""Search parameters that CARIN Blue Button 2.0.0 added."""

_LONGEST = 3660
"""Days of a stay that are looked at; a longer one is a slip of the pen."""


@check("carin-bb.meta-profile/claims-coverage-patient", needs=("member",))
def test_profiles_are_named(member: Person) -> None:
    """EOB, Coverage and Patient carry meta.profile and meta.lastUpdated, EOB the specific type."""
    # given the record
    record = member.record
    rows = together(member.claims, record.of("Coverage"), record.of("Patient"))
    inconclusive_unless(member.claims, f"{member} sees no claims", *_exchanges(member))
    # when their meta elements are read
    undated = Counter(str(r["resourceType"]) for r in rows if not _last_updated(r))
    unnamed = Counter(str(r["resourceType"]) for r in rows if not _names_profile(r))
    told = [f"{n} {kind} without meta.lastUpdated" for kind, n in undated.items()]
    told += [f"{n} {kind} without the profile of its type" for kind, n in unnamed.items()]
    # then each names its profile and when it changed
    expect.that(
        not told,
        "meta.lastUpdated and the profile of its type on each claim, coverage and Patient",
        ", ".join(told) or f"both on all {len(rows)}",
        *_exchanges(member),
    )


@check("carin-bb.missing-data/placeholders", needs=("member",))
def test_nothing_stands_in_for_missing_data(member: Person) -> None:
    """No placeholder (UNKNOWN, 9999-12-31, empty string) stands in for missing data."""
    # given the record
    rows = member.record.everything
    inconclusive_unless(rows, f"{member} sees no record", *_exchanges(member))
    # when it is looked through for fillers
    found = Counter(path for row in rows for path in placeholders(row))
    # then there is none
    expect.that(
        not found,
        "no filler in place of a missing value",
        ", ".join(f"{path} ({n} times)" for path, n in found.most_common(6))
        or f"none in {len(rows)} resources",
        *_exchanges(member),
    )


@check("carin-bb.search/each-parameter", needs=("member",))
@each(
    "name",
    ("_id", "patient", "identifier", "type", "_lastUpdated", "service-date", "line-date", *SINCE_2),
)
def test_each_search_parameter(
    api: Api, member: Person, capability: Mapping[str, Any], target: Target, name: str
) -> None:
    """EOB search by each required parameter finds the known claim and not the others."""
    # given a value of which the record tells what it must find
    query = _query(name, member, capability, target)
    # when claims are searched by it alone
    pages = api.once(member).all_pages(CLAIMS, [query.pair, ("_count", "100")])
    # then those claims come, and no others
    _finds(query, {str(row.get("id")) for page in pages for row in page.matches})
    expect(*pages).has_status(200)


@check("carin-bb.search/combined", needs=("member",))
@each("name", ("_id", "identifier", "type", "_lastUpdated", "service-date"))
def test_patient_with_another_parameter(
    api: Api, member: Person, capability: Mapping[str, Any], target: Target, name: str
) -> None:
    """EOB search by patient with each other parameter finds their intersection."""
    # given a value of which the record tells what it must find
    query = _query(name, member, capability, target)
    # when claims are searched by the member and by it
    pages = api.once(member).all_pages(
        CLAIMS, [("patient", member.patient_id), query.pair, ("_count", "100")]
    )
    # then those claims come, and no others
    _finds(query, {str(row.get("id")) for page in pages for row in page.matches})
    expect(*pages).has_status(200)


@dataclass(frozen=True)
class _Query:
    """A search parameter with a value, and the ids of the claims that it must find."""

    pair: tuple[str, str]
    wanted: frozenset[str]
    total: int


def _finds(query: _Query, came: set[str]) -> None:
    missing, extra = query.wanted - came, came - query.wanted
    expect.that(
        not missing and not extra,
        f"{len(query.wanted)} of the member's {query.total} claims, by {query.pair[0]}",
        f"{len(query.wanted) - len(missing)} of them and {len(extra)} others",
    )


def _query(name: str, member: Person, capability: Mapping[str, Any], target: Target) -> _Query:
    """Choose the value; inconclusive where the record has none that tells claims apart."""
    not_applicable_unless(
        name not in SINCE_2 or not _is_version_1(capability, target),
        "CARIN Blue Button asks for it since version 2.0.0, and the payer declares 1.x.",
    )
    claims = member.record.of(CLAIMS)
    days = _Days(claims, target)
    choose: dict[str, Callable[[], tuple[str, str] | None]] = {
        "_id": lambda: ("_id", str(claims[0].get("id"))),
        "patient": lambda: ("patient", member.patient_id),
        "identifier": lambda: _first_identifier(claims),
        "type": lambda: _rarest_type(claims),
        "_lastUpdated": lambda: ("_lastUpdated", _last_updated(claims[-1])),
        "service-date": lambda: days.single("service-date"),
        "line-date": days.of_a_line,
        "service-start-date": lambda: days.single("service-start-date"),
        "billable-period-start": lambda: days.single("billable-period-start"),
    }
    inconclusive_unless(len(claims) > 1, f"{member} has too few claims to tell a search by")
    pair = choose[name]()
    not_applicable_unless(pair, f"No claim of {member} has a value that tells it by {name}.")
    assert pair
    wanted = frozenset(str(c.get("id")) for c in claims if _matches(c, *pair, days))
    return _Query(pair, wanted, len(claims))


def _matches(claim: Claim, name: str, value: str, days: _Days) -> bool:
    if name == "identifier":
        return value in {f"{i.get('system', '')}|{i.get('value')}" for i in _identifiers(claim)}
    if name == "type":
        return value in {f"{c.get('system', '')}|{c.get('code')}" for c in codings(claim["type"])}
    if name == "_lastUpdated":
        return _last_updated(claim) == value
    if name in ("_id", "patient"):
        return name == "patient" or claim.get("id") == value
    return str(claim.get("id")) in days.on(date.fromisoformat(value))


@dataclass(frozen=True)
class _Days:
    """Days of service among the claims, of those that leave no doubt about what a search finds."""

    claims: Sequence[Claim]
    target: Target

    def on(self, day: date) -> frozenset[str]:
        """Ids of the claims with a service that lies within one day."""
        return frozenset(ident for ident, spans in self._spans.items() if (day, day) in spans)

    def single(self, name: str) -> tuple[str, str] | None:
        """A day on which every service of every claim that touches it begins and ends."""
        days = sorted({f for spans in self._spans.values() for f, t in spans if f == t})
        found = next((day for day in days if day not in self._doubtful), None)
        return (name, found.isoformat()) if found else None

    def of_a_line(self) -> tuple[str, str] | None:
        """A day that stands on a line of one claim, outside its billable period."""
        for spans in self._spans.values():
            billed, lines = spans[:1], spans[1:]
            for first, last in lines:
                apart = billed and (last < billed[0][0] or first > billed[0][1])
                if apart and first == last and self._touched_by(first) == 1:
                    return "service-date", first.isoformat()
        return None

    @cached_property
    def _spans(self) -> Mapping[str, tuple[Days, ...]]:
        """The days of service of each claim, by its id."""
        where = zone(self.target.policy)
        return {str(claim.get("id")): service_days(claim, where) for claim in self.claims}

    @cached_property
    def _doubtful(self) -> frozenset[date]:
        """Days in or at the edge of a claim with services on other days too."""
        found: set[date] = set()
        for spans in self._spans.values():
            if len({end for span in spans for end in span}) > 1:
                for first, last in spans:
                    days = min((last - first).days, _LONGEST)
                    found |= {first + timedelta(days=n) for n in range(days + 1)}
        return frozenset(found)

    def _touched_by(self, day: date) -> int:
        return sum(any(f <= day <= t for f, t in spans) for spans in self._spans.values())


def _first_identifier(claims: Sequence[Claim]) -> tuple[str, str] | None:
    found = (f"{i.get('system', '')}|{i['value']}" for i in _identifiers(claims[0]))
    value = next(found, "")
    return ("identifier", value) if value else None


def _rarest_type(claims: Sequence[Claim]) -> tuple[str, str] | None:
    seen = Counter(
        f"{coding.get('system', '')}|{coding.get('code')}"
        for claim in claims
        for coding in codings(claim.get("type"))
    )
    return ("type", min(seen, key=lambda v: seen[v])) if len(seen) > 1 else None


def _identifiers(claim: Claim) -> list[Mapping[str, Any]]:
    return [i for i in mappings(claim.get("identifier")) if i.get("value")]


def _last_updated(resource: Mapping[str, Any]) -> str:
    meta = resource.get("meta")
    return str(meta.get("lastUpdated") or "") if isinstance(meta, Mapping) else ""


def _names_profile(resource: Mapping[str, Any]) -> bool:
    kind = resource.get("resourceType")
    return (
        names_its_profile(resource)
        if kind == CLAIMS
        else f"{C4BB}C4BB-{kind}" in profiles(resource)
    )


def _is_version_1(capability: Mapping[str, Any], target: Target) -> bool:
    declared = target.guides.get("carin_bb", "") or " ".join(
        str(address) for address in capability.get("implementationGuide") or []
    )
    return bool(re.search(r"(?:carin-bb\|)1\.|^1\.", declared))


def _exchanges(member: Person) -> tuple[str, ...]:
    return tuple(
        x for k in (CLAIMS, "Coverage", "Patient") for x in member.record.exchanges.get(k, ())
    )
