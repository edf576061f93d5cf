"""The sum of many results: counts by profile and rule, with first examples; it can be added up.

Counts are exact for every resource. Examples are the first ones in the order of the input,
whatever process met them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from payerproof.guides.findings import ERROR, Finding

EXAMPLES = 3

Key = tuple[str, str, str, str, str]
"""(rule, severity, profile, element, message); the element is left open for what is no error."""


@dataclass
class Cause:
    """How often one rule was broken at one element, and where first."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    element: str = ""


@dataclass
class Summary:
    """What was found in many resources."""

    resources: int = 0
    with_errors: int = 0
    bad_lines: int = 0
    lines: int = 0
    by_profile: dict[str, list[int]] = field(default_factory=dict)
    causes: dict[Key, Cause] = field(default_factory=dict)
    unjudged: dict[tuple[str, str, str], int] = field(default_factory=dict)
    errata: dict[str, int] = field(default_factory=dict)
    population: dict[str, Any] = field(default_factory=dict)
    beside: Any = None
    """What somebody saw who looked along (`payerproof.guides.bulk.Beside`)."""

    def count(self, key: Key) -> Cause:
        """One more of a cause; the caller adds an example where there is room."""
        cause = self.causes.get(key)
        if cause is None:
            cause = self.causes[key] = Cause()
        cause.count += 1
        return cause

    def add_finding(self, element: str, finding: Finding, source: str, line: int) -> None:
        """Count a finding and keep it as an example where there is room."""
        named = element if finding.severity == ERROR else ""
        cause = self.count(
            (finding.rule, finding.severity, finding.profile, named, finding.message)
        )
        cause.element = cause.element or element
        if len(cause.examples) < EXAMPLES:
            cause.examples.append(example(finding, source, line))

    def add_profiles(self, profiles: tuple[str, ...], failed: bool) -> None:
        """Count a resource for each definition that judged it."""
        for profile in profiles:
            row = self.by_profile.setdefault(profile, [0, 0])
            row[0] += 1
            row[1] += failed

    def merge(self, other: Summary, lines_before: int) -> None:
        """Add the sum of a later part of the input; its lines count on from ``lines_before``."""
        if self.beside is None:
            self.beside = other.beside
        elif other.beside is not None:
            self.beside.merge(other.beside)
        self.resources += other.resources
        self.with_errors += other.with_errors
        self.bad_lines += other.bad_lines
        self.lines += other.lines
        for profile, row in other.by_profile.items():
            mine = self.by_profile.setdefault(profile, [0, 0])
            mine[0] += row[0]
            mine[1] += row[1]
        for key, cause in other.causes.items():
            kept = self.causes.setdefault(key, Cause())
            kept.count += cause.count
            kept.element = kept.element or cause.element
            for found in cause.examples[: EXAMPLES - len(kept.examples)]:
                kept.examples.append({**found, "line": found["line"] + lines_before})
        for entry, count in other.unjudged.items():
            self.unjudged[entry] = self.unjudged.get(entry, 0) + count
        for erratum, count in other.errata.items():
            self.errata[erratum] = self.errata.get(erratum, 0) + count
        self._merge_population(other.population)

    def _merge_population(self, other: dict[str, Any]) -> None:
        for profile, (elements, unseen, count) in other.items():
            mine = self.population.get(profile)
            if mine is None:
                self.population[profile] = [elements, list(unseen), count]
            else:
                mine[1] = [e for e in mine[1] if e in set(unseen)]
                mine[2] += count

    def rows(self) -> list[tuple[Key, Cause]]:
        """Causes, errors first, most frequent first."""
        return sorted(
            self.causes.items(), key=lambda row: (row[0][1] != "error", -row[1].count, row[0])
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "resources": self.resources,
            "withErrors": self.with_errors,
            "linesNotJudged": self.bad_lines,
            "profiles": {
                p: {"resources": n, "withErrors": e}
                for p, (n, e) in sorted(self.by_profile.items())
            },
            "findings": [
                {
                    "rule": rule,
                    "severity": severity,
                    "profile": profile,
                    "element": cause.element,
                    "message": message,
                    "count": cause.count,
                    "examples": cause.examples,
                }
                for (rule, severity, profile, _, message), cause in self.rows()
            ],
            "notJudged": [
                {"profile": p, "element": e, "reason": r, "resources": n}
                for (p, e, r), n in sorted(self.unjudged.items())
            ],
            "errata": dict(sorted(self.errata.items())),
            "mustSupport": {
                p: {"elements": len(every), "resources": n, "neverPopulated": unseen}
                for p, (every, unseen, n) in sorted(self.population.items())
            },
        }


WORDS = {"error": "error", "warning": "warning", "information": "note"}


def many(count: int, word: str) -> str:
    """A number with its word: 1 time, 2 times."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def example(finding: Finding, source: str, line: int) -> dict[str, Any]:
    """Where a finding stands: file, line of the file, place in the resource."""
    return {
        "source": source,
        "line": line,
        "location": finding.location,
        "column": finding.column,
        "expected": finding.expected,
        "found": finding.found,
    }


def as_text(summary: Summary) -> str:
    """The sum for a reader."""
    out = [
        f"{many(summary.resources, 'resource')}, {summary.with_errors} with errors, "
        f"{many(summary.bad_lines, 'line')} that could not be judged"
    ]
    if not summary.resources and not summary.bad_lines:
        out.append("nothing was judged: the files hold no resource")
    for profile, (count, failed) in sorted(summary.by_profile.items()):
        out.append(f"  {profile}: {many(count, 'resource')}, {failed} with errors")
    for (rule, severity, profile, _, message), cause in summary.rows():
        out.append(f"{WORDS[severity]} {rule} at {cause.element}, {many(cause.count, 'time')}")
        out.append(f"    {message}")
        if profile:
            out.append(f"    by {profile}")
        for found in cause.examples:
            out.append(
                f"    {found['source']} line {found['line']}: {found['location']}, "
                f"found {found['found']}"
            )
    for (profile, element, reason), count in sorted(summary.unjudged.items()):
        out.append(f"not judged in {many(count, 'resource')}: {element} ({profile}): {reason}")
    for erratum, count in sorted(summary.errata.items()):
        out.append(f"known defect of a guide, in {many(count, 'resource')}: {erratum}")
    for profile, (every, unseen, count) in sorted(summary.population.items()):
        if not every:
            continue
        out.append(
            f"must support, {profile}: {len(every) - len(unseen)} of {len(every)} elements "
            f"populated in {many(count, 'resource')}"
        )
        out += [f"    never populated: {element}" for element in unseen]
    return "\n".join(out) + "\n"
