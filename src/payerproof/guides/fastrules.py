"""Invariants as plain Python: a typed translation of the FHIRPath that guides really write.

Every boolean expression is translated twice: to Python that is true exactly when the expression is
true, and to Python that is true exactly when it is false. With both, the three-valued logic of
FHIRPath (true, false, nothing) comes out exactly. What the translation does not know raises
`Untranslated`, and the compiled engine evaluates that invariant instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.guides.fastcalls import BOOLEAN, SEQUENCE, is_boolean
from payerproof.guides.fastseq import (
    MANY,
    MAYBE,
    NONE,
    NUMBERS,
    ONE,
    TEXTS,
    Seq,
    Untranslated,
    compare_literal,
    join,
    literals,
    negated,
)
from payerproof.guides.fhirpath import ast
from payerproof.guides.fhirpath.items import PRIMITIVES, Model


class Translator:
    """Translates the invariants of one generated function.

    ``constant`` keeps a value under a name that generated code can use; ``members`` answers a
    value set's (system, code) pairs, or None when it cannot be enumerated.
    """

    def __init__(
        self,
        model: Model,
        resource_type: str,
        constant: Callable[[Any], str],
        members: Callable[[str], frozenset[tuple[str, str]] | None],
    ) -> None:
        self.model = model
        self.resource_type = resource_type
        self.constant = constant
        self.members = members
        self.context: Seq = Seq(NONE)
        self.serial = 0
        self.unknown: list[str] = []

    def met(self, tree: ast.Ast, focus: Seq) -> str:
        """Python that is true when the invariant is met at the focus."""
        self.context = focus
        return self.true(tree, focus)

    def each(self, tree: ast.Ast, item: Seq) -> str:
        """Python for "is true" inside a loop, where an unknown must not end it early."""
        code = self.true(tree, item)
        if "unknown()" in code:
            raise Untranslated("the order of evaluation could matter")
        return code

    def name(self) -> str:
        """A fresh variable."""
        self.serial += 1
        return f"y{self.serial}"

    # booleans -----------------------------------------------------------------------------

    def true(self, tree: ast.Ast, focus: Seq) -> str:
        """Python for "is true"."""
        return self.truth(tree, focus, True)

    def false(self, tree: ast.Ast, focus: Seq) -> str:
        """Python for "is false"."""
        return self.truth(tree, focus, False)

    def truth(self, tree: ast.Ast, focus: Seq, want: bool) -> str:
        """Python that is true exactly when the expression comes out as ``want``."""
        if isinstance(tree, ast.Binary):
            return self._binary(tree, focus, want)
        if isinstance(tree, ast.Call) and tree.name in BOOLEAN:
            return BOOLEAN[tree.name](self, tree, focus, want)
        if isinstance(tree, ast.Literal) and isinstance(tree.value, bool):
            return str(tree.value is want)
        if isinstance(tree, ast.TypeOp) and tree.op == "is":
            return self.is_of(tree.operand, tree.type_name, focus, want)
        return self._element(self.seq(tree, focus), want)

    def _element(self, seq: Seq, want: bool) -> str:
        """A boolean element as a condition."""
        if seq.count == NONE:
            return "False"
        if seq.type != "boolean" or seq.count == MANY:
            raise Untranslated(seq.type)
        return f"({seq.code} is {want})"

    def _binary(self, tree: ast.Binary, focus: Seq, want: bool) -> str:
        op = tree.op
        if op in ("and", "or"):
            sides = [self.truth(side, focus, want) for side in (tree.left, tree.right)]
            return join(" and " if (op == "and") is want else " or ", sides)
        if op == "implies":
            left = self.truth(tree.left, focus, not want)
            right = self.truth(tree.right, focus, want)
            return join(" or " if want else " and ", [left, right])
        if op == "xor":
            return self._xor(tree, focus, want)
        if op in ("=", "!="):
            return self._equal(tree, focus, want if op == "=" else not want)
        if op in ("in", "contains"):
            pair = (tree.left, tree.right) if op == "in" else (tree.right, tree.left)
            return self._in(*pair, focus, want)
        if op in ("<", "<=", ">", ">="):
            return self._compare(tree, focus, want)
        raise Untranslated(op)

    def _xor(self, tree: ast.Binary, focus: Seq, want: bool) -> str:
        sides = [self.truth(side, focus, True) for side in (tree.left, tree.right)]
        others = [self.truth(side, focus, False) for side in (tree.left, tree.right)]
        if all(b == negated(a) for a, b in zip(sides, others, strict=True)):
            return f"(bool({sides[0]}) is {'not ' if want else ''}bool({sides[1]}))"
        parts = [
            join(" and ", [self.truth(tree.left, focus, a), self.truth(tree.right, focus, b)])
            for a in (True, False)
            for b in (True, False)
            if (a != b) is want
        ]
        return join(" or ", parts)

    def _equal(self, tree: ast.Binary, focus: Seq, want: bool) -> str:
        if _same_resource(tree):
            return str(want)
        if is_boolean(tree.left) and is_boolean(tree.right):
            return self._xor(ast.Binary("xor", tree.left, tree.right), focus, not want)
        left, right = tree.left, tree.right
        if isinstance(left, ast.Literal):
            left, right = right, left
        numbers = self.number(left, focus), self.number(right, focus)
        if None not in numbers:
            return f"({numbers[0]} {'==' if want else '!='} {numbers[1]})"
        if not isinstance(right, ast.Literal):
            return self._equal_sequences(left, right, focus, want)
        value = right.value
        number = self.number(left, focus)
        if number is not None and type(value) is int:
            return f"({number} {'==' if want else '!='} {value})"
        seq = self.seq(left, focus)
        self._comparable(seq, value)
        return compare_literal(seq, repr(value), want)

    def _equal_sequences(self, left: ast.Ast, right: ast.Ast, focus: Seq, want: bool) -> str:
        one, other = self.seq(left, focus), self.seq(right, focus)
        if NONE in (one.count, other.count):
            return "False"
        if one.type not in TEXTS or other.type not in TEXTS or MANY in (one.count, other.count):
            raise Untranslated("=")
        a, b = one.code, other.code
        there = f"{a} is not None and {b} is not None"
        return f"({there} and {a} {'==' if want else '!='} {b})"

    def _comparable(self, seq: Seq, value: Any) -> None:
        """Literal and element must be of kinds that plain Python compares as FHIRPath does."""
        if seq.count == NONE:
            return
        fits = (
            (isinstance(value, str) and seq.type in TEXTS)
            or (isinstance(value, bool) and seq.type == "boolean")
            or (type(value) is int and seq.type in NUMBERS)
        )
        if not fits:
            raise Untranslated(f"{seq.type} = {value!r}")

    def _in(self, item: ast.Ast, collection: ast.Ast, focus: Seq, want: bool) -> str:
        values = literals(collection)
        seq = self.seq(item, focus)
        if seq.count == NONE:
            return "False"
        if seq.type not in TEXTS:
            raise Untranslated("in")
        if seq.count == MANY and values is not None:
            return f"(one_in({seq.code}, {self.constant(frozenset(values))}) is {want})"
        if seq.count == MANY:
            raise Untranslated("in")
        if values is not None:
            held = self.constant(frozenset(values))
        else:
            other = self.seq(collection, focus)
            if other.count != NONE and other.type not in TEXTS:
                raise Untranslated("in")
            held = self.listed(other)
        test = "in" if want else "not in"
        if seq.count == ONE or want:
            return f"({seq.code} {test} {held})"
        return f"({seq.code} is not None and {seq.code} {test} {held})"

    def _compare(self, tree: ast.Binary, focus: Seq, want: bool) -> str:
        left = self.number(tree.left, focus)
        right = self.number(tree.right, focus)
        if left is None or right is None:
            raise Untranslated(tree.op)
        test = f"({left} {tree.op} {right})"
        return test if want else f"(not {test})"

    def number(self, tree: ast.Ast, focus: Seq) -> str | None:
        """Python for a whole number that is always there; None when it is not one."""
        if isinstance(tree, ast.Literal) and type(tree.value) is int:
            return repr(tree.value)
        if isinstance(tree, ast.Call) and tree.name == "count":
            seq = self.seq(tree.target, focus)
            return {NONE: "0", ONE: "1"}.get(seq.count) or f"len({self.listed(seq)})"
        if isinstance(tree, ast.Binary) and tree.op == "+":
            parts = [self.number(side, focus) for side in (tree.left, tree.right)]
            return None if None in parts else f"({parts[0]} + {parts[1]})"
        return None

    def is_of(self, operand: ast.Ast, type_name: str, focus: Seq, want: bool) -> str:
        """``resolve() is Type``: decided by the address where that is enough."""
        if not (isinstance(operand, ast.Call) and operand.name == "resolve"):
            raise Untranslated("is")
        seq = self.seq(operand.target, focus)
        if seq.count == NONE:
            return "False"
        if seq.type != "Reference" or seq.count == MANY:
            raise Untranslated("resolve")
        test = "==" if want else "!="
        return f"(ref_type({seq.code}, e) {test} {type_name!r})"

    # collections --------------------------------------------------------------------------

    def seq(self, tree: ast.Ast, focus: Seq) -> Seq:
        """A collection."""
        if isinstance(tree, ast.This):
            return focus
        if isinstance(tree, ast.Literal) and tree.value is None:
            return Seq(NONE)
        if isinstance(tree, ast.Member):
            return self._member(tree, focus)
        if isinstance(tree, ast.Variable):
            return self._variable(tree.name)
        if isinstance(tree, ast.Call) and tree.name in SEQUENCE:
            return SEQUENCE[tree.name](self, tree, focus)
        if isinstance(tree, ast.Binary) and tree.op == "|":
            return self._union(tree, focus)
        raise Untranslated(type(tree).__name__)

    def _variable(self, name: str) -> Seq:
        if name == "context":
            return self.context
        if name in ("resource", "rootResource") and self.resource_type:
            return Seq(ONE, "e.resource", self.resource_type)
        raise Untranslated("%" + name)

    def _union(self, tree: ast.Binary, focus: Seq) -> Seq:
        left, right = self.seq(tree.left, focus), self.seq(tree.right, focus)
        if NONE in (left.count, right.count):
            return left if right.count == NONE else right
        if left.type not in TEXTS or right.type not in TEXTS:
            raise Untranslated("|")
        return Seq(MANY, f"[*{{*{self.listed(left)}, *{self.listed(right)}}}]", left.type)

    def listed(self, seq: Seq) -> str:
        """A collection as a Python list or tuple."""
        if seq.count == NONE:
            return "()"
        if seq.count == ONE:
            return f"({seq.code},)"
        if seq.count == MAYBE:
            return f"listed({seq.code})"
        return seq.code

    def _member(self, tree: ast.Member, focus: Seq) -> Seq:
        if is_boolean(tree.target):
            self.true(tree.target, focus)
            return Seq(NONE)  # true and false have no elements
        target = self.seq(tree.target, focus)
        if target.count == NONE:
            return target
        if tree.head and tree.name[:1].isupper():
            if tree.name in self.model.supertypes(target.type):
                return target
            raise Untranslated(tree.name)
        known = self.model.elements(target.type)
        if target.type in PRIMITIVES or not known:
            raise Untranslated(tree.name)
        forms = known.get(tree.name, ())
        if not forms:
            return Seq(NONE)  # a name that the type does not have: nothing, as the engine says
        if target.shape is not None:
            forms = tuple(f for f in forms if f[0] in target.shape)
            if not forms:
                return Seq(NONE)
        if len(forms) != 1 or forms[0][1] in ("Resource", ""):
            raise Untranslated(tree.name)
        return self.step(target, *forms[0])

    def step(self, target: Seq, key: str, kind: str) -> Seq:
        """What stands under one JSON key of a collection."""
        array = self.is_array(target.type, key)
        if target.count == MANY:
            y = self.name()
            if array:
                z = self.name()
                return Seq(
                    MANY, f"[{z} for {y} in {target.code} for {z} in {y}.get({key!r}, ())]", kind
                )
            return Seq(MANY, f"[{y}[{key!r}] for {y} in {target.code} if {key!r} in {y}]", kind)
        known = target.shape is not None
        empty = "()" if array else "None"
        code = f"{target.code}[{key!r}]" if known else f"{target.code}.get({key!r}, {empty})"
        if target.count == MAYBE:
            code = f"({empty} if {target.code} is None else {code})"
        if array:
            return Seq(MANY, code, kind)
        return Seq(ONE if known and target.count == ONE else MAYBE, code, kind)

    def is_array(self, type_name: str, key: str) -> bool:
        """Replaced by the generator with what the schema knows."""
        raise Untranslated(f"{type_name}.{key}")


def _same_resource(tree: ast.Binary) -> bool:
    """``%resource = %rootResource``: true wherever the fast pass goes, which is in no contained."""
    names = [side.name for side in (tree.left, tree.right) if isinstance(side, ast.Variable)]
    return sorted(names) == ["resource", "rootResource"]
