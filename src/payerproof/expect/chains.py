"""Chained searches of an open API: by what a reference leads to, and by what leads to a resource.

Plan-Net's CapabilityStatement (behaviour): servers support forward and reverse chaining on all
search parameters that specify what may follow them. Values come from what was shown; of each
reference the chain is taken that tells most of its resources apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payerproof.expect.outcomes import not_applicable_unless, settle
from payerproof.expect.published import Guided
from payerproof.expect.queries import chosen
from payerproof.expect.query_values import NOBODYS
from payerproof.fhir.searching import Criterion, Fit, satisfies, values_of
from payerproof.fhir.surroundings import local
from payerproof.guides.duties import Duties, Parameter, Search, duties, versions

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Chained:
    """A chained search with what is known to match it and what is known not to."""

    kind: str
    name: str
    criterion: Criterion
    wanted: frozenset[str]
    barred: frozenset[str]
    later: bool = False
    """Whether something matches by another than the first of its references."""

    @property
    def tells(self) -> tuple[bool, bool, int]:
        """How much it tells; the most is best."""
        return bool(self.barred), self.later, len(self.barred)


def chains(guide: str) -> list[str]:
    """``Type:parameter`` of each reference that any version of a guide lets be followed."""
    every = (duties(guide, version).chains for version in versions(guide))
    return sorted({f"{kind}:{name}" for pairs in every for kind, name in pairs})


def expect_chained(api: Guided, reference: str, *, reverse: bool = False) -> None:
    """A chain over a reference (``Type:parameter``) finds what it must find, and nothing else."""
    api.must_answer()
    kind, _, name = reference.partition(":")
    held = [one for one in api.held if (kind, name) in one.chains]
    not_applicable_unless(held, f"The declared version does not let {reference} be followed.")
    tried = _backward(api, held[0], kind, name) if reverse else _forward(api, held[0], kind, name)
    asked = max(tried, key=lambda one: one.tells, default=None)
    not_applicable_unless(asked, f"No {kind} is known by whose {name} a chain could be told.")
    assert asked
    _expect_found(api, asked)


def _expect_found(api: Guided, asked: Chained) -> None:
    replies = list(
        api.client.all_pages(asked.kind, [(asked.name, asked.criterion.value), ("_count", "100")])
    )
    if not asked.barred:
        # (where nothing that is known would be left out, a value that nothing has tells)
        nobodys = NOBODYS[asked.criterion.parameter.type]
        replies.append(api.client.search(asked.kind, [(asked.name, nobodys)]))
    control = replies[-1] if not asked.barred else None
    came = {str(row.get("id")) for one in replies if one is not control for row in one.matches}
    missing, odd = asked.wanted - came, asked.barred & came
    told = [f"answered {one.status}" for one in replies[:1] if not one.ok]
    told += [f"{len(missing)} of {len(asked.wanted)} that match are missing"] if missing else []
    told += [f"{len(odd)} came that do not match"] if odd else []
    told += ["a value that nothing has finds some"] if control and control.matches else []
    settle(
        not told,
        f"the {asked.kind} that match {asked.name}, and nothing else",
        "; ".join(told) or f"{len(came)} came",
        *(one.exchange for one in replies),
    )


def _forward(api: Guided, held: Duties, kind: str, name: str) -> Iterator[Chained]:
    """Searches of a type by what one of its references leads to."""
    parameter = held.parameter(kind, name)
    if parameter is None:
        return
    leads = {str(row.get("id")): _leads(api, row, parameter) for row in api.known(kind)}
    found = dict.fromkeys(key for keys in leads.values() for key in keys)
    for target in dict.fromkeys(key.partition("/")[0] for key in found):
        rows = {k: api.rows[k] for k in found if k in api.rows and k.startswith(f"{target}/")}
        step = f"{name}:{target}" if len(parameter.targets) > 1 else name
        behind = {key for keys in leads.values() for key in keys[1:]}
        others = [row for key, row in rows.items() if key in behind]
        for inner in parameter.chain:
            for among in (list(rows.values()), others):
                criterion = _criterion(held, target, inner, among)
                if criterion:
                    fits = {key: _fit(row, criterion) for key, row in rows.items()}
                    yield _matching(kind, f"{step}.{inner}", criterion, leads, fits)


def _matching(
    kind: str,
    name: str,
    criterion: Criterion,
    leads: Mapping[str, tuple[str, ...]],
    fits: Mapping[str, Fit],
) -> Chained:
    wanted = {one for one, keys in leads.items() if True in map(fits.get, keys)}
    barred = {one for one, keys in leads.items() if all(fits.get(k) is False for k in keys)}
    later = any(fits.get(leads[one][0]) is False for one in wanted)
    return Chained(kind, name, criterion, frozenset(wanted), frozenset(barred), later)


def _backward(api: Guided, held: Duties, source: str, name: str) -> Iterator[Chained]:
    """Searches by what is told of those that refer to a resource (``_has``)."""
    parameter = held.parameter(source, name)
    rows = api.known(source)
    if parameter is None or not rows:
        return
    whole = not api.pages(source)[-1].link("next")
    leads = [(row, _leads(api, row, parameter)) for row in rows]
    for target in dict.fromkeys(key.partition("/")[0] for _, keys in leads for key in keys):
        known = {f"{target}/{row.get('id')}" for row in api.known(target)}
        for inner in _singles(held, source, name):
            criterion = _criterion(held, source, inner, rows)
            if criterion:
                fits = [(_fit(row, criterion), keys) for row, keys in leads]
                wanted = {k for fit, keys in fits if fit is True for k in keys} & known
                unsure = {k for fit, keys in fits if fit is not False for k in keys}
                barred = known - unsure if whole else set()
                chained = f"_has:{source}:{name}:{inner}"
                if wanted:
                    yield Chained(target, chained, criterion, _ids(wanted), _ids(barred))


def _ids(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key.partition("/")[2] for key in keys)


def _fit(row: Row, criterion: Criterion) -> Fit:
    return satisfies(values_of(row, criterion.parameter), criterion)


def _leads(api: Guided, row: Row, parameter: Parameter) -> tuple[str, ...]:
    """``Type/id`` of what a row refers to by a parameter."""
    found = (one for one in values_of(row, parameter) if isinstance(one, Mapping))
    keys = (local(str(one.get("reference") or ""), api.base) for one in found)
    return tuple(key for key in keys if key)


def _criterion(held: Duties, kind: str, name: str, rows: Iterable[Row]) -> Criterion | None:
    """The value of a parameter that tells most of some resources apart."""
    query = chosen(Search(kind, (name,), ""), held, list(rows), "")
    return query.criteria[0] if query else None


def _singles(held: Duties, kind: str, name: str) -> list[str]:
    """Parameters of a type that are demanded alone, but for one and for those of every type."""
    found = (one.names[0] for one in held.searches("SHALL") if one.kind == kind)
    return [one for one in dict.fromkeys(found) if one != name and not one.startswith("_")]
