"""Must support over many resources: which elements of a profile anything populated.

One resource can never show that a payer does not support an element; a population can hint at it.
Once an element was seen it is not looked for again, so that the cost vanishes with the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from payerproof.guides.library import Structure
from payerproof.guides.schema import Field, Node, Schema
from payerproof.guides.slices import Undecidable, criteria
from payerproof.guides.values import matches

Step = tuple[tuple[str, ...], Any]
"""JSON keys of one element, and a test of an entry (slice) or None."""


class Population:
    """What is still unseen, by profile; `see` looks for it in one more resource."""

    def __init__(self, schema: Schema, ask: Any) -> None:
        self.schema = schema
        self.ask = ask
        self.unseen: dict[str, dict[str, list[Step]]] = {}
        self.total: dict[str, list[str]] = {}
        self.resources: dict[str, int] = {}

    def see(self, profile: str, resource: Any) -> None:
        """Count a resource of a profile (address and version) and strike off what it populates."""
        waiting = self.unseen.get(profile)
        if waiting is None:
            waiting = self._begin(profile)
        self.resources[profile] = self.resources.get(profile, 0) + 1
        if waiting:
            for element in [e for e, steps in waiting.items() if _found(resource, steps, 0)]:
                del waiting[element]

    def _begin(self, profile: str) -> dict[str, list[Step]]:
        structure = self.schema.library.structure(profile, {})
        found = {} if structure is None else must_support(self.schema, structure, self.ask)
        self.total[profile] = sorted(found)
        self.unseen[profile] = found
        return found

    def merge(self, other: dict[str, Any]) -> None:
        """Add what another process saw (its `state`)."""
        for profile, (elements, unseen, count) in other.items():
            mine = self.unseen.get(profile)
            self.total[profile] = elements
            self.resources[profile] = self.resources.get(profile, 0) + count
            keep = set(unseen) if mine is None else set(unseen) & set(mine)
            self.unseen[profile] = {e: [] for e in keep}

    def state(self) -> dict[str, Any]:
        """Plain values: profile -> [elements, unseen, resources]."""
        return {
            p: [self.total[p], sorted(self.unseen[p]), self.resources[p]] for p in self.resources
        }


def must_support(schema: Schema, structure: Structure, ask: Any) -> dict[str, list[Step]]:
    """Element id -> the way to it, for every must-support element of a profile."""
    out: dict[str, list[Step]] = {}
    root = schema.root(structure)
    _walk(schema, root, structure.type, [], out, ask)
    return out


def _walk(
    schema: Schema, node: Node, kind: str, way: list[Step], out: dict[str, list[Step]], ask: Any
) -> None:
    if not node.structure.children(node.id) or len(way) > 12:
        return
    for one in schema.fields(node, kind).values():
        if one.node.structure is not node.structure or one.node.max == 0:
            continue
        _element(schema, one, one.node, [*way, (tuple(one.forms), None)], out, ask)
        for each in one.slices:
            step = _slice_step(one, each, ask)
            if step is not None and each.max != 0:
                _element(schema, one, each, [*way, step], out, ask)


def _element(
    schema: Schema, one: Field, node: Node, way: list[Step], out: dict[str, list[Step]], ask: Any
) -> None:
    if node.facts.get("m"):
        out[node.id] = way
    kinds = [k for k in one.forms.values() if not node.types or _allows(node, k)]
    for kind in kinds[:1] if len(kinds) > 1 else kinds:
        if not schema.is_primitive(kind) and kind not in ("Extension", "Resource"):
            _walk(schema, node, kind, way, out, ask)


def _allows(node: Node, kind: str) -> bool:
    return "." in kind or node.use(kind) is not None


def _slice_step(one: Field, each: Node, ask: Any) -> Step | None:
    """How entries of a slice are told: by type, by extension address, or by fixed values."""
    if len(one.forms) > 1:
        keys = tuple(k for k, kind in one.forms.items() if each.use(kind) is not None)
        return keys, None
    discriminators = one.slicing.get("d") or []
    if one.name in ("extension", "modifierExtension"):
        addresses = {p.partition("|")[0] for t in each.types for p in t.get("p", ())}
        return tuple(one.forms), lambda entry: entry.get("url") in addresses
    tests = []
    for kind, path in discriminators:
        if kind not in ("value", "pattern"):
            return None
        try:
            tests += criteria(ask, each, path)
        except Undecidable:
            return None
    if not tests:
        return None
    return tuple(one.forms), _Matcher(tests, each, ask)


class _Matcher:
    """Whether an entry meets the criteria of a slice."""

    def __init__(self, tests: list[tuple[str, tuple[str, Any]]], each: Node, ask: Any) -> None:
        self.tests = tests
        self.each = each
        self.ask = ask

    def __call__(self, entry: Any) -> bool:
        return all(self._meets(path, test, entry) for path, test in self.tests)

    def _meets(self, path: str, test: tuple[str, Any], entry: Any) -> bool:
        values = [entry]
        for step in () if path == "$this" else path.replace("$this.", "").split("."):
            values = [w for v in values for w in _listed(v.get(step) if type(v) is dict else None)]
        if test[0] != "b":
            return any(matches(test[1], v) for v in values)
        expansion = self.ask.schema.terminology.expansion(
            self.ask.errata.value_set(test[1]), self.each.structure.prefer
        )
        return any(
            expansion.has(c.get("system"), c.get("code"))
            for v in values
            if isinstance(v, dict)
            for c in _listed(v.get("coding"))
            if isinstance(c, dict)
        )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _found(value: Any, steps: list[Step], at: int) -> bool:
    if at == len(steps):
        return True
    keys, test = steps[at]
    if not isinstance(value, dict):
        return False
    for key in keys:
        for entry in _listed(value.get(key)):
            if test is not None and not (isinstance(entry, dict) and test(entry)):
                continue
            if entry not in (None, {}, []) and _found(entry, steps, at + 1):
                return True
    return False


def lines(population: Iterable[tuple[str, list[Any]]]) -> list[str]:
    """One line for each profile, then its unpopulated elements."""
    out = []
    for profile, (elements, unseen, count) in population:
        seen = len(elements) - len(unseen)
        out.append(
            f"{profile}: {seen} of {len(elements)} must-support elements populated "
            f"in {count} resources"
        )
        out += [f"  never populated: {element}" for element in unseen]
    return out
