"""Searches chosen from a record so that it is known what they must find, and judged by what came.

The values are taken from resources that the member's token has shown. Placeholders are avoided, and
a query that tells resources apart is preferred to one that all of them satisfy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from payerproof.expect.outcomes import not_applicable_unless, settle
from payerproof.expect.query_values import NOBODYS, candidates
from payerproof.fhir.reply import Reply
from payerproof.fhir.rows import Rows
from payerproof.fhir.searching import Criterion, Fit, all_of, satisfies, values_of
from payerproof.guides.duties import Duties, Parameter, Search

_LOOKED_AT = 40
"""Resources from which values are taken; many more would only cost time."""
_TRIED = 150
"""Combinations of values that are compared."""


@dataclass
class Shelf:
    """Known resources of one type, with what each parameter sees in them, looked at once."""

    resources: Sequence[Mapping[str, Any]]
    _seen: dict[tuple[int, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.resources, Rows):
            # a member's record is looked at by every check that searches
            self._seen = self.resources.seen

    def values(self, at: int, parameter: Parameter) -> tuple[Any, ...]:
        """What a parameter sees in one of them."""
        key = (at, parameter.expression)
        if key not in self._seen:
            self._seen[key] = values_of(self.resources[at], parameter)
        found: tuple[Any, ...] = self._seen[key]
        return found

    def ident(self, at: int) -> str:
        """The logical id of one of them."""
        if (at, "") not in self._seen:
            self._seen[at, ""] = str(self.resources[at].get("id"))
        return str(self._seen[at, ""])

    def fit(self, at: int, criteria: Sequence[Criterion]) -> Fit:
        """Whether one of them satisfies all criteria."""
        return all_of(satisfies(self.values(at, one.parameter), one) for one in criteria)


@dataclass(frozen=True)
class Query:
    """A search with what it must find and what it must not."""

    kind: str
    criteria: tuple[Criterion, ...]
    wanted: frozenset[str]
    """Ids of known resources that satisfy it for certain."""
    known: int

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters as they are sent."""
        return [criterion.pair for criterion in self.criteria]

    @property
    def named(self) -> str:
        """The names of its parameters, without values."""
        return " and ".join(dict.fromkeys(criterion.parameter.name for criterion in self.criteria))


def chosen(
    search: Search,
    duties: Duties,
    resources: Sequence[Mapping[str, Any]],
    patient: str,
    *,
    prefixes: Mapping[str, str] | None = None,
    bare: bool = False,
) -> Query | None:
    """The query that tells most apart among known resources; None where no value serves.

    `prefixes` gives date parameters a comparator, with ``+time`` for one to the second; `bare`
    leaves the systems of codes out.
    """
    parameters = [duties.parameter(search.kind, name) for name in search.names]
    if not all(parameters):
        return None
    shelf = Shelf(resources)
    best: tuple[int, tuple[Criterion, ...]] | None = None
    for criteria in _tries(shelf, [p for p in parameters if p], patient, prefixes or {}, bare=bare):
        fits = [shelf.fit(at, criteria) for at in _sample(len(resources))]
        if True not in fits:
            continue
        apart = fits.count(False)
        if best is None or (apart, -fits.count(None)) > (best[0], 0):
            best = (apart, criteria)
        if apart and apart == len(fits) - 1:
            break
    return _query(search.kind, shelf, best[1]) if best else None


def _query(kind: str, shelf: Shelf, criteria: tuple[Criterion, ...]) -> Query:
    wanted = frozenset(
        shelf.ident(at) for at in range(len(shelf.resources)) if shelf.fit(at, criteria) is True
    )
    return Query(kind, criteria, wanted, len(shelf.resources))


def _tries(
    shelf: Shelf,
    parameters: Sequence[Parameter],
    patient: str,
    prefixes: Mapping[str, str],
    *,
    bare: bool,
) -> Iterator[tuple[Criterion, ...]]:
    made: dict[tuple[str, ...], tuple[Criterion, ...]] = {}
    for at in _order(shelf, parameters, richest_first=bare):
        rows = []
        for parameter in parameters:
            found = shelf.values(at, parameter)
            prefix = prefixes.get(parameter.name, "")
            texts = candidates(parameter, found, patient, prefix, bare=bare)
            rows.append([Criterion(parameter, text) for text in islice(texts, 3)])
        for criteria in islice(product(*rows), 6):
            made.setdefault(tuple(one.value for one in criteria), criteria)
        if len(made) > _TRIED:
            break
    yield from made.values()


def _sample(count: int) -> list[int]:
    """Places from the first to the last, evenly spread: a long record is often sorted by date."""
    if count <= _LOOKED_AT:
        return list(range(count))
    return sorted({at * (count - 1) // (_LOOKED_AT - 1) for at in range(_LOOKED_AT)})


def _order(shelf: Shelf, parameters: Sequence[Parameter], *, richest_first: bool) -> list[int]:
    """Which resources values are taken from; those with several values may come first."""
    places = _sample(len(shelf.resources))
    if richest_first:
        places.sort(key=lambda at: -sum(len(shelf.values(at, one)) for one in parameters))
    return places


def expect_found(query: Query, pages: Iterable[Reply]) -> None:
    """What came matches, each of it, and holds everything known that matches.

    A bundle that mixes types, or a match that does not satisfy the query, is not what was asked
    for; a known resource that is missing is hidden from the app that asks like this.
    """
    exchanges: list[str] = []
    refused: list[int] = []
    came: set[str] = set()
    wrong, total = 0, 0
    for page in pages:
        exchanges.append(page.exchange)
        refused += [page.status] if page.status != 200 else []
        rows = page.matches
        shelf = Shelf(rows)
        total += len(rows)
        came |= {str(row.get("id")) for row in rows if row.get("resourceType") == query.kind}
        wrong += sum(
            row.get("resourceType") != query.kind or shelf.fit(at, query.criteria) is False
            for at, row in enumerate(rows)
        )
    missing = query.wanted - came
    told = [f"answered {refused[0]}"] if refused else []
    if missing:
        told.append(f"{len(missing)} of {len(query.wanted)} that match are missing")
    told += [f"{wrong} of {total} that came do not match"] if wrong else []
    settle(
        not told,
        f"by {query.named}: {len(query.wanted)} of {query.known} {query.kind} that are known, and "
        "nothing that does not match",
        "; ".join(told) or f"{total} {query.kind}, each of which matches",
        *exchanges,
    )


UNUSED = "https://nobody.payerproof.example/codes"
"""A code system that no payer uses."""


def elsewhere(query: Query) -> list[tuple[str, str]]:
    """The pairs of a query with its codes in a system to which they do not belong.

    Not applicable where none of its codes has a system.
    """
    pairs = [
        (name, f"{UNUSED}|{value.rpartition('|')[2]}" if _has_system(one) else value)
        for one in query.criteria
        for name, value in [one.pair]
    ]
    not_applicable_unless(pairs != query.pairs, "The known values have no system.")
    return pairs


def without_match(query: Query, name: str) -> list[tuple[str, str]]:
    """The pairs of a query with one value changed to what no known resource has.

    Not applicable where a known resource has that value too.
    """
    changed = {one.parameter.name: NOBODYS[one.parameter.type] for one in query.criteria}[name]
    held = {one.value for one in query.criteria if one.parameter.name == name}
    not_applicable_unless(changed not in held, f"The known {name} is the one to be asked for.")
    return [(key, changed if key == name else value) for key, value in query.pairs]


def within(query: Query, resources: Sequence[Mapping[str, Any]]) -> Query | None:
    """The query with its ``ge`` date closed by a ``le`` of the same day; None without one.

    Such a range holds what lies on that day, and tells it from what is earlier or later.
    """
    ends = tuple(
        Criterion(one.parameter, "le" + one.value.removeprefix("ge"))
        for one in query.criteria
        if one.value.startswith("ge") and one.parameter.type == "date"
    )
    return _query(query.kind, Shelf(resources), (*query.criteria, *ends)) if ends else None


def asking(
    query: Query, names: Iterable[str], value: str, resources: Sequence[Mapping[str, Any]]
) -> Query:
    """The query with another value of these parameters, over these resources."""
    changed = frozenset(names)
    criteria = tuple(
        Criterion(one.parameter, value) if one.parameter.name in changed else one
        for one in query.criteria
    )
    return _query(query.kind, Shelf(resources), criteria)


def with_another(query: Query, name: str, resources: Sequence[Mapping[str, Any]]) -> Query:
    """The query with a second value of one parameter: another of the record, else one unused."""
    criteria = tuple(
        _joined(one, resources) if one.parameter.name == name else one for one in query.criteria
    )
    return _query(query.kind, Shelf(resources), criteria)


def known_values(parameter: Parameter, resources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Values of a parameter under which the first known resources are found."""
    for resource in resources[:_LOOKED_AT]:
        yield from candidates(parameter, values_of(resource, parameter), "", "", bare=False)


def chosen_again(
    query: Query, criterion: Criterion, resources: Sequence[Mapping[str, Any]]
) -> Query:
    """The query with one more criterion, over these resources."""
    return _query(query.kind, Shelf(resources), (*query.criteria, criterion))


def _joined(one: Criterion, resources: Sequence[Mapping[str, Any]]) -> Criterion:
    """A criterion with a second value before its own."""
    others = (text for text in known_values(one.parameter, resources) if text != one.value)
    return Criterion(one.parameter, f"{next(others, 'entered-in-error')},{one.value}")


def _has_system(criterion: Criterion) -> bool:
    return criterion.parameter.type == "token" and "|" in criterion.value
