"""The fast pass: Python generated for the shapes that data really have.

Where an object stands, its definitions are known; what differs is which keys it holds. For each
such *shape* one function is generated when it is first met: presence, cardinality, choices and
unknown keys are decided at that moment, so that the function only looks at values. A function
raises `Slow` at anything it does not know to be right, and the explaining pass decides. So the
fast pass may hesitate, but never say "valid" where the explaining pass would find an error;
``tests/guides/test_fast.py`` holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from payerproof.guides.artefacts import KINDS
from payerproof.guides.datatypes import system_good, unit_good
from payerproof.guides.errata import Errata
from payerproof.guides.fastcode import Coder
from payerproof.guides.fastsupport import Env, Site, Slow, support
from payerproof.guides.fasttext import names
from payerproof.guides.fhirpath.items import Context
from payerproof.guides.library import BASE
from payerproof.guides.narrative import html_good
from payerproof.guides.run import Run
from payerproof.guides.schema import Node, Schema
from payerproof.guides.terminology import Expansion

SHAPES = 256
"""Shapes compiled for one place; data with more are judged by the explaining pass."""

_LOCAL = frozenset("nxkmzits")


class Table(dict[Any, Callable[[Any, Env], None]]):
    """Shape -> function, for objects of one type under a set of definitions."""

    def __init__(self, fast: Fast, nodes: tuple[Node, ...], type_name: str, name: str) -> None:
        super().__init__()
        self.fast = fast
        self.nodes = nodes
        self.type = type_name
        self.name = name
        self.source: dict[tuple[str, ...], str] = {}

    def __missing__(self, shape: tuple[str, ...]) -> Callable[[Any, Env], None]:
        if len(self) >= SHAPES or not all(key.__class__ is str for key in shape):
            raise Slow
        made = self.fast.compile(self, shape)
        self[shape] = made
        return made


def _bound(node: Node) -> bool:
    """Whether a binding may put the element's own name into warnings or what is unjudged."""
    binding = node.facts.get("b")
    return binding is not None and (binding[0] in ("required", "extensible") or len(binding) > 2)


CONCEPTS = 4096
"""CodeableConcepts that one table remembers."""


class Concepts(dict[bytes, "tuple[list[int], set[int]] | None"]):
    """CodeableConcepts judged before in one table, by their JSON; codes recur all the time.

    The value says what to record again: warnings and unjudged sites, or None for nothing.
    """

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def judge(self, value: Any, env: Env) -> None:
        """Judge a CodeableConcept, from memory when it was met before."""
        key = orjson.dumps(value)
        try:
            noted = self[key]
        except KeyError:
            self._learn(key, value, env)
            return
        if noted is not None:
            env.warnings += noted[0]
            env.unjudged |= noted[1]

    def _learn(self, key: bytes, value: Any, env: Env) -> None:
        before, unjudged = len(env.warnings), env.unjudged
        env.unjudged = set()
        try:
            self.table[tuple(value)](value, env)
            noted = env.warnings[before:], env.unjudged
        finally:
            env.unjudged = unjudged | env.unjudged
        if len(self) < CONCEPTS and len(key) < 1000:
            self[key] = noted if noted[0] or noted[1] else None


class Fast:
    """All generated functions of a schema."""

    def __init__(self, schema: Schema, errata: Errata) -> None:
        self.schema = schema
        self.errata = errata
        self.globals: dict[str, Any] = {
            **names(),
            **support(schema, errata),
            "Slow": Slow,
            "html_good": html_good,
            "system_good": system_good,
            "unit_good": unit_good,
        }
        self.sites: list[Site] = []
        self._tables: dict[Any, Table] = {}
        self._roots: dict[Any, Table | None] = {}
        self._constants: dict[Any, str] = {}
        self._signatures: dict[int, Any] = {}
        self._kept: list[Node] = []
        self._applied: dict[Any, tuple[str, ...]] = {}

    def judge(self, resource: Any, extra: tuple[str, ...], env: Env) -> bool:
        """True when the resource has no error; ``env`` then holds warnings and what is unjudged."""
        try:
            kind = resource["resourceType"]
            meta = resource.get("meta")
            listed = meta.get("profile") if meta is not None else None
            key = (kind, tuple(listed) if listed is not None else (), extra)
            try:
                table = self._roots[key]
            except KeyError:
                table = self._root(kind, key[1], extra)
                self._roots[key] = table
            if table is None:
                return False
            env.resource = resource
            table[tuple(resource)](resource, env)
        except Exception:
            return False
        return True

    def applied(
        self, kind: str, claimed: tuple[str, ...], extra: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Address and version of the definitions behind a root table."""
        key = (kind, claimed, extra)
        found = self._applied.get(key)
        if found is None:
            table = self._roots.get(key)
            nodes = table.nodes if table is not None else ()
            found = self._applied[key] = tuple(
                f"{n.structure.url}|{n.structure.version}" for n in nodes
            )
        return found

    def _root(self, kind: str, claimed: tuple[str, ...], extra: tuple[str, ...]) -> Table | None:
        base = self.schema.base(kind)
        if base is None or base.structure.facts["kind"] != "resource" or kind == "Bundle":
            return None
        if kind in KINDS:
            return None
        if base.structure.facts["abstract"] or len(self._roots) > 10_000:
            return None
        roots: list[Node] = []
        for address in (*claimed, *extra):
            if address.partition("|")[0] == BASE + kind:
                continue
            found = self.schema.profile(address)
            if found is None or found.structure.type != kind:
                return None
            if found not in roots:
                roots.append(found)
        return self.table(tuple(roots) or (base,), kind)

    def table(self, nodes: tuple[Node, ...], type_name: str) -> Table:
        """The table for objects of a type that must satisfy all of these definitions."""
        chosen = self.distinct(nodes, type_name)
        key = (type_name, tuple(self.signature(n, type_name) for n in chosen))
        found = self._tables.get(key)
        if found is None:
            name = f"T{len(self._tables)}"
            found = self._tables[key] = Table(self, chosen, type_name, name)
            self.globals[name] = found
            if type_name == "CodeableConcept":
                self.globals["C" + name] = Concepts(found).judge
        return found

    def distinct(self, nodes: tuple[Node, ...], type_name: str) -> tuple[Node, ...]:
        """Definitions without repetitions, and without those that say nothing of their own."""
        by: dict[Any, Node] = {}
        for node in nodes:
            by.setdefault(self.signature(node, type_name), node)
        if len(by) > 1:
            telling = {s: n for s, n in by.items() if s[0] != "plain"}
            by = telling or by
        return tuple(by.values())

    def signature(self, node: Node, type_name: str) -> Any:
        """What a definition says, comparable: equal signatures judge alike."""
        found = self._signatures.get(id(node))
        if found is None:
            found = self._signatures[id(node)] = self._sign(node)
            self._kept.append(node)  # ids stay unique while the node lives
        return (*found, type_name)

    def _sign(self, node: Node) -> Any:
        if node.structure.children(node.id) or _bound(node):
            return ("at", node.structure.guide.label, node.structure.url, node.id)
        own = {k: v for k, v in node.facts.items() if k not in _LOCAL and k != "b"}
        own["t"] = [{k: v for k, v in t.items() if k != "a"} for t in node.types]
        own["i"] = sorted(r.expression for r in node.rules)
        told = bool(own.keys() - {"t", "i"})
        told = told or any(len(t) > 1 for t in own["t"])
        told = told or any(not e.startswith("hasValue() or") for e in own["i"])
        prefer = sorted(node.structure.prefer.items()) if told else []
        return ("told" if told else "plain", orjson.dumps([own, prefer], option=2))

    def constant(self, value: Any) -> str:
        """A global name that holds a value."""
        key = (type(value).__name__, value)
        found = self._constants.get(key)
        if found is None:
            found = self._constants[key] = f"K{len(self._constants)}"
            self.globals[found] = value
        return found

    def keep(self, value: Any) -> str:
        """A global name for a value that cannot be compared."""
        name = f"V{len(self.globals)}"
        self.globals[name] = value
        return name

    def site(self, site: Site) -> int:
        """The number of a warning or unjudged rule that generated code may record."""
        if site in self.sites:
            return self.sites.index(site)
        self.sites.append(site)
        return len(self.sites) - 1

    def judge_run(self) -> Run:
        """A run without a resource, to ask questions about definitions."""
        return Run(self.schema, self.errata, Context(self.schema.model))

    def expansion(self, address: str, node: Node) -> Expansion:
        """A value set as seen from a definition."""
        right = self.errata.value_set(address)
        return self.schema.terminology.expansion(right, node.structure.prefer)

    def compile(self, table: Table, shape: tuple[str, ...]) -> Callable[[Any, Env], None]:
        """The function for one shape of a table."""
        coder = Coder(self, table, shape)
        source = coder.source()
        table.source[shape] = source
        namespace: dict[str, Any] = {}
        code = compile(source, f"<{table.type} {table.name}>", "exec")
        exec(code, self.globals, namespace)  # noqa: S102 - our own generated source
        made: Callable[[Any, Env], None] = namespace["judge"]
        return made
