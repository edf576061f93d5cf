"""Writing the Python of one shape: presence decided now, values looked at then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.guides.fastextensions import Extensions
from payerproof.guides.fastrules import Translator
from payerproof.guides.fastseq import ONE, Seq, Untranslated
from payerproof.guides.fastslices import Sorting, sorting
from payerproof.guides.fastsupport import Site, Slow
from payerproof.guides.fastvalues import ELE_1, Values
from payerproof.guides.fhirpath import FhirPathError, compile_expression
from payerproof.guides.findings import ERROR
from payerproof.guides.rules import rule_message
from payerproof.guides.run import canonical, unjudged_member
from payerproof.guides.schema import UNBOUNDED, Field, Node, Rule

if TYPE_CHECKING:
    from payerproof.guides.fast import Fast, Table

_EXT_1 = "extension.exists() != value.exists()"
_PER_1 = "start.hasValue().not() or end.hasValue().not() or (start <= end)"
_NPI = "(((select(value.substring(0,1).toInteger()).select(iif($this<5, $this*2, (($this*2)-9))))+"
"""How the check digit of an NPI is written in every guide; `npi` computes the same."""


class Coder(Values):
    """Generates one function; `source` raises `Slow` for a shape that cannot be valid."""

    def source(self) -> str:
        """The function's text."""
        schema = self.fast.schema
        for node in self.table.nodes:
            self._presence(schema.fields(node, self.type))
        resource = "Resource" in schema.model.supertypes(self.type)
        if not self.shape - {"id", "resourceType"} or ("id" in self.shape and not resource):
            raise Slow  # ids of elements must be unique, which takes a view of the whole
        for key in self.order:
            if key != "resourceType" or not resource:
                self._key(key)
        for node in self.table.nodes:
            self.own_values(node)
            self._invariants(node)
        self.reference()
        self.datatype()
        text = ["def judge(d, e):", *("    " + line for line in self.body + self.rules)]
        return "\n".join(text if len(text) > 1 else [*text, "    pass"]) + "\n"

    def _presence(self, fields: dict[str, Field]) -> None:
        """Required fields and slices must be there, choices only once; decided by the shape."""
        for one in fields.values():
            there = sum(key in self.shape for key in one.forms)
            if there > 1 or (there and one.node.max == 0):
                raise Slow
            if not there and (one.node.min or any(s.min for s in one.slices)):
                raise Slow

    def _key(self, key: str) -> None:
        schema = self.fast.schema
        found: list[Field] = []
        kinds = set()
        for node in self.table.nodes:
            entry = schema.keys(node, self.type).get(key)
            if entry is None:
                raise Slow
            found.append(entry[0])
            kinds.add(entry[1])
        if len(kinds) != 1 or key == "modifierExtension":
            raise Slow
        kind = kinds.pop()
        if "Resource" in schema.model.supertypes(kind):
            raise Slow
        self.body.append(f"v = d[{key!r}]")
        if found[0].array:
            self._array(found, kind)
        else:
            self._single(found, kind)

    def _single(self, found: list[Field], kind: str) -> None:
        if any(one.slices and not self._typed_slices(one, kind) for one in found):
            raise Slow
        nodes = tuple(one.node for one in found)
        nodes += tuple(s for one in found for s in one.slices if kind in [t["c"] for t in s.types])
        self.body += self._value(nodes, kind, "v")

    def _typed_slices(self, one: Field, kind: str) -> bool:
        """Slices of a choice by type: membership is decided by the key."""
        discriminators = one.slicing.get("d") or [["type", "$this"]]
        if [list(d) for d in discriminators] != [["type", "$this"]]:
            return False
        if one.slicing.get("r") == "closed" and not any(
            kind in [t["c"] for t in s.types] for s in one.slices
        ):
            return False
        supertypes = self.fast.schema.model.supertypes(kind)
        named = [t["c"] for s in one.slices for t in s.types]
        if any(c in supertypes and c != kind for c in named):
            return False
        return all(s.min == 0 or kind in [t["c"] for t in s.types] for s in one.slices)

    def _array(self, found: list[Field], kind: str) -> None:
        low = max(1, *(one.node.min for one in found))
        high = min(one.node.max for one in found)
        bound = f" or len(v) > {high}" if high < UNBOUNDED else ""
        bound += f" or len(v) < {low}" if low > 1 else ""
        self.body.append(f"if v.__class__ is not list or not v{bound}: raise Slow")
        sliced = [one for one in found if one.slices]
        if not sliced:
            self.body.append("for x in v:")
            inner = self._value(tuple(one.node for one in found), kind, "x")
            self.body += ["    " + line for line in inner or ["pass"]]
            return
        sortings = [sorting(self.fast, one, kind) for one in sliced]
        self._sliced(found, kind, sortings)

    def _sliced(self, found: list[Field], kind: str, sortings: list[Sorting]) -> None:
        base = tuple(one.node for one in found)
        counted = [s for s in sortings if s.counts]
        for sort in counted:
            self.body.append(f"n{sort.name} = [0] * {len(sort.slices) + 1}")
        self.body.append("for x in v:")
        inner: list[str] = []
        for sort in sortings:
            inner += sort.code("x", f"s{sort.name}")
            if sort.counts:
                inner.append(f"n{sort.name}[s{sort.name}] += 1")
        inner += self._dispatch(base, kind, sortings)
        self.body += ["    " + line for line in inner]
        for sort in counted:
            self.body += sort.checks(f"n{sort.name}")

    def _dispatch(self, base: tuple[Node, ...], kind: str, sortings: list[Sorting]) -> list[str]:
        if self.fast.schema.is_primitive(kind):
            if any(_says_more(n) for s in sortings for n in s.slices):
                raise Slow
            return self._value(base, kind, "x")
        if len(sortings) > 1:
            if kind == self.type == "Extension":
                raise Slow
            tables = self.fast.keep(_Lazy(self.fast, base, kind, sortings))
            chosen = ", ".join(f"s{s.name}" for s in sortings)
            return [f"{tables}[({chosen})][tuple(x)](x, e)"]
        sort = sortings[0]
        parts = [f"if s{sort.name} < 0: raise Slow"] if kind == self.type == "Extension" else []
        rows = [self.fast.table((*base, s), kind) for s in sort.slices]
        rows.append(self.fast.table(base, kind))
        tables = self.fast.keep(rows)
        if kind == "Extension" and not self._parts():
            named = Extensions(self.fast, self.table, base, tuple(sort.slices))
            return [f"{self.fast.keep(named)}(x, e, s{sort.name})"]
        return [*parts, f"{tables}[s{sort.name}][tuple(x)](x, e)"]

    def _parts(self) -> bool:
        """Whether extensions here are the parts of a complex extension."""
        return self.type == "Extension"

    def _value(self, nodes: tuple[Node, ...], kind: str, v: str) -> list[str]:
        """Statements that judge one value under all its definitions."""
        nodes = self.fast.distinct(nodes, kind)
        if self.fast.schema.is_primitive(kind):
            return self.primitive(nodes, kind, v)
        if kind == "Extension" and not self._parts():
            return [f"{self.fast.keep(Extensions(self.fast, self.table, nodes))}({v}, e)"]
        name = self.fast.table(nodes, kind).name
        if kind == "CodeableConcept":
            return [f"C{name}({v}, e)"]
        return [f"{name}[tuple({v})]({v}, e)"]

    def _invariants(self, node: Node) -> None:
        own = {rule.expression for rule in node.rules}
        more = [r for r in self.fast.schema.type_rules(self.type) if r.expression not in own]
        for rule in (*node.rules, *more):
            lines_of = self._rule(node, rule)
            if not all(line in self.rules for line in lines_of):
                self.rules += lines_of

    def _rule(self, node: Node, rule: Rule) -> list[str]:
        """Statements that judge one invariant."""
        if self._settled(rule):
            return []
        if rule.key == "us-core-17" and rule.expression.startswith(_NPI) and "value" in self.shape:
            return ["if not npi(d['value']): raise Slow"]
        if rule.expression == _PER_1:
            if not self.shape >= {"start", "end"}:
                return []
            return ["if not per_1(d['start'], d['end']): raise Slow"]
        test, unknown = self._translated(node, rule)
        if test == "True":
            return []
        if test is None:
            held = f"{self.fast.keep(rule)}, {self.fast.keep(node)}"
            test = f"invariant({held}, d, {self.type!r}, e)"
        line = f"if not {test}: {self._unmet(node, rule)}"
        if not unknown:
            return [line]
        text = f"{rule.key}: {unjudged_member(unknown[0])}"
        site = self.fast.site(Site("unjudged", "", canonical(node.structure), node.id, text))
        return ["try:", "    " + line, f"except Unknown: e.unjudged.add({site})"]

    def _unmet(self, node: Node, rule: Rule) -> str:
        erratum = self.fast.errata.rule(rule.profile, rule.version, rule.key)
        if rule.severity == ERROR or erratum is not None:
            return "raise Slow"
        site = Site(
            "warning",
            rule.key,
            canonical(node.structure),
            node.id,
            rule_message(rule, self.type),
        )
        return f"e.warnings.append({self.fast.site(site)})"

    def _settled(self, rule: Rule) -> bool:
        """Invariants that the shape alone decides; a shape that breaks one is for the slow pass."""
        if rule.expression == ELE_1:
            return True
        if rule.expression == _EXT_1:
            if ("extension" in self.shape) == any(k.startswith("value") for k in self.shape):
                raise Slow
            return True
        if rule.key == "ref-1":
            if "reference" in self.shape:
                line = "if d['reference'][0] == '#': raise Slow"
                if line not in self.rules:
                    self.rules.append(line)
            return True
        return rule.key == "dom-3" and "contained" not in self.shape

    def _translated(self, node: Node, rule: Rule) -> tuple[str | None, list[str]]:
        def members(address: str) -> frozenset[tuple[str, str]] | None:
            expansion = self.fast.expansion(address, node)
            if expansion.open or expansion.unknown or expansion.folded:
                return None
            return expansion.pairs()

        structure = node.structure
        is_resource = structure.facts["kind"] == "resource"
        translator = Translator(
            self.fast.schema.model,
            structure.type if is_resource else "",
            self.fast.constant,
            members,
        )
        translator.is_array = self.fast.schema.is_array  # type: ignore[method-assign]
        try:
            tree = compile_expression(rule.expression).tree
            met = translator.met(tree, Seq(ONE, "d", self.type, self.shape))
        except (Untranslated, FhirPathError):
            return None, []
        return met, translator.unknown if "unknown()" in met else []


def _says_more(node: Node) -> bool:
    """Whether a slice of a primitive says more than which value it holds."""
    more = node.facts.keys() - set("fqknxtmiz")
    return bool(more) or any(r.expression != ELE_1 for r in node.rules)


class _Lazy(dict[tuple[int, ...], "Table"]):
    """Tables for the combinations of slices that occur."""

    def __init__(
        self, fast: Fast, base: tuple[Node, ...], kind: str, sortings: list[Sorting]
    ) -> None:
        super().__init__()
        self.fast, self.base, self.kind, self.sortings = fast, base, kind, sortings

    def __missing__(self, chosen: tuple[int, ...]) -> Table:
        nodes = list(self.base)
        for sort, at in zip(self.sortings, chosen, strict=True):
            if at >= 0:
                nodes.append(sort.slices[at])
        found = self[chosen] = self.fast.table(tuple(nodes), self.kind)
        return found
