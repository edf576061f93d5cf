"""Must support over many resources: which elements of a profile anything populated.

One resource can never show that a payer does not support an element; a population can hint at it.
Once an element was seen it is not looked for again, so that the cost vanishes with the data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.guides.discriminators import Undecidable, criteria
from payerproof.guides.library import Structure
from payerproof.guides.run import Run
from payerproof.guides.schema import Field, Node, Schema
from payerproof.guides.values import matches, without_version

Test = Callable[[Any], bool]


class Branch:
    """One element still looked for, or the way to some.

    ``keys``: its JSON keys; ``test``: which entries count (a slice), or None; ``element``: its
    definition id while unseen, else empty; ``below``: what is looked for inside.
    """

    __slots__ = ("below", "element", "keys", "test")

    def __init__(self, keys: tuple[str, ...], test: Test | None, element: str) -> None:
        self.keys = keys
        self.test = test
        self.element = element
        self.below: list[Branch] = []

    def visit(self, holder: dict[str, Any], unseen: set[str]) -> bool:
        """Look into one object; true when nothing is left to look for here."""
        for key in self.keys:
            value = holder.get(key)
            if value or value is False or value == 0:
                self._entries(value if value.__class__ is list else (value,), unseen)
        return not self.element and not self.below

    def _entries(self, entries: Any, unseen: set[str]) -> None:
        for entry in entries:
            if entry is None or (self.test is not None and not self.test(entry)):
                continue
            if self.element:
                unseen.discard(self.element)
                self.element = ""
            if not self.below:
                return
            if entry.__class__ is dict:
                self.below = [b for b in self.below if not b.visit(entry, unseen)]


class Population:
    """What is still unseen, by profile; `see` looks for it in one more resource."""

    def __init__(self, schema: Schema, ask: Run) -> None:
        self.schema = schema
        self.ask = ask
        self.branches: dict[str, list[Branch]] = {}
        self.unseen: dict[str, set[str]] = {}
        self.total: dict[str, list[str]] = {}
        self.resources: dict[str, int] = {}

    def see(self, profile: str, resource: Any) -> None:
        """Count a resource of a profile (address and version) and strike off what it populates."""
        branches = self.branches.get(profile)
        if branches is None:
            branches = self._begin(profile)
        self.resources[profile] = self.resources.get(profile, 0) + 1
        if branches:
            unseen = self.unseen[profile]
            self.branches[profile] = [b for b in branches if not b.visit(resource, unseen)]

    def _begin(self, profile: str) -> list[Branch]:
        structure = self.schema.library.structure(profile, {})
        elements: list[str] = []
        branches = [] if structure is None else must_support(self.schema, structure, self.ask)
        pending = list(branches)
        while pending:
            branch = pending.pop()
            elements += [branch.element] if branch.element else []
            pending += branch.below
        self.total[profile] = sorted(elements)
        self.unseen[profile] = set(elements)
        self.branches[profile] = branches
        return branches

    def state(self) -> dict[str, Any]:
        """Plain values: profile -> [elements, unseen, resources]."""
        return {
            p: [self.total[p], sorted(self.unseen[p]), self.resources[p]] for p in self.resources
        }


def must_support(schema: Schema, structure: Structure, ask: Run) -> list[Branch]:
    """What to look for: every must-support element of a profile, and the ways there."""
    return _walk(schema, schema.root(structure), structure.type, 0, ask)


def _walk(schema: Schema, node: Node, kind: str, depth: int, ask: Run) -> list[Branch]:
    out: list[Branch] = []
    if not node.structure.children(node.id) or depth > 12:
        return out
    for one in schema.fields(node, kind).values():
        if one.node.structure is not node.structure or one.node.max == 0:
            continue
        branches = [_element(schema, one, one.node, (tuple(one.forms), None), depth, ask)]
        for each in one.slices:
            step = _slice_step(one, each, ask)
            if step is not None and each.max != 0:
                branches.append(_element(schema, one, each, step, depth, ask))
        out += [b for b in branches if b.element or b.below]
    return out


def _element(
    schema: Schema,
    one: Field,
    node: Node,
    step: tuple[tuple[str, ...], Test | None],
    depth: int,
    ask: Run,
) -> Branch:
    branch = Branch(*step, node.id if node.facts.get("m") else "")
    kinds = [k for k in one.forms.values() if not node.types or _allows(node, k)]
    for kind in kinds[:1]:
        if not schema.is_primitive(kind) and kind not in ("Extension", "Resource"):
            branch.below = _walk(schema, node, kind, depth + 1, ask)
    return branch


def _allows(node: Node, kind: str) -> bool:
    return "." in kind or node.use(kind) is not None


def _slice_step(one: Field, each: Node, ask: Run) -> tuple[tuple[str, ...], Test | None] | None:
    """How entries of a slice are told: by type, by extension address, or by fixed values."""
    if len(one.forms) > 1:
        return tuple(k for k, kind in one.forms.items() if each.use(kind) is not None), None
    if one.name in ("extension", "modifierExtension"):
        addresses = {p.partition("|")[0] for t in each.types for p in t.get("p", ())}
        return tuple(one.forms), lambda entry: entry.get("url") in addresses
    tests = []
    for kind, path in one.slicing.get("d") or []:
        if kind not in ("value", "pattern"):
            return None
        try:
            tests += criteria(ask, each, path)
        except Undecidable:
            return None
    if not tests:
        return None
    if ask.errata.pattern_version(each.structure.url, each.structure.version) is not None:
        tests = [(p, (k, w if k == "b" else without_version(w))) for p, (k, w) in tests]
    return tuple(one.forms), _by_codes(tests, each, ask) or _Matcher(tests, each, ask)


def _by_codes(
    tests: list[tuple[str, tuple[str, Any]]], each: Node, ask: Run
) -> Callable[[Any], bool] | None:
    """The usual case by one look-up: a CodeableConcept right in the entry decides."""
    (path, (kind, wanted)), *more = tests
    if more or path == "$this" or "." in path:
        return None
    if kind == "b":
        address = ask.errata.value_set(wanted)
        expansion = ask.schema.terminology.expansion(address, each.structure.prefer)
        pairs = expansion.pairs() if expansion.enumerable and not expansion.folded else None
    else:
        codings = wanted.get("coding", []) if isinstance(wanted, dict) and len(wanted) == 1 else []
        plain = len(codings) == 1 and codings[0].keys() == {"system", "code"}
        pairs = frozenset([(codings[0]["system"], codings[0]["code"])]) if plain else None
    return None if pairs is None else _Pairs(path, pairs)


class _Pairs:
    """Whether the CodeableConcept under a key has one of some codes."""

    def __init__(self, key: str, pairs: frozenset[tuple[str, str]]) -> None:
        self.key = key
        self.pairs = pairs

    def __call__(self, entry: Any) -> bool:
        try:
            for coding in entry[self.key]["coding"]:
                if (coding.get("system"), coding.get("code")) in self.pairs:
                    return True
        except (AttributeError, KeyError, TypeError):
            return False  # no such concept, or one that is broken and reported elsewhere
        return False


class _Matcher:
    """Whether an entry meets the criteria of a slice."""

    def __init__(self, tests: list[tuple[str, tuple[str, Any]]], each: Node, ask: Run) -> None:
        self.tests = [
            (() if path == "$this" else tuple(path.removeprefix("$this.").split(".")), *test)
            for path, test in tests
        ]
        self.expansions = {
            wanted: ask.schema.terminology.expansion(
                ask.errata.value_set(wanted), each.structure.prefer
            )
            for _, kind, wanted in self.tests
            if kind == "b"
        }

    def __call__(self, entry: Any) -> bool:
        return all(self._meets(steps, kind, wanted, entry) for steps, kind, wanted in self.tests)

    def _meets(self, steps: tuple[str, ...], kind: str, wanted: Any, entry: Any) -> bool:
        values = [entry]
        for step in steps:
            values = [w for v in values if v.__class__ is dict for w in _listed(v.get(step))]
        if kind != "b":
            return any(matches(wanted, v) for v in values)
        expansion = self.expansions[wanted]
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
