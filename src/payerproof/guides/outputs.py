"""Results written down: text for people, JSON, CSV, and the FHIR OperationOutcome."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from payerproof.guides.findings import ERROR, Finding, Result
from payerproof.guides.schema import short
from payerproof.guides.summary import WORDS, Summary, many

_CODES = {
    "cardinality": "structure",
    "slice-cardinality": "structure",
    "unknown-property": "structure",
    "type": "structure",
    "null": "structure",
    "json": "structure",
    "empty-array": "structure",
    "empty-object": "structure",
    "array-expected": "structure",
    "array-unexpected": "structure",
    "duplicate-key": "structure",
    "choice-several": "structure",
    "choice-type": "structure",
    "resource-type": "structure",
    "primitive-format": "value",
    "primitive-range": "value",
    "fixed-value": "value",
    "pattern-value": "value",
    "decimal-digits": "value",
    "binding-required": "code-invalid",
    "binding-max": "code-invalid",
    "binding-extensible": "code-invalid",
    "profile-unknown": "not-supported",
    "extension-unknown": "informational",
    "reference-local": "not-found",
}
"""Rule -> OperationOutcome issue type; anything else is ``invariant``."""


@dataclass
class Group:
    """Findings with one cause: the same rule of the same profile at the same element."""

    rule: str
    severity: str
    profile: str
    element: str
    message: str
    count: int = 0
    examples: list[tuple[str, Finding]] = field(default_factory=list)


def element_of(finding: Finding) -> str:
    """A location without indexes."""
    out, depth = [], 0
    for char in finding.location:
        depth += char == "["
        if not depth:
            out.append(char)
        depth -= char == "]"
    return "".join(out)


def grouped(rows: Iterable[tuple[str, Finding]], examples: int = 3) -> list[Group]:
    """Findings by cause, most frequent errors first; ``rows`` are (source, finding)."""
    found: dict[tuple[str, ...], Group] = {}
    for source, finding in rows:
        element = element_of(finding)
        key = (finding.rule, finding.severity, finding.profile, element, finding.message)
        group = found.setdefault(
            key,
            Group(finding.rule, finding.severity, finding.profile, element, finding.message),
        )
        group.count += 1
        if len(group.examples) < examples:
            group.examples.append((source, finding))
    return sorted(found.values(), key=lambda g: (g.severity != ERROR, -g.count, g.element, g.rule))


def as_text(source: str, result: Result) -> str:
    """One resource for a reader: the verdict, then findings by cause with their places."""
    names = ", ".join(label(p) for p in result.profiles) or "no definition"
    lines = [f"{source}: {result.resource_type or 'no resource'}, {result.verdict} ({names})"]
    for group in grouped((source, f) for f in result.findings):
        lines.append(
            f"  {WORDS[group.severity]} {group.rule} at {group.element}"
            + (f", {group.count} times" if group.count > 1 else "")
        )
        lines.append(f"    {group.message}")
        for _, finding in group.examples:
            place = f"line {finding.line}, column {finding.column}: " if finding.line else ""
            lines.append(f"    {place}{finding.location}: found {finding.found}")
        if group.profile:
            lines.append(f"    by {group.profile}")
        if group.examples[0][1].erratum:
            lines.append(f"    known defect of the guide: {group.examples[0][1].erratum}")
    for profile, element, reason in sorted(result.unjudged):
        lines.append(f"  not judged: {element} ({label(profile)}): {reason}")
    return "\n".join(lines) + "\n"


def label(profile: str) -> str:
    """A profile's short name with its version."""
    url, _, version = profile.partition("|")
    return f"{short(url)} {version}".strip()


def as_json(source: str, result: Result) -> dict[str, Any]:
    """One resource as plain values."""
    return {
        "source": source,
        "resourceType": result.resource_type,
        "profiles": list(result.profiles),
        "verdict": result.verdict,
        "findings": [f.row() for f in result.findings],
        "notJudged": [
            {"profile": p, "element": e, "reason": r} for p, e, r in sorted(result.unjudged)
        ],
        "errata": sorted(result.errata),
    }


COLUMNS = (
    "source",
    "severity",
    "rule",
    "location",
    "line",
    "column",
    "profile",
    "expected",
    "found",
    "message",
    "erratum",
)


def csv_rows(source: str, result: Result, *, header: bool) -> str:
    """One resource as CSV lines, one for each finding."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    if header:
        writer.writeheader()
    for finding in result.findings:
        row = {"source": source, **finding.row()}
        writer.writerow({k: _cell(v) for k, v in row.items()})
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is made plain."""
    return "'" + value if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def operation_outcome(results: Iterable[tuple[str, Result]]) -> dict[str, Any]:
    """A FHIR R4 OperationOutcome for one or several resources."""
    issues: list[dict[str, Any]] = []
    for source, result in results:
        issues += [_issue(source, finding) for finding in result.findings]
        issues += [
            {
                "severity": "information",
                "code": "incomplete",
                "diagnostics": f"{source}: not judged by {profile}: {reason}",
                "expression": [element],
            }
            for profile, element, reason in sorted(result.unjudged)
        ]
    if not issues:
        issues = [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": "No issue was found."},
            }
        ]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(source: str, finding: Finding) -> dict[str, Any]:
    out: dict[str, Any] = {
        "severity": finding.severity,
        "code": _CODES.get(finding.rule, "invariant"),
        "details": {"text": finding.message},
        "diagnostics": (
            f"{source}: {finding.rule} of {finding.profile or 'JSON'}; "
            f"expected {finding.expected or 'otherwise'}; found {finding.found or 'nothing'}"
        ),
        "expression": [finding.location],
    }
    if finding.line:
        out["location"] = [f"line {finding.line}, column {finding.column}"]
    return out


def summary_csv(summary: Summary) -> str:
    """A sum as CSV: one line for each cause, with its count and first place."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    head = ("severity", "rule", "element", "count", "source", "line", "location", "profile")
    writer.writerow((*head, "message"))
    for (rule, severity, profile, _, message), cause in summary.rows():
        first = cause.examples[0] if cause.examples else {}
        row = (
            severity,
            rule,
            cause.element,
            cause.count,
            first.get("source", ""),
            first.get("line", ""),
            first.get("location", ""),
            profile,
            message,
        )
        writer.writerow([_cell(v) for v in row])
    return buffer.getvalue()


def summary_outcome(summary: Summary) -> dict[str, Any]:
    """A sum as an OperationOutcome: one issue for each cause."""
    issues = []
    for (rule, severity, profile, _, message), cause in summary.rows():
        first = cause.examples[0] if cause.examples else {}
        where = f"; first: {first['source']} line {first['line']}" if first else ""
        issues.append(
            {
                "severity": severity,
                "code": _CODES.get(rule, "invariant"),
                "details": {"text": message},
                "diagnostics": f"{rule} of {profile or 'JSON'}, {many(cause.count, 'time')}{where}",
                "expression": [cause.element],
            }
        )
    if not issues:
        return operation_outcome(())
    return {"resourceType": "OperationOutcome", "issue": issues}
