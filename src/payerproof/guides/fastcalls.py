"""The functions that the translation of invariants knows, each as Python text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from payerproof.guides.fastseq import (
    MANY,
    MAYBE,
    NONE,
    NUMBERS,
    ONE,
    TEXTS,
    Seq,
    Untranslated,
    join,
    negated,
    there,
)
from payerproof.guides.fhirpath import ast
from payerproof.guides.fhirpath.items import PRIMITIVES

if TYPE_CHECKING:
    from payerproof.guides.fastrules import Translator


def _exists(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    test = _some(tr, tree, focus)
    return test if want else negated(test)


def _some(tr: Translator, tree: ast.Call, focus: Seq) -> str:
    """``x.exists()``, ``x.exists(c)`` and ``x.where(c).exists()``."""
    inner: ast.Ast = tree.target
    criterion: ast.Ast | None = tree.args[0] if tree.args else None
    if criterion is None and isinstance(inner, ast.Call) and inner.name == "where":
        criterion = inner.args[0]
        inner = inner.target
    target = tr.seq(inner, focus)
    if criterion is None or target.count == NONE:
        return there(target)
    if target.count in (ONE, MAYBE):
        test = tr.true(criterion, Seq(ONE, target.code, target.type, target.shape))
        return test if target.count == ONE else f"({target.code} is not None and {test})"
    y = tr.name()
    return f"any({tr.each(criterion, Seq(ONE, y, target.type))} for {y} in {target.code})"


def _empty(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    test = _some(tr, tree, focus)
    return negated(test) if want else test


def _opposite(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    return tr.truth(tree.target, focus, not want)


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
        if target.type not in TEXTS or target.count == MANY:
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
    test = there(target)
    return test if want else negated(test)


def _sets(test: str) -> Callable[[Translator, ast.Call, Seq, bool], str]:
    def run(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
        left = tr.seq(tree.target, focus)
        right = tr.seq(tree.args[0], focus)
        for side in (left, right):
            if side.count != NONE and side.type not in TEXTS | NUMBERS - {"decimal"}:
                raise Untranslated("sets")
        condition = test.format(a=tr.listed(left), b=tr.listed(right))
        return condition if want else f"(not {condition})"

    return run


def _is_distinct(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    target = tr.seq(tree.target, focus)
    if target.count != MANY:
        return str(want)
    if target.type not in TEXTS | NUMBERS - {"decimal"}:
        raise Untranslated("isDistinct")
    return f"({'' if want else 'not '}distinct({target.code}))"


def _is_call(tr: Translator, tree: ast.Call, focus: Seq, want: bool) -> str:
    argument = tree.args[0]
    if not isinstance(argument, ast.Member):
        raise Untranslated("is()")
    return tr.is_of(tree.target, argument.name, focus, want)


BOOLEAN: dict[str, Callable[[Translator, ast.Call, Seq, bool], str]] = {
    "exists": _exists,
    "empty": _empty,
    "not": _opposite,
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
    if is_boolean(tree.args[0]):
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
    code = f"[{yes} for {y} in {tr.listed(target)} if {join(' or ', [yes, no])}]"
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
    if left.type not in TEXTS | NUMBERS - {"decimal"}:
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
    return tr.step(target, *wanted[0])


SEQUENCE: dict[str, Callable[[Translator, ast.Call, Seq], Seq]] = {
    "where": _where,
    "select": _select,
    "combine": _combine,
    "intersect": _intersect,
    "first": _first,
    "trace": _traced,
    "ofType": _of_type,
    "as": _of_type,
}


def is_boolean(tree: ast.Ast) -> bool:
    """Whether an expression answers true or false, and so has no elements."""
    if isinstance(tree, ast.Call):
        return tree.name in BOOLEAN
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
