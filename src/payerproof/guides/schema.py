"""The tree of definitions that a resource is judged by, unfolded from the facts when needed.

A `Node` is one element definition in its structure. `Schema.fields` answers what stands below it
for a given type: children named in the same snapshot, the target of a content reference, or the
children of the type itself. A `Field` holds the definition of an element and of its slices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from payerproof.guides.fhirpath.items import PRIMITIVES
from payerproof.guides.library import BASE, Library, Structure, unsliced
from payerproof.guides.model import TypeModel
from payerproof.guides.terminology import Terminology

UNBOUNDED = 1 << 30


@dataclass(frozen=True, slots=True)
class Rule:
    """An invariant; keys are reused with other meanings, so profile and version belong to it."""

    key: str
    severity: str
    expression: str
    source: str
    profile: str
    version: str


@dataclass(eq=False, slots=True)
class Node:
    """One element definition."""

    structure: Structure
    id: str
    facts: dict[str, Any]
    rules: tuple[Rule, ...]
    slice_name: str = ""
    fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    keys: dict[str, dict[str, tuple[Field, str]]] = field(default_factory=dict)

    @property
    def min(self) -> int:
        """Fewest occurrences."""
        return int(self.facts.get("n", 0))

    @property
    def max(self) -> int:
        """Most occurrences."""
        return int(self.facts.get("x", UNBOUNDED))

    @property
    def types(self) -> list[dict[str, Any]]:
        """Allowed types with profiles and targets."""
        found: list[dict[str, Any]] = self.facts.get("t", [])
        return found

    def use(self, type_name: str) -> dict[str, Any] | None:
        """What is said about one allowed type."""
        return next((t for t in self.types if t["c"] == type_name), None)


@dataclass(eq=False, slots=True)
class Field:
    """An element of a type: its name, JSON forms, definition and slices."""

    name: str
    node: Node
    forms: dict[str, str]
    array: bool
    slices: list[Node]

    @property
    def slicing(self) -> dict[str, Any]:
        """Discriminators and rules; empty when there are none."""
        found: dict[str, Any] = self.node.facts.get("s", {})
        return found


class Schema:
    """All definitions reachable from a library, unfolded once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.terminology = Terminology(library)
        self.model = TypeModel(library.core.structures, library.core.base_types)
        self._roots: dict[tuple[str, str], Node] = {}
        self._arrays: dict[str, dict[str, bool]] = {}

    def root(self, structure: Structure) -> Node:
        """The definition of the whole resource, type or extension."""
        key = (structure.url, structure.guide.label)
        found = self._roots.get(key)
        if found is None:
            found = self._roots[key] = self._node(structure, 0)
        return found

    def profile(self, canonical: str, near: Structure | None = None) -> Node | None:
        """The root of the profile that an address means; None when it is not at hand."""
        structure = self.library.structure(canonical, near.prefer if near else {})
        return None if structure is None else self.root(structure)

    def base(self, type_name: str) -> Node | None:
        """The root of a base type."""
        structure = self.library.base(type_name)
        return None if structure is None else self.root(structure)

    def _node(self, structure: Structure, at: int) -> Node:
        identifier, facts = structure.elements[at]
        rows = structure.guide.invariants
        rules = tuple(
            Rule(*_row(rows[i]), structure.url, structure.version) for i in facts.get("i", ())
        )
        return Node(structure, identifier, facts, rules, facts.get("k", ""))

    def fields(self, node: Node, type_name: str) -> dict[str, Field]:
        """Element name -> field, for a value of the given type at this node."""
        found = node.fields.get(type_name)
        if found is None:
            found = node.fields[type_name] = self._fields(node, type_name)
        return found

    def keys(self, node: Node, type_name: str) -> dict[str, tuple[Field, str]]:
        """JSON key -> (field, type)."""
        found = node.keys.get(type_name)
        if found is None:
            found = {
                key: (one, kind)
                for one in self.fields(node, type_name).values()
                for key, kind in one.forms.items()
            }
            node.keys[type_name] = found
        return found

    def _fields(self, node: Node, type_name: str) -> dict[str, Field]:
        structure = node.structure
        below = structure.children(node.id)
        if below and (len(node.types) <= 1 or "." not in node.id):
            return self._gather(structure, below, type_name)
        if "e" in node.facts:
            target = structure.at(node.facts["e"].rpartition("#")[2])
            if target is not None:
                return self.fields(self._node(structure, target), type_name)
        base = self.base(type_name)
        return self.fields(base, type_name) if base is not None and base is not node else {}

    def _gather(self, structure: Structure, below: list[int], type_name: str) -> dict[str, Field]:
        out: dict[str, Field] = {}
        arrays = self._base_arrays(type_name)
        for at in below:
            identifier, facts = structure.elements[at]
            name = unsliced(identifier, facts).rpartition(".")[2]
            bare = name.removesuffix("[x]")
            node = self._node(structure, at)
            if bare in out:
                out[bare].slices.append(node)
            else:
                array = arrays.get(bare, facts.get("x", UNBOUNDED) > 1)
                out[bare] = Field(bare, node, self._forms(node, name, type_name), array, [])
        return out

    def _base_arrays(self, type_name: str) -> dict[str, bool]:
        """Which elements of a type are arrays in JSON: the base type decides, not the profile."""
        found = self._arrays.get(type_name)
        if found is None:
            found = self._arrays[type_name] = self._read_arrays(type_name)
        return found

    def _read_arrays(self, type_name: str) -> dict[str, bool]:
        base = self.library.base(type_name.split(".", 1)[0])
        if base is None:
            return {}
        out = {}
        for at in base.children(type_name):
            identifier, facts = base.elements[at]
            name = identifier.rpartition(".")[2].removesuffix("[x]")
            out[name] = facts.get("x", UNBOUNDED) > 1
        return out

    def _forms(self, node: Node, name: str, parent: str) -> dict[str, str]:
        """JSON key -> type; a choice has one key for each type."""
        path = node.facts.get("e", "").rpartition("#")[2]
        if path:
            return {name: _plain(path)}
        types = [t["c"] for t in node.types] or ["Element"]
        if name.endswith("[x]"):
            return {name[:-3] + c[0].upper() + c[1:]: c for c in types}
        kind = types[0]
        if kind in ("BackboneElement", "Element"):
            known = self.model.elements(parent).get(name)
            kind = known[0][1] if known else _plain(node.id)
        return {name: kind}

    def type_rules(self, type_name: str) -> tuple[Rule, ...]:
        """Invariants that a data type puts on every value of it."""
        if "." in type_name:
            return ()
        base = self.base(type_name)
        return base.rules if base is not None else ()

    def is_array(self, type_name: str, key: str) -> bool:
        """Whether a JSON property of a type holds an array; false for one that is not known."""
        known = self.model.keys(type_name).get(key)
        if known is None:
            return False
        return self._base_arrays(type_name).get(known[0], False)

    def is_primitive(self, type_name: str) -> bool:
        """Whether values of a type are single JSON values."""
        return type_name in PRIMITIVES


def _row(row: list[str]) -> tuple[str, str, str, str]:
    return row[0], row[1], row[2], row[3]


def _plain(identifier: str) -> str:
    """An element id without slice names: the name of its type in the model."""
    return ".".join(part.split(":", 1)[0] for part in identifier.split("."))


def short(url: str) -> str:
    """The last part of an address, for a reader."""
    return url.removeprefix(BASE).rsplit("/", 1)[-1]
