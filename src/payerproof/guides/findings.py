"""Findings: one departure each, exact enough to act on; and the result for one resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

ERROR = "error"
WARNING = "warning"
INFORMATION = "information"

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from a rule.

    ``location``: FHIRPath of the element, with indexes. ``pointer``: the same as JSON keys.
    ``rule``: the invariant's key, or a word such as ``cardinality``. ``profile``: address and
    version of the definition that makes the rule. ``line`` and ``column`` count from 1; 0 means
    that the text was not at hand. ``erratum``: id of the known defect of the guide that mattered.
    """

    severity: str
    rule: str
    location: str
    pointer: Pointer
    profile: str
    expected: str
    found: str
    message: str
    line: int = 0
    column: int = 0
    erratum: str = ""

    def at(self, line: int, column: int) -> Finding:
        """The same finding with its place in the text."""
        return replace(self, line=line, column=column)

    def row(self) -> dict[str, Any]:
        """Plain values for JSON and CSV."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "location": self.location,
            "line": self.line,
            "column": self.column,
            "profile": self.profile,
            "expected": self.expected,
            "found": self.found,
            "message": self.message,
            "erratum": self.erratum,
        }


Unjudged = tuple[str, str, str]
"""(profile, element, reason) of a rule that could not be decided."""


class Result:
    """What was found in one resource.

    ``profiles``: address and version of the definitions that judged it. Findings of a resource
    without errors are worked out when they are asked for: `valid` and `verdict` cost nothing more.
    """

    __slots__ = ("_errata", "_explain", "_findings", "_unjudged", "profiles", "resource_type")

    def __init__(
        self,
        resource_type: str,
        profiles: tuple[str, ...],
        findings: tuple[Finding, ...] = (),
        unjudged: frozenset[Unjudged] = frozenset(),
        errata: frozenset[str] = frozenset(),
        explain: Callable[[], Result] | None = None,
    ) -> None:
        self.resource_type = resource_type
        self.profiles = profiles
        self._findings = findings
        self._unjudged = unjudged
        self._errata = errata
        self._explain = explain

    def _work_out(self) -> None:
        if self._explain is not None:
            full = self._explain()
            self._explain = None
            self._findings, self._errata = full.findings, full.errata
            self._unjudged = full.unjudged

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, by place."""
        self._work_out()
        return self._findings

    @property
    def unjudged(self) -> frozenset[Unjudged]:
        """Rules that could not be decided here, each once."""
        self._work_out()
        return self._unjudged

    @property
    def errata(self) -> frozenset[str]:
        """Known defects of the guides that mattered."""
        self._work_out()
        return self._errata

    @property
    def errors(self) -> list[Finding]:
        """Findings that break a SHALL."""
        if self._explain is not None:
            return []
        return [f for f in self._findings if f.severity == ERROR]

    @property
    def valid(self) -> bool:
        """No error; what was not judged stands in ``unjudged``."""
        return not self.errors

    @property
    def verdict(self) -> str:
        """``errors``, ``valid`` or ``valid as far as judged``."""
        if self.errors:
            return "errors"
        return "valid as far as judged" if self.unjudged else "valid"

    def with_findings(self, findings: list[Finding]) -> Result:
        """The same result with other findings."""
        return Result(
            self.resource_type, self.profiles, ordered(findings), self.unjudged, self.errata
        )


_ORDER = {ERROR: 0, WARNING: 1, INFORMATION: 2}


def ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings by place in the text, errors first where several stand at one place."""
    return tuple(
        sorted(findings, key=lambda f: (f.line, f.column, _ORDER[f.severity], f.rule, f.location))
    )


def describe(value: Any, *, reveal: bool = False) -> str:
    """A value in words that give away no member data unless ``reveal``."""
    if reveal:
        text = repr(value)
        return text if len(text) <= 80 else text[:77] + "..."
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if value else "an empty text"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return (
        f"an object with {', '.join(sorted(map(str, value))[:6])}" if value else "an empty object"
    )
