"""The state of judging one resource: where we are, what was found, what could not be judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from payerproof.guides.errata import Errata
from payerproof.guides.fhirpath.errors import NotJudged
from payerproof.guides.fhirpath.items import Context, Item
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.findings import ERROR, Finding, Pointer, describe
from payerproof.guides.library import Prefer, Structure
from payerproof.guides.schema import Node, Rule, Schema

Resolver = Callable[[str], Any]
"""Reference as written -> resource as parsed JSON, or None when it cannot be had."""

MAX_DEPTH = 90
MAX_FINDINGS = 2000
_NAME = re.compile(r"[A-Za-z_][\w.:/#?&=%|~+-]{0,299}")
"""What names of properties and types, and addresses, are written with; prose has spaces."""


@dataclass(slots=True)
class Place:
    """An element in the resource: value, sibling of a primitive, type, and the way to it."""

    path: str
    pointer: Pointer
    value: Any
    sibling: Any
    type: str
    parent: Place | None = None

    def child(
        self, name: str, key: str, at: int | None, value: Any, sibling: Any, kind: str
    ) -> Place:
        """The place of a child element."""
        step = name if key == name else f"{name}.ofType({kind})"
        path = f"{self.path}.{step}"
        pointer: Pointer = (*self.pointer, key)
        if at is not None:
            path, pointer = f"{path}[{at}]", (*pointer, at)
        return Place(path, pointer, value, sibling, kind, self)

    def item(self) -> PathNode:
        """The place as the FHIRPath engine sees it."""
        return PathNode(self.value, self.type, self.sibling)


class Beside(Place):
    """The object beside a primitive; ``primitive`` is the type it belongs to."""

    __slots__ = ("primitive",)
    primitive: str


@dataclass(slots=True)
class Run:
    """Judging one resource; findings are kept once for the same place, rule and message."""

    schema: Schema
    errata: Errata
    env: Context
    resolver: Resolver | None = None
    reveal: bool = False
    findings: dict[tuple[Any, ...], Finding] = field(default_factory=dict)
    unjudged: set[tuple[str, str, str]] = field(default_factory=set)
    mattered: set[str] = field(default_factory=set)
    depth: int = 0
    bundle: dict[str, Any] = field(default_factory=dict)
    resource_place: Place | None = None

    def report(
        self,
        rule: str,
        place: Place,
        node: Node | None,
        message: str,
        *,
        expected: str = "",
        found: str = "",
        severity: str = ERROR,
        erratum: str = "",
    ) -> None:
        """Record a finding at a place; ``node`` is the definition that makes the rule."""
        profile = canonical(node.structure) if node is not None else ""
        key = (rule, place.pointer, message)
        if key in self.findings or len(self.findings) >= MAX_FINDINGS:
            return
        if erratum:
            self.mattered.add(erratum)
        self.findings[key] = Finding(
            severity,
            rule,
            place.path,
            place.pointer,
            profile,
            expected,
            found or self.describe(place.value),
            message,
            erratum=erratum,
        )

    def describe(self, value: Any) -> str:
        """A value in words."""
        return describe(value, reveal=self.reveal)

    def word(self, text: str) -> str:
        """A name or address that the sender wrote; in words where it is rather prose than that."""
        return text[:300] if self.reveal or _NAME.fullmatch(text) else describe(text)

    def code(self, system: object, code: str) -> str:
        """A code as sent, with its system; one that no list at hand has may tell of the member."""
        known = self.reveal or code.casefold() in self.schema.terminology.published
        if not isinstance(system, str):
            return code[:100] if known else f"a code of {len(code)} characters"
        where = self.word(system) if ":" in system else self.describe(system)
        return f"{where}|{code[:100]}" if known else f"{where}, a code of {len(code)} characters"

    def not_judged(self, node: Node, reason: str) -> None:
        """Record that a rule of a definition could not be decided."""
        self.unjudged.add((canonical(node.structure), node.id, reason))

    def trial(self) -> Run:
        """A run of its own for a question such as "does it conform to this profile?"."""
        return Run(
            self.schema,
            self.errata,
            self.env,
            self.resolver,
            self.reveal,
            depth=self.depth,
            bundle=self.bundle,
            resource_place=self.resource_place,
        )

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(f.severity == ERROR for f in self.findings.values())


def canonical(structure: Structure) -> str:
    """Address and version of a structure."""
    return f"{structure.url}|{structure.version}"


def member_of(
    schema: Schema, errata: Errata, prefer: Prefer, mattered: set[str] | None = None
) -> Callable[[Item, str], bool]:
    """The ``memberOf`` of a profile: answers from its guide's terminology or raises `NotJudged`.

    ``mattered`` collects the errata that the answer rests on.
    """

    def judge(item: Item, url: str) -> bool:
        erratum = errata.misspelt(url)
        if erratum is not None and mattered is not None:
            mattered.add(erratum.id)
        expansion = schema.terminology.expansion(errata.value_set(url), prefer)
        answers = [
            expansion.has(*pair) if pair[0] != ANY else expansion.has_code(pair[1])
            for pair in codings(item)
        ]
        if True in answers:
            return True
        if None in answers:
            raise NotJudged(unjudged_member(url))
        return False

    return judge


def unjudged_member(url: str) -> str:
    """Why a ``memberOf`` could not be answered."""
    return f"membership in {url} cannot be known from the guides alone"


ANY = "\0"
"""In place of a system: a bare code."""


def codings(item: Item) -> list[tuple[Any, Any]]:
    """(system, code) of every coding in a code, Coding, Quantity or CodeableConcept."""
    value = item.value if isinstance(item, PathNode) else item
    if isinstance(value, str):
        return [(ANY, value)]
    if not isinstance(value, dict):
        return []
    listed = value.get("coding") if "coding" in value else [value]
    if not isinstance(listed, list):
        return []
    return [(c.get("system"), c.get("code")) for c in listed if isinstance(c, dict)]


def rule_profile(rule: Rule) -> str:
    """Address and version of the profile that an invariant belongs to."""
    return f"{rule.profile}|{rule.version}"
