"""What generated code calls: the state of a fast run, and the helpers behind its rarer lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from payerproof.guides.errata import Errata
from payerproof.guides.fhirpath import FhirPathError, compile_expression
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.fhirpath.strings import pattern
from payerproof.guides.references import resolve, target_type
from payerproof.guides.run import Run, member_of
from payerproof.guides.schema import Node, Rule, Schema
from payerproof.guides.terminology import Expansion


class Slow(Exception):
    """Raised by generated code: let the explaining pass judge this resource."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the definitions that a warning or an unjudged rule belongs to."""

    kind: str
    rule: str
    profile: str
    element: str
    text: str
    erratum: str = ""


class Unknown(Exception):
    """Raised inside an invariant whose truth depends on what is not at hand."""


class Env:
    """One fast run: the resource, warnings and unjudged rules by site number."""

    __slots__ = ("resolver", "resource", "run", "unjudged", "warnings")

    def __init__(self, run: Callable[[Any], Run], resolver: Any) -> None:
        self.resource: Any = None
        self.warnings: list[int] = []
        self.unjudged: set[int] = set()
        self.run = run
        self.resolver = resolver


def support(schema: Schema, errata: Errata) -> dict[str, Any]:
    """The helpers by the names that generated code uses."""

    def invariant(rule: Rule, node: Node, value: Any, kind: str, env: Env) -> bool:
        """Whether an invariant is met, by the compiled engine."""
        run = env.run(env.resource)
        context = dataclasses.replace(
            run.env,
            context=PathNode(value, kind),
            member_of=member_of(schema, errata, node.structure.prefer),
            resolve=lambda reference, around: resolve(run, reference, around),
        )
        try:
            return compile_expression(rule.expression).true(PathNode(value, kind), context)
        except FhirPathError as why:
            raise Slow from why

    return {
        "invariant": invariant,
        "in_set": in_set,
        "defined": schema.terminology.defined,
        "coded": coded,
        "bound": bound,
        "member": member,
        "one_in": one_in,
        "unknown": unknown,
        "Unknown": Unknown,
        "dumps": orjson.dumps,
        "only": only,
        "listed": listed,
        "distinct": distinct,
        "matching": matching,
        "ref_type": ref_type,
        "ref_good": ref_good,
        "per_1": per_1,
        "npi": npi,
    }


def in_set(concept: Any, pairs: frozenset[tuple[str, str]]) -> bool:
    """Whether any coding of a CodeableConcept is a member."""
    for coding in concept.get("coding", ()):
        if (coding.get("system"), coding.get("code")) in pairs:
            return True
    return False


def coded(concept: Any) -> bool:
    """Whether any coding of a CodeableConcept has a code."""
    return any("code" in coding for coding in concept["coding"])


def one_in(values: list[str], held: frozenset[str]) -> bool | None:
    """Whether the only text is one of several; None for no text."""
    if not values:
        return None
    if len(values) > 1:
        raise Slow
    return values[0] in held


def unknown() -> bool:
    """Stands where a condition cannot be known."""
    raise Unknown


def member(codings: Any, expansion: Expansion) -> int:
    """Like `bound`, for value sets that need more than a look-up."""
    answer = -1
    for coding in codings:
        code = coding.get("code")
        found = expansion.has(coding.get("system"), code) if code is not None else False
        if found:
            return 1
        if found is None:
            answer = 0
    return answer


def bound(codings: Any, pairs: frozenset[tuple[str, str]], systems: frozenset[str]) -> int:
    """1 when a coding is a member, 0 when one may be (its system is not listed here), else -1."""
    answer = -1
    for coding in codings:
        system, code = coding.get("system"), coding.get("code")
        if (system, code) in pairs:
            return 1
        if code is not None and system in systems:
            answer = 0
    return answer


def only(values: list[Any], literal: Any) -> bool | None:
    """Equality of a list with one literal: None for the empty list."""
    if not values:
        return None
    return len(values) == 1 and bool(values[0] == literal)


def listed(value: Any) -> tuple[Any, ...]:
    """A value that may be missing, as a collection."""
    return () if value is None else (value,)


def distinct(values: list[Any]) -> bool:
    """Whether no value stands twice."""
    return len(set(values)) == len(values)


def matching(regex: str, text: str) -> bool:
    """FHIRPath ``matches()``."""
    return pattern(regex).search(text) is not None


def ref_type(reference: Any, env: Env) -> str:
    """The type of a Reference's target by its address; anything else is for the other pass."""
    if env.resolver is not None:
        raise Slow
    address = reference["reference"]
    if address[:1] == "#":
        raise Slow
    kind = target_type(address)
    if kind is None:
        raise Slow
    return kind


def ref_good(address: str, allowed: frozenset[str]) -> None:
    """Judge the target type of an address that does not simply begin with an allowed type."""
    if address[:1] == "#":
        raise Slow
    kind = target_type(address)
    if kind is not None and kind not in allowed:
        raise Slow


def per_1(start: str, end: str) -> bool:
    """Start not after end, where plain comparison of equal forms decides; else the other pass."""
    if len(start) != len(end) or len(start) > 10:
        if start[:10] < end[:10] and len(start) >= 10 and len(end) >= 10:
            return _days_apart(start, end)
        raise Slow
    return start <= end


def _days_apart(start: str, end: str) -> bool:
    """Two days or more apart, offsets cannot matter."""
    if start[:4] < end[:4] and (start[5:7], end[5:7]) != ("12", "01"):
        return True
    if start[:7] < end[:7] and end[8:10] not in ("01", "02"):
        return True
    if start[:7] == end[:7] and int(end[8:10]) - int(start[8:10]) > 1:
        return True
    raise Slow


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def npi(value: str) -> bool:
    """The check digit of a National Provider Identifier (Luhn, with the prefix 80840)."""
    if len(value) != 10 or not (value.isascii() and value.isdigit()):
        raise Slow
    digits = [ord(c) - 48 for c in value]
    return (sum(digits[1::2]) + sum(_DOUBLED[n] for n in digits[::2]) + 24) % 10 == 0
