"""Invariants as plain Python: a typed translation of the FHIRPath that guides really write.

Every boolean expression is translated twice: to Python that is true exactly when the expression is
true, and to Python that is true exactly when it is false. With both, the three-valued logic of
FHIRPath (true, false, nothing) comes out exactly. What the translation does not know raises
`Untranslated`, and the compiled engine evaluates that invariant instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payerproof.guides.fhirpath import ast
from payerproof.guides.fhirpath.items import PRIMITIVES, Model

NONE, ONE, MAYBE, MANY = range(4)

_TEXTS = frozenset(k for k, v in PRIMITIVES.items() if v == "String")
_NUMBERS = frozenset(("integer", "positiveInt", "unsignedInt", "decimal"))


class Untranslated(Exception):
    """An expression outside what is translated."""


@dataclass(frozen=True, slots=True)
class Seq:
    """A collection: how many, the Python expression, the FHIR type, the keys known to be there.

    ``code`` is a JSON value for `ONE`, a value or None for `MAYBE`, a list for `MANY`.
    """

    count: int
    code: str = ""
    type: str = ""
    shape: frozenset[str] | None = None


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
        return self._truth(tree, focus, True)

    def false(self, tree: ast.Ast, focus: Seq) -> str:
        """Python for "is false"."""
        return self._truth(tree, focus, False)

    def _truth(self, tree: ast.Ast, focus: Seq, want: bool) -> str:
        if isinstance(tree, ast.Binary):
            return self._binary(tree, focus, want)
        if isinstance(tree, ast.Call) and tree.name in _BOOLEAN_CALLS:
            return _BOOLEAN_CALLS[tree.name](self, tree, focus, want)
        if isinstance(tree, ast.Literal) and isinstance(tree.value, bool):
            return str(tree.value is want)
        if isinstance(tree, ast.TypeOp) and tree.op == "is":
            return self._is(tree.operand, tree.type_name, focus, want)
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
            sides = [self._truth(side, focus, want) for side in (tree.left, tree.right)]
            return _join(" and " if (op == "and") is want else " or ", sides)
        if op == "implies":
            left = self._truth(tree.left, focus, not want)
            right = self._truth(tree.right, focus, want)
            return _join(" or " if want else " and ", [left, right])
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
        sides = [self._truth(side, focus, True) for side in (tree.left, tree.right)]
        others = [self._truth(side, focus, False) for side in (tree.left, tree.right)]
        if all(b == _not(a) for a, b in zip(sides, others, strict=True)):
            return f"(bool({sides[0]}) is {'not ' if want else ''}bool({sides[1]}))"
        parts = [
            _join(" and ", [self._truth(tree.left, focus, a), self._truth(tree.right, focus, b)])
            for a in (True, False)
            for b in (True, False)
            if (a != b) is want
        ]
        return _join(" or ", parts)

    def _equal(self, tree: ast.Binary, focus: Seq, want: bool) -> str:
        if _same_resource(tree):
            return str(want)
        if _is_boolean(tree.left) and _is_boolean(tree.right):
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
        return _compare_literal(seq, repr(value), want)

    def _equal_sequences(self, left: ast.Ast, right: ast.Ast, focus: Seq, want: bool) -> str:
        one, other = self.seq(left, focus), self.seq(right, focus)
        if NONE in (one.count, other.count):
            return "False"
        if one.type not in _TEXTS or other.type not in _TEXTS or MANY in (one.count, other.count):
            raise Untranslated("=")
        a, b = one.code, other.code
        there = f"{a} is not None and {b} is not None"
        return f"({there} and {a} {'==' if want else '!='} {b})"

    def _comparable(self, seq: Seq, value: Any) -> None:
        """Literal and element must be of kinds that plain Python compares as FHIRPath does."""
        if seq.count == NONE:
            return
        fits = (
            (isinstance(value, str) and seq.type in _TEXTS)
            or (isinstance(value, bool) and seq.type == "boolean")
            or (type(value) is int and seq.type in _NUMBERS)
        )
        if not fits:
            raise Untranslated(f"{seq.type} = {value!r}")

    def _in(self, item: ast.Ast, collection: ast.Ast, focus: Seq, want: bool) -> str:
        values = _literals(collection)
        seq = self.seq(item, focus)
        if seq.count == NONE:
            return "False"
        if seq.type not in _TEXTS:
            raise Untranslated("in")
        if seq.count == MANY and values is not None:
            return f"(one_in({seq.code}, {self.constant(frozenset(values))}) is {want})"
        if seq.count == MANY:
            raise Untranslated("in")
        if values is not None:
            held = self.constant(frozenset(values))
        else:
            other = self.seq(collection, focus)
            if other.count != NONE and other.type not in _TEXTS:
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

    def _is(self, operand: ast.Ast, type_name: str, focus: Seq, want: bool) -> str:
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
        if isinstance(tree, ast.Call) and tree.name in _SEQUENCE_CALLS:
            return _SEQUENCE_CALLS[tree.name](self, tree, focus)
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
        if left.type not in _TEXTS or right.type not in _TEXTS:
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
        if _is_boolean(tree.target):
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
        return self._step(target, *forms[0])

    def _step(self, target: Seq, key: str, kind: str) -> Seq:
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


def _join(word: str, parts: list[str]) -> str:
    """Conditions joined, constants folded away."""
    decisive, neutral = ("False", "True") if word == " and " else ("True", "False")
    if decisive in parts:
        return decisive
    rest = sorted((p for p in parts if p != neutral), key=lambda p: "unknown()" in p)
    return f"({word.join(rest)})" if rest else neutral


def _is_boolean(tree: ast.Ast) -> bool:
    if isinstance(tree, ast.Call):
        return tree.name in _BOOLEAN_CALLS
    return isinstance(tree, ast.Binary) and tree.op in (
        "and",
        "or",
        "xor",
        "implies",
        "=",
        "!=",
        "in",
        "contains",
        "<",
        ">",
        "<=",
        ">=",
    )


def _compare_literal(seq: Seq, literal: str, want: bool) -> str:
    if seq.count == NONE:
        return "False"
    test = "==" if want else "!="
    if seq.count == ONE or (seq.count == MAYBE and want):
        return f"({seq.code} {test} {literal})"
    if seq.count == MAYBE:
        return f"({seq.code} is not None and {seq.code} != {literal})"
    return f"only({seq.code}, {literal}) is {want}"


def _literals(tree: ast.Ast) -> list[str] | None:
    """The texts of ``('a' | 'b')``."""
    if isinstance(tree, ast.Literal) and isinstance(tree.value, str):
        return [tree.value]
    if isinstance(tree, ast.Binary) and tree.op == "|":
        left, right = _literals(tree.left), _literals(tree.right)
        return None if left is None or right is None else left + right
    return None


def _there(seq: Seq) -> str:
    return {NONE: "False", ONE: "True", MAYBE: f"({seq.code} is not None)"}.get(
        seq.count, f"bool({seq.code})"
    )


def _not(condition: str) -> str:
    return {"True": "False", "False": "True"}.get(condition, f"(not {condition})")


def _exists(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    test = _some(tr, tree, focus)
    return test if want else _not(test)


def _some(tr: Translator, tree: ast.Call, focus: Seq) -> str:
    """``x.exists()``, ``x.exists(c)`` and ``x.where(c).exists()``."""
    inner: ast.Ast = tree.target
    criterion: ast.Ast | None = tree.args[0] if tree.args else None
    if criterion is None and isinstance(inner, ast.Call) and inner.name == "where":
        criterion = inner.args[0]
        inner = inner.target
    target = tr.seq(inner, focus)
    if criterion is None or target.count == NONE:
        return _there(target)
    if target.count in (ONE, MAYBE):
        test = tr.true(criterion, Seq(ONE, target.code, target.type, target.shape))
        return test if target.count == ONE else f"({target.code} is not None and {test})"
    y = tr.name()
    return f"any({tr.each(criterion, Seq(ONE, y, target.type))} for {y} in {target.code})"


def _empty(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    test = _some(tr, tree, focus)
    return _not(test) if want else test


def _negated(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    return tr._truth(tree.target, focus, not want)


def _all(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    target = tr.seq(tree.target, focus)
    if target.count == NONE:
        return str(want)
    y = tr.name()
    inner = tr.each(tree.args[0], Seq(ONE, y, target.type))
    test = f"all({inner} for {y} in {tr.listed(target)})"
    return test if want else f"(not {test})"


def _text_call(method: str) -> Callable[[Translator, ast.Call, Seq, bool], str]:
    def run(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
        argument = tree.args[0]
        if not isinstance(argument, ast.Literal) or not isinstance(argument.value, str):
            raise Untranslated(method)
        target = tr.seq(tree.target, focus)
        if target.count == NONE:
            return "False"
        if target.type not in _TEXTS or target.count == MANY:
            raise Untranslated(method)
        test = method.format(x=target.code, a=repr(argument.value), p=tr.constant(argument.value))
        if not want:
            test = f"not {test}"
        return f"({test})" if target.count == ONE else f"({target.code} is not None and {test})"

    return run


def _member_of(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    argument = tree.args[0]
    target = tr.seq(tree.target, focus)
    if target.count == NONE:
        return "False"
    if not isinstance(argument, ast.Literal):
        raise Untranslated("memberOf")
    pairs = tr.members(argument.value)
    if pairs is None:
        tr.unknown.append(argument.value)
        return "unknown()" if target.count == ONE else f"({target.code} is not None and unknown())"
    if target.type != "CodeableConcept" or target.count == MANY:
        raise Untranslated("memberOf")
    test = f"in_set({target.code}, {tr.constant(pairs)})"
    if not want:
        test = f"not {test}"
    return f"({test})" if target.count == ONE else f"({target.code} is not None and {test})"


def _has_value(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    target = tr.seq(tree.target, focus)
    if target.count == MANY or (target.count != NONE and target.type not in PRIMITIVES):
        raise Untranslated("hasValue")
    test = _there(target)
    return test if want else _not(test)


def _sets(test: str) -> Callable[[Translator, ast.Call, Seq, bool], str]:
    def run(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
        left = tr.seq(tree.target, focus)
        right = tr.seq(tree.args[0], focus)
        for side in (left, right):
            if side.count != NONE and side.type not in _TEXTS | _NUMBERS - {"decimal"}:
                raise Untranslated("sets")
        condition = test.format(a=tr.listed(left), b=tr.listed(right))
        return condition if want else f"(not {condition})"

    return run


def _is_distinct(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    target = tr.seq(tree.target, focus)
    if target.count != MANY:
        return str(want)
    if target.type not in _TEXTS | _NUMBERS - {"decimal"}:
        raise Untranslated("isDistinct")
    return f"({'' if want else 'not '}distinct({target.code}))"


def _is_call(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    argument = tree.args[0]
    if not isinstance(argument, ast.Member):
        raise Untranslated("is()")
    return tr._is(tree.target, argument.name, focus, want)


_BOOLEAN_CALLS: dict[str, Callable[[Translator, ast.Call, Seq, bool], str]] = {
    "exists": _exists,
    "empty": _empty,
    "not": _negated,
    "all": _all,
    "startsWith": _text_call("{x}.startswith({a})"),
    "endsWith": _text_call("{x}.endswith({a})"),
    "contains": _text_call("({a} in {x})"),
    "matches": _text_call("(matching({p}, {x}))"),
    "memberOf": _member_of,
    "hasValue": _has_value,
    "subsetOf": _sets("(set({a}) <= set({b}))"),
    "isDistinct": _is_distinct,
    "is": _is_call,
}


def _where(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    target = tr.seq(tree.target, focus)
    if target.count == NONE:
        return target
    y = tr.name()
    test = tr.each(tree.args[0], Seq(ONE, y, target.type))
    return Seq(MANY, f"[{y} for {y} in {tr.listed(target)} if {test}]", target.type)


def _select(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    target = tr.seq(tree.target, focus)
    if target.count == NONE:
        return target
    if _is_boolean(tree.args[0]):
        return _select_truth(tr, tree, target)
    y = tr.name()
    inner = tr.seq(tree.args[0], Seq(ONE, y, target.type))
    if inner.count == NONE:
        return inner
    z = tr.name()
    code = f"[{z} for {y} in {tr.listed(target)} for {z} in {tr.listed(inner)}]"
    return Seq(MANY, code, inner.type)


def _select_truth(tr: Translator, tree: ast.Call, target: Seq) -> Seq:
    """One true or false for each item for which there is an answer."""
    y = tr.name()
    item = Seq(ONE, y, target.type)
    yes, no = tr.each(tree.args[0], item), tr.false(tree.args[0], item)
    code = f"[{yes} for {y} in {tr.listed(target)} if {_join(' or ', [yes, no])}]"
    return Seq(MANY, code, "boolean")


def _combine(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    left, right = tr.seq(tree.target, focus), tr.seq(tree.args[0], focus)
    if NONE in (left.count, right.count):
        return left if right.count == NONE else right
    return Seq(MANY, f"[*{tr.listed(left)}, *{tr.listed(right)}]", left.type)


def _intersect(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    left, right = tr.seq(tree.target, focus), tr.seq(tree.args[0], focus)
    if NONE in (left.count, right.count):
        return Seq(NONE)
    if left.type not in _TEXTS | _NUMBERS - {"decimal"}:
        raise Untranslated("intersect")
    return Seq(MANY, f"[*set({tr.listed(left)}).intersection({tr.listed(right)})]", left.type)


def _first(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    target = tr.seq(tree.target, focus)
    if target.count != MANY:
        return target
    return Seq(MANY, f"{target.code}[:1]", target.type)


def _traced(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    return tr.seq(tree.target, focus)


def _of_type(tr: Translator, tree: ast.Call, focus: Seq) -> Seq:
    """``value.ofType(Quantity)``: one form of a choice."""
    argument, inner = tree.args[0], tree.target
    if not isinstance(argument, ast.Member) or not isinstance(inner, ast.Member):
        raise Untranslated("ofType")
    target = tr.seq(inner.target, focus)
    if target.count == NONE:
        return target
    forms = tr.model.elements(target.type).get(inner.name, ())
    wanted = [f for f in forms if f[1] == argument.name]
    others = [f for f in forms if argument.name in tr.model.supertypes(f[1])]
    if len(wanted) != 1 or len(others) != 1 or len(forms) < 2:
        raise Untranslated("ofType")
    if target.shape is not None and wanted[0][0] not in target.shape:
        return Seq(NONE)
    return tr._step(target, *wanted[0])


_SEQUENCE_CALLS: dict[str, Callable[[Translator, ast.Call, Seq], Seq]] = {
    "where": _where,
    "select": _select,
    "combine": _combine,
    "intersect": _intersect,
    "first": _first,
    "trace": _traced,
    "ofType": _of_type,
    "as": _of_type,
}
