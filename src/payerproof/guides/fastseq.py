"""Collections and conditions as Python text: what the translation of invariants is made of."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.guides.fhirpath import ast
from payerproof.guides.fhirpath.items import PRIMITIVES

NONE, ONE, MAYBE, MANY = range(4)

TEXTS = frozenset(k for k, v in PRIMITIVES.items() if v == "String")
NUMBERS = frozenset(("integer", "positiveInt", "unsignedInt", "decimal"))


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


def join(word: str, parts: list[str]) -> str:
    """Conditions joined, constants folded away."""
    decisive, neutral = ("False", "True") if word == " and " else ("True", "False")
    if decisive in parts:
        return decisive
    rest = sorted((p for p in parts if p != neutral), key=lambda p: "unknown()" in p)
    return f"({word.join(rest)})" if rest else neutral


def compare_literal(seq: Seq, literal: str, want: bool) -> str:
    """A collection equal to a literal, or (``want`` false) known to differ."""
    if seq.count == NONE:
        return "False"
    test = "==" if want else "!="
    if seq.count == ONE or (seq.count == MAYBE and want):
        return f"({seq.code} {test} {literal})"
    if seq.count == MAYBE:
        return f"({seq.code} is not None and {seq.code} != {literal})"
    return f"only({seq.code}, {literal}) is {want}"


def literals(tree: ast.Ast) -> list[str] | None:
    """The texts of ``('a' | 'b')``."""
    if isinstance(tree, ast.Literal) and isinstance(tree.value, str):
        return [tree.value]
    if isinstance(tree, ast.Binary) and tree.op == "|":
        left, right = literals(tree.left), literals(tree.right)
        return None if left is None or right is None else left + right
    return None


def there(seq: Seq) -> str:
    """Whether a collection holds anything."""
    return {NONE: "False", ONE: "True", MAYBE: f"({seq.code} is not None)"}.get(
        seq.count, f"bool({seq.code})"
    )


def negated(condition: str) -> str:
    """The opposite of a condition."""
    return {"True": "False", "False": "True"}.get(condition, f"(not {condition})")
