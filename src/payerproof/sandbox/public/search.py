"""Searching what is published: all parameters of the guides, includes, pages by offset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.fhir import dates
from payerproof.sandbox.fhir.bundles import searchset
from payerproof.sandbox.fhir.call import Criterion, Refused
from payerproof.sandbox.fhir.matching import (
    MODIFIERS,
    check_value,
    compare_date,
    elements,
    reference_matches,
    split,
    string_matches,
    token_matches,
    unescape,
)
from payerproof.sandbox.fhir.parameters import Parameter
from payerproof.sandbox.public.chains import Test
from payerproof.sandbox.public.tables import REVERSE, TABLES

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_MOST = 100
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Shelf:
    """One open API of a tenant: ``directory`` or ``formulary``, its base and its data."""

    tenant: Tenant
    api: str

    @property
    def base(self) -> str:
        """The FHIR base, without trailing slash."""
        return f"{self.tenant.base}/{self.api}/fhir"

    @property
    def world(self) -> World:
        """What is published now."""
        return self.tenant.published[self.api]

    @property
    def tables(self) -> dict[str, dict[str, Parameter]]:
        """Search parameters by resource type."""
        return {kind: dict(rows) for kind, rows in TABLES[self.api].items()}


def search(shelf: Shelf, kind: str, pairs: Pairs) -> dict[str, Any]:
    """Answer a search with one page; raises `Refused` (400) on a bad value."""
    kept, criteria = _understood(shelf, kind, pairs)
    chains = _chains(shelf, kind, pairs)
    matches = shelf.tenant.policies.public.matches
    rows = [
        one
        for one in shelf.world.resources(kind)
        if all(matches(shelf, one, criterion) for criterion in criteria)
        and all(test(one) for test in chains.values())
    ]
    kept += list(chains)
    given = dict(pairs)
    size = min(_whole(given.get("_count"), shelf.tenant.face.page_size) or _MOST, _MOST)
    offset = _whole(given.get("_offset"), 0)
    page = rows[offset : offset + size]
    links = [("self", f"{shelf.base}/{kind}" + (f"?{urlencode(kept)}" if kept else ""))]
    if offset + size < len(rows):
        following = [*kept, ("_count", str(size)), ("_offset", str(offset + size))]
        links.append(("next", f"{shelf.base}/{kind}?{urlencode(following)}"))
    entries = [_entry(shelf, one, "match") for one in page]
    entries += [_entry(shelf, one, "include") for one in _included(shelf, page, pairs)]
    return searchset(links, entries, len(rows))


def _entry(shelf: Shelf, resource: Resource, mode: str) -> dict[str, Any]:
    url = f"{shelf.base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Refused(400, "value", "_count and _offset take whole numbers.")
    return int(text)


def _understood(
    shelf: Shelf, kind: str, pairs: Pairs
) -> tuple[list[tuple[str, str]], list[Criterion]]:
    kept, criteria = [], []
    for name, value in pairs:
        bare, _, modifier = name.partition(":")
        if name in ("_include", "_revinclude"):
            kept.append((name, value))
        parameter = TABLES[shelf.api][kind].get(bare)
        if parameter is None or not value:
            continue
        typed = parameter.kind == "reference" and modifier in parameter.targets
        if modifier and modifier not in MODIFIERS[parameter.kind] and not typed:
            raise Refused(400, "not-supported", f"A modifier of {bare} is not supported here.")
        values = split(value, ",")
        if parameter.kind != "token":
            values = [unescape(one) for one in values]
        criterion = Criterion(parameter, "" if typed else modifier, tuple(values))
        check_value(criterion)
        criteria.append(criterion)
        kept.append((name, value))
    return kept, criteria


def _chains(shelf: Shelf, kind: str, pairs: Pairs) -> dict[tuple[str, str], Test]:
    """The test of each chained parameter that is understood."""
    chained = shelf.tenant.policies.public.chained
    tests = {(name, value): chained(shelf, kind, name, value) for name, value in pairs if value}
    return {pair: test for pair, test in tests.items() if test is not None}


def matches(shelf: Shelf, resource: Resource, criterion: Criterion) -> bool:
    """Whether a resource satisfies a criterion by one of its alternatives."""
    parameter, modifier = criterion.parameter, criterion.modifier
    found = elements(resource, parameter)
    if modifier == "missing":
        return any((value == "true") != bool(found) for value in criterion.values)
    if parameter.kind == "token":
        hit = any(token_matches(a, b, parameter.system) for a in criterion.values for b in found)
        return hit != (modifier == "not")
    if parameter.kind == "date":
        return _in_time(criterion.values, found)
    if parameter.kind == "reference":
        return any(
            reference_matches(a, b, parameter, shelf.base) for a in criterion.values for b in found
        )
    return any(string_matches(a, b, modifier) for a in criterion.values for b in found)


def _in_time(values: Iterable[str], found: Iterable[Any]) -> bool:
    spans = [one for one in map(dates.span_of, found) if one is not None]
    for value in values:
        prefix, text = dates.split_prefix(value)
        wanted = dates.span(text)
        if any(compare_date(prefix, wanted, one) for one in spans):
            return True
    return False


def _included(shelf: Shelf, page: Sequence[Resource], pairs: Pairs) -> list[Resource]:
    known = {f"{one['resourceType']}/{one['id']}" for one in page}
    found: list[Resource] = []
    for name, value in pairs:
        source, _, rest = value.partition(":")
        parameter = rest.partition(":")[0]
        if name == "_include":
            rows: Iterable[Resource | None] = _forward(shelf, page, source, parameter)
        elif name == "_revinclude":
            rows = _backward(shelf, page, source, parameter)
        else:
            continue
        for row in rows:
            if row is not None and f"{row['resourceType']}/{row['id']}" not in known:
                known.add(f"{row['resourceType']}/{row['id']}")
                found.append(row)
    return found


def _forward(
    shelf: Shelf, page: Sequence[Resource], source: str, name: str
) -> Iterable[Resource | None]:
    parameter = TABLES[shelf.api].get(source, {}).get(name)
    for row in page:
        if parameter is not None and row["resourceType"] == source:
            for one in elements(row, parameter):
                yield shelf.world.at(str(one.get("reference", "")))


def _backward(
    shelf: Shelf, page: Sequence[Resource], source: str, name: str
) -> Iterable[Resource | None]:
    for row in page:
        kind = row["resourceType"]
        if (source, name) not in REVERSE[shelf.api].get(kind, ()):
            continue
        parameter, key = TABLES[shelf.api][source][name], f"{kind}/{row['id']}"
        for other in shelf.world.referrers(key):
            named = (one.get("reference") for one in elements(other, parameter))
            if other["resourceType"] == source and key in named:
                yield other
