"""Carry out a search: match, gate, page, include."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir import dates, outcome
from payerproof.sandbox.fhir.bundles import entry, searchset
from payerproof.sandbox.fhir.call import Asked, Call, Criterion, Found, Include, Refused
from payerproof.sandbox.fhir.conditions import Pairs, understand
from payerproof.sandbox.fhir.matching import elements
from payerproof.sandbox.fhir.paging import PageRequest, Snapshot, Snapshots, at_page
from payerproof.sandbox.fhir.parameters import INCLUDES, PARAMETERS
from payerproof.sandbox.fhir.projection import absolute_attachments

SNAPSHOTS = Snapshots()
"""The page snapshots of this process."""

_ROUNDS = 5


def search(call: Call, resource_type: str, pairs: Pairs, *, posted: bool = False) -> dict[str, Any]:
    """Answer a new search with its first page.

    Raises `Refused`: 403 without scope (whether or not there is data), 400 on what is not
    understood, 403 for another member where the face refuses.
    """
    _require_scope(call, resource_type)
    asked, tests = understand(call, resource_type, pairs, posted=posted)
    _answer_foreign(call, asked)
    matched = [
        resource
        for resource in call.world.resources(resource_type)
        if matches(call, resource, asked.criteria) and all(test(resource) for test in tests)
    ]
    return _page(call, asked, _sorted(call, matched, asked), key="")


def later_page(
    presented: Access | Refusal, build: Callable[[Access], Call], tenant: str, link: PageRequest
) -> dict[str, Any]:
    """Answer a page link. `build` makes the call for the access that the page is answered with.

    Raises `Refused`: 410 for a link whose snapshot has gone, 401 or 403 as the policy decides.
    """
    snapshot = SNAPSHOTS.get(tenant, link.key)
    if isinstance(presented, Refusal) and snapshot is None:
        raise unauthorized(presented)
    if snapshot is None:
        raise Refused(410, "expired", "The page link has expired; repeat the search.")
    assert isinstance(presented, Access | Refusal)
    call = build(snapshot.made)
    access = call.policies.page_access(presented, snapshot.made)
    if isinstance(access, Refusal):
        raise unauthorized(access)
    call = replace(call, access=access)
    _require_scope(call, snapshot.asked.resource_type)
    rows = [found for found in map(call.world.at, snapshot.matches) if found is not None]
    return _page(call, at_page(snapshot.asked, link), rows, key=link.key)


def unauthorized(refusal: Refusal) -> Refused:
    """Make the FHIR form of a refusal of the authorization layer."""
    codes = {401: "login", 403: "forbidden", 503: "transient"}
    code = codes.get(refusal.status, "security")
    text = refusal.description or "The request carries no token that opens anything."
    return Refused(refusal.status, code, text, headers=refusal.headers)


def matches(call: Call, resource: Resource, criteria: Iterable[Criterion]) -> bool:
    """Whether a resource satisfies all criteria, each by one of its alternatives."""
    return all(_satisfies(call, resource, criterion) for criterion in criteria)


def _satisfies(call: Call, resource: Resource, criterion: Criterion) -> bool:
    policies, parameter = call.policies, criterion.parameter
    if parameter.name == "_id" and not criterion.modifier:
        return policies.id_listed(str(resource["id"]), criterion.values)
    found = policies.indexed(resource, parameter)
    if criterion.modifier == "missing":
        return any((value == "true") != bool(found) for value in criterion.values)
    if parameter.kind == "token":
        hit = any(
            policies.token_matches(asked, value, parameter.system)
            for asked in criterion.values
            for value in found
        )
        return hit != (criterion.modifier == "not")
    if parameter.kind == "date":
        return _date_matches(call, criterion.values, found)
    if parameter.kind == "reference":
        return _reference_matches(call, criterion, found)
    return any(
        policies.string_matches(asked, value, criterion.modifier)
        for asked in criterion.values
        for value in found
    )


def _date_matches(call: Call, values: Sequence[str], found: Sequence[Any]) -> bool:
    spans = [one for one in map(dates.span_of, found) if one is not None]
    for value in values:
        prefix, text = dates.split_prefix(value)
        wanted = dates.span(text)
        if any(call.policies.compare_date(prefix, wanted, one) for one in spans):
            return True
    return False


def _reference_matches(call: Call, criterion: Criterion, found: Sequence[Any]) -> bool:
    if criterion.modifier == "identifier":
        named = [value["identifier"] for value in found if "identifier" in value]
        return any(
            call.policies.token_matches(asked, value, "")
            for asked in criterion.values
            for value in named
        )
    return any(
        call.policies.reference_matches(asked, value, criterion.parameter, call.base)
        for asked in criterion.values
        for value in found
    )


def _require_scope(call: Call, resource_type: str) -> None:
    if not call.policies.scope_allows(call.access, resource_type, "s"):
        raise outcome.insufficient_scope(resource_type)


def _answer_foreign(call: Call, asked: Asked) -> None:
    """Refuse, where the face refuses, a search that names a Patient other than the token's."""
    if call.policies.foreign_patients(call.access, named_patients(call, asked)):
        refused = call.policies.foreign_search(call.face)
        if refused is not None:
            raise refused


def named_patients(call: Call, asked: Asked) -> tuple[str, ...]:
    """Patient ids that a search names, in whatever form."""
    named = []
    for criterion in asked.criteria:
        parameter = criterion.parameter
        if criterion.modifier:
            continue
        by_id = asked.resource_type == "Patient" and parameter.name == "_id"
        for value in criterion.values:
            relative = value.removeprefix(call.base + "/")
            if relative.startswith("Patient/"):
                named.append(relative.removeprefix("Patient/"))
            elif by_id or (parameter.targets == ("Patient",) and "/" not in relative):
                named.append(relative)
    return tuple(named)


def _sorted(call: Call, rows: list[Resource], asked: Asked) -> list[Resource]:
    for key in reversed(asked.sort):
        parameter = PARAMETERS[asked.resource_type][key.lstrip("-")]
        rows = sorted(
            rows,
            key=lambda row, parameter=parameter: _sort_key(call, row, parameter),  # type: ignore[misc]
            reverse=key.startswith("-"),
        )
    return rows


def _sort_key(call: Call, row: Resource, parameter: Any) -> tuple[bool, str]:
    values = call.policies.indexed(row, parameter)
    if parameter.kind == "date":
        texts = [one.start.isoformat() for one in map(dates.span_of, values) if one is not None]
    else:
        texts = [str(value) for value in values]
    return (not texts, min(texts, default=""))


def _gate(call: Call, rows: Sequence[Resource], asked: Asked) -> Found:
    """Keep what the token may see: its member's, disclosable, and covered by its scopes."""
    policies = call.policies
    visible: list[Resource] = []
    hidden: list[Resource] = []
    for row in rows:
        if not policies.may_find(call.access, row, call.world, asked):
            continue
        disclosed = policies.discloses_search(call.access, row, call.world)
        covered = disclosed and policies.granular_search(call.access, row, "s")
        (visible if covered else hidden).append(row)
    return Found(tuple(visible), tuple(hidden))


def _page(call: Call, asked: Asked, rows: Sequence[Resource], key: str) -> dict[str, Any]:
    policies = call.policies
    found = _gate(call, rows, asked)
    counted = policies.total(found, asked, call.face)
    links = [("self", policies.self_link(call.base, asked))]
    if asked.summary == "count" or asked.count == 0:
        return policies.assemble(searchset(links, [], counted), call, asked)
    size = policies.page_size(asked, call.face)
    start = asked.offset
    matches_here = found.visible[start : start + size]
    if len(found.visible) > size or start:
        snapshot = Snapshot(call.access, replace(asked, offset=0), tuple(map(_key, rows)))
        key = key or SNAPSHOTS.store(call.tenant_name, snapshot)
        links += policies.page_links(call, asked, key, size, len(found.visible))
    entries = [entry(call, shown(call, row, asked), "match") for row in matches_here]
    entries += [
        entry(call, shown(call, row), "include") for row in _included(call, asked, matches_here)
    ]
    return policies.assemble(searchset(links, entries, counted), call, asked)


def _key(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def shown(call: Call, resource: Resource, asked: Asked | None = None) -> Resource:
    """Make what goes out of a resource: redacted, URLs absolute, and projected for a match."""
    redacted = call.policies.redact(call.access, resource)
    written = absolute_attachments(redacted, call.base)
    if asked is None or not (asked.elements or asked.summary):
        return written
    return call.policies.project(written, asked.elements, asked.summary)


def _included(call: Call, asked: Asked, matches_here: Sequence[Resource]) -> list[Resource]:
    """Follow includes from the matches, and iterated ones from what they brought."""
    if not (asked.includes or asked.revincludes):
        return []
    known = {_key(row) for row in matches_here}
    included: list[Resource] = []
    wave: Sequence[Resource] = matches_here
    for round_number in range(_ROUNDS):
        brought = []
        for row in wave:
            for candidate in _neighbours_of(call, asked, row, first=round_number == 0):
                if _key(candidate) not in known and _may_ride(call, candidate):
                    known.add(_key(candidate))
                    brought.append(candidate)
        included += brought
        wave = brought
        if not wave:
            break
    return included


def _neighbours_of(call: Call, asked: Asked, row: Resource, *, first: bool) -> Iterable[Resource]:
    kind = row["resourceType"]
    for include in asked.includes:
        if include.source == kind and (first or include.iterate):
            yield from _forward(call, asked, row, include)
    for include in asked.revincludes:
        if first or include.iterate:
            yield from call.policies.revinclude_sources(
                call.access, row, (include.source, include.parameter), call.world, asked
            )


def _forward(call: Call, asked: Asked, row: Resource, include: Include) -> Iterable[Resource]:
    kind = row["resourceType"]
    names = INCLUDES.get(kind, ()) if include.parameter == "*" else (include.parameter,)
    for name in names:
        for reference in elements(row, PARAMETERS[kind][name]):
            found = call.policies.include_target(call.access, reference, call.world, asked)
            if found is not None and include.target in ("", found["resourceType"]):
                yield found


def _may_ride(call: Call, resource: Resource) -> bool:
    policies, kind = call.policies, resource["resourceType"]
    return (
        policies.scope_allows_include(call.access, kind)
        and policies.discloses_include(call.access, resource, call.world)
        and policies.granular_include(call.access, resource, "include")
    )
