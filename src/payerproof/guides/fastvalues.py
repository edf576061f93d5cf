"""Writing the Python that looks at values: formats, fixed values, bindings, references."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from payerproof.guides.fastsupport import Site, Slow
from payerproof.guides.fasttext import lines
from payerproof.guides.run import canonical
from payerproof.guides.schema import Node, Rule
from payerproof.guides.terminology import LISTED, Expansion
from payerproof.guides.values import PATTERN_VERSION, matches, why_open, without_version

if TYPE_CHECKING:
    from payerproof.guides.fast import Fast, Table

ELE_1 = "hasValue() or (children().count() > id.count())"

_CODED = frozenset(("CodeableConcept", "Coding", "Quantity"))
_SYSTEMS = frozenset(
    ("Identifier", "Coding", "Quantity", "Age", "Count", "Distance", "Duration"),
)


class Values:
    """The part of a generated function that looks at values, not at which there are."""

    def __init__(self, fast: Fast, table: Table, shape: tuple[str, ...]) -> None:
        self.fast = fast
        self.table = table
        self.type = table.type
        self.shape = frozenset(shape)
        self.order = shape
        self.body: list[str] = []
        self.rules: list[str] = []
        self.bound: list[Any] = []

    def datatype(self) -> None:
        """What `datatypes` and `values` say about the type itself."""
        if self.type == "Attachment" and self.shape >= {"data", "size"}:
            raise Slow
        if "system" not in self.shape or self.type not in _SYSTEMS:
            return
        if self.type not in ("Identifier", "Coding") and "code" in self.shape:
            self.rules.append("if not unit_good(d['system'], d['code']): raise Slow")
            return
        self.rules.append("if not system_good(d['system']): raise Slow")
        if self.type == "Coding" and "code" in self.shape:
            self.rules.append("k = defined(d['system'])")
            self.rules.append("if k is not None and d['code'] not in k: raise Slow")

    def primitive(self, nodes: tuple[Node, ...], kind: str, v: str) -> list[str]:
        """Statements that judge the single value ``v``."""
        out: list[str] = []
        decided = False
        for node in nodes:
            if any(k in node.facts for k in ("lo", "hi")):
                raise Slow
            more, decides = self._primitive_facts(node, kind, v)
            out += more
            decided = decided or decides
        if not decided:
            out = lines(kind, v) + out
        for node in nodes:
            for rule in node.rules:
                self._primitive_rule(node, rule, kind, v, out)
        return out

    def _primitive_rule(self, node: Node, rule: Rule, kind: str, v: str, out: list[str]) -> None:
        if rule.expression == ELE_1:
            return
        if rule.expression == "htmlChecks()":
            line = f"if not html_good({v}): raise Slow"
            if line not in out:
                out.append(line)
            return
        held = f"{self.fast.keep(rule)}, {self.fast.keep(node)}"
        out.append(f"if not invariant({held}, {v}, {kind!r}, e): raise Slow")

    def _primitive_facts(self, node: Node, kind: str, v: str) -> tuple[list[str], bool]:
        """Fixed value, pattern, length and binding; whether they leave nothing else to judge."""
        out: list[str] = []
        decides = False
        for key in ("f", "q"):
            if key in node.facts:
                wanted = node.facts[key][1]
                if not isinstance(wanted, str | bool):
                    raise Slow
                test = "is not" if isinstance(wanted, bool) else "!="
                out.append(f"if {v} {test} {wanted!r}: raise Slow")
                decides = True
        if "l" in node.facts:
            out.append(f"if len({v}) > {node.facts['l']}: raise Slow")
        if "b" in node.facts and kind in ("code", "string", "uri"):
            more, member = self._code_binding(node, v)
            out += more
            decides = decides or member
        return out, decides

    def _code_binding(self, node: Node, v: str) -> tuple[list[str], bool]:
        strength, address, *most = node.facts["b"]
        out: list[str] = []
        for other in most:
            if other and strength != "required":
                out += self._bare(node, other, v, "required")[0]
        if strength not in ("required", "extensible"):
            return out, False
        more, decides = self._bare(node, address, v, strength)
        return out + more, decides

    def _bare(self, node: Node, address: str, v: str, strength: str) -> tuple[list[str], bool]:
        """A code without system against a value set; whether membership settles everything."""
        expansion = self.fast.expansion(address, node)
        if expansion.open or expansion.unknown or expansion.folded:
            if _all_listed(expansion):
                quick = self.fast.keep(lru_cache(maxsize=1000)(expansion.has_code))
                return [f"if not {quick}({v}): raise Slow"], False
            if expansion.codes:
                raise Slow
            return [self._unjudged(node, address, expansion)], False
        codes = self.fast.constant(frozenset(c for held in expansion.codes.values() for c in held))
        if strength == "required":
            return [f"if {v} not in {codes}: raise Slow"], True
        return [f"if {v} not in {codes}: e.warnings.append({self._warning(node, address)})"], False

    def _warning(self, node: Node, address: str) -> int:
        site = Site(
            "warning",
            "binding-extensible",
            canonical(node.structure),
            node.id,
            f"Use a code of the value set {address} if one fits.",
        )
        return self.fast.site(site)

    def _unjudged(self, node: Node, address: str, expansion: Any) -> str:
        text = why_open(self.fast.errata.value_set(address), expansion.unknown, expansion.open)
        site = Site("unjudged", "", canonical(node.structure), node.id, text)
        return f"e.unjudged.add({self.fast.site(site)})"

    def own_values(self, node: Node) -> None:
        """Fixed value, pattern and binding of the object itself."""
        facts = node.facts
        if "f" in facts or "q" in facts:
            self._own_pattern(node)
        if "b" in facts and self.type in _CODED:
            self._own_binding(node)
        use = node.use(self.type)
        if use is not None and "p" in use and self.type != "Extension":
            self._type_profile(node, use["p"])

    def _own_pattern(self, node: Node) -> None:
        kind, wanted = node.facts.get("q") or node.facts["f"]
        if kind != self.type or "f" in node.facts:
            raise Slow
        codings = wanted.get("coding") if isinstance(wanted, dict) else None
        if (
            kind == "CodeableConcept"
            and list(wanted) == ["coding"]
            and isinstance(codings, list)
            and len(codings) == 1
            and codings[0].keys() == {"system", "code"}
        ):
            pair = (codings[0]["system"], codings[0]["code"])
            held = self.fast.constant(frozenset([pair]))
            self.rules.append(f"if not in_set(d, {held}): raise Slow")
            return
        test = self.fast.keep(matches)
        line = f"if not {test}({self.fast.keep(wanted)}, d): "
        erratum = self.fast.errata.pattern_version(node.structure.url, node.structure.version)
        looser = without_version(wanted)
        if erratum is None or looser == wanted:
            self.rules.append(line + "raise Slow")
            return
        text = PATTERN_VERSION
        site = Site(
            "warning", "pattern-value", canonical(node.structure), node.id, text, erratum.id
        )
        self.rules += [
            line.rstrip(),
            f"    if not {test}({self.fast.keep(looser)}, d): raise Slow",
            f"    e.warnings.append({self.fast.site(site)})",
        ]

    def _own_binding(self, node: Node) -> None:
        strength, address, *most = node.facts["b"]
        if strength != "required" and self._codes_here():
            for other in most:
                if other:
                    self._bind(node, "max", other)
        if strength == "required" and not self._codes_here():
            raise Slow
        if strength in ("required", "extensible") and self._codes_here():
            self._bind(node, strength, address)

    def _codes_here(self) -> bool:
        """Whether the shape has the codes that a binding speaks about."""
        if self.type == "CodeableConcept":
            return "coding" in self.shape
        if "code" in self.shape and "system" not in self.shape:
            raise Slow
        return "code" in self.shape

    def _bind(self, node: Node, strength: str, address: str) -> None:
        address = self.fast.errata.value_set(address)
        expansion = self.fast.expansion(address, node)
        entry = (strength, address, expansion.codes)
        again = entry in self.bound
        self.bound.append(entry)
        if again and not expansion.unknown and not expansion.open:
            return
        if expansion.unknown:
            self.rules.append(self._unjudged(node, address, expansion))
        elif expansion.open or expansion.folded or expansion.never:
            self._half_open(node, strength, address, expansion)
        else:
            pairs = self.fast.constant(expansion.pairs())
            test = f"not in_set(d, {pairs})"
            if strength == "extensible":
                test += " and coded(d)"
            if self.type != "CodeableConcept":
                test = f"(d['system'], d['code']) not in {pairs}"
            self.rules.append(f"if {test}: {self._else(node, strength, address)}")

    def _else(self, node: Node, strength: str, address: str) -> str:
        if strength != "extensible":
            return "raise Slow"
        return f"e.warnings.append({self._warning(node, address)})"

    def _half_open(self, node: Node, strength: str, address: str, expansion: Expansion) -> None:
        """Some codes are known, others belong to systems whose lists are not at hand."""
        codings = "d['coding']" if self.type == "CodeableConcept" else "(d,)"
        if expansion.folded or expansion.never or expansion.open & LISTED:
            test = f"member({codings}, {self.fast.keep(expansion)})"
        else:
            pairs = self.fast.constant(expansion.pairs())
            systems = self.fast.constant(frozenset(expansion.open))
            test = f"bound({codings}, {pairs}, {systems})"
        self.rules += [
            f"b = {test}",
            f"if b == 0: {self._unjudged(node, address, expansion)}",
            f"elif b < 0: {self._else(node, strength, address)}",
        ]

    def _type_profile(self, node: Node, addresses: list[str]) -> None:
        if len(addresses) != 1:
            raise Slow
        root = self.fast.schema.profile(addresses[0], node.structure)
        if root is None:
            raise Slow
        if root not in self.table.nodes:
            name = self.fast.table((root,), self.type).name
            self.rules.append(f"{name}[tuple(d)](d, e)")

    def reference(self) -> None:
        """The type in the address of a Reference is one that every definition allows."""
        if self.type != "Reference":
            return
        if "type" in self.shape:
            raise Slow
        if "reference" not in self.shape:
            return
        model = self.fast.schema.model
        for node in self.table.nodes:
            use = node.use("Reference")
            if use is None or "r" not in use:
                continue
            allowed: set[str] = set()
            for address in use["r"]:
                root = self.fast.schema.profile(address, node.structure)
                if root is None:
                    raise Slow
                allowed.add(root.structure.type)
            if allowed & {"Resource", "DomainResource"}:
                continue
            names = self.fast.constant(frozenset(allowed))
            self.rules.append(
                f"if d['reference'].partition('/')[0] not in {names}:"
                f" ref_good(d['reference'], {names})"
            )
            assert all(model.known(name) for name in allowed)


def _all_listed(expansion: Expansion) -> bool:
    """Open systems whose codes are nevertheless decided by their shape."""
    return bool(expansion.open) and expansion.open <= LISTED and not expansion.unknown
