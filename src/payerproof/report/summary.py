"""A page of Markdown for a pipeline's step summary."""

from __future__ import annotations

import re

from payerproof.model import Outcome
from payerproof.report import words
from payerproof.report.view import Finding, Report
from payerproof.runfile import RecordedRun

MOST_BYTES = 1024 * 1024
"""GitHub's limit for a step summary."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#|~!$@&])")


def render_summary(run: RecordedRun, report: Report) -> bytes:
    """Verdict, numbers, findings and reasons as Markdown in UTF-8, below `MOST_BYTES`.

    Text of the payer's is escaped and stays on its line, so that it can add no markup.
    """
    del run
    lines = [
        f"# {words.SHAPES[report.verdict]} {_plain(report.payer)}: {report.verdict.value}",
        "",
        _plain(report.verdict_sentence),
        "",
        *(f"> **Note.** {_plain(text)}\n" for text in report.warnings),
        *_counts(report),
    ]
    tail = [
        "",
        f"Run `{_code(report.run)}`, {report.date}, rules as of {report.as_of}, "
        f"SHA-256 of the record before its footer `{report.sha256}`. "
        "The whole report is `report.html`.",
        "",
    ]
    return _fit(lines, [_finding(one) for one in report.findings], _reasons(report), tail)


def _counts(report: Report) -> list[str]:
    heads = [title for title, _ in words.LEVELS]
    rows = [
        f"| {words.SHAPES[outcome]} {outcome.value.capitalize()} | "
        + " | ".join(str(number) for number in numbers)
        + " |"
        for outcome, numbers in report.counts.items()
    ]
    return [f"| Outcome | {' | '.join(heads)} |", "|---|" + "--:|" * len(heads), *rows]


def _finding(finding: Finding) -> list[str]:
    first = finding.results[0]
    ids = [row.requirement.id for row in finding.standings] or [first.requirement]
    lines = [
        "",
        f"### {words.SHAPES[finding.outcome]} {finding.outcome.value.capitalize()}: "
        f"{_plain(finding.title)}",
        "",
        f"- Requirement: {', '.join(f'`{_code(one)}`' for one in ids)}",
    ]
    for row in finding.standings[:1]:
        required = row.requirement
        cited = "; ".join(_plain(str(one)) for one in required.citations)
        lines.append(f"- Level: {required.level}, severity {required.severity}; {cited}")
    if len(finding.results) > 1:
        lines.append(f"- Cases: {len(finding.results)}")
    for label, text in (
        ("Expected", first.expected),
        ("Observed", first.observed),
        ("Reason", first.message),
        ("Accepted", finding.accepted),
    ):
        if text:
            lines.append(f"- {label}: {_plain(text)}")
    for row in finding.standings[:1]:
        if finding.outcome is not Outcome.INCONCLUSIVE and row.requirement.remediation:
            lines.append(f"- Put it right: {_plain(row.requirement.remediation)}")
    lines += [f"- See it yourself: `{_code(one)}`" for one in finding.commands[:1]]
    return lines


def _reasons(report: Report) -> list[str]:
    if not report.untested:
        return []
    rows = [f"- {len(one.items)}: {_plain(one.text)}" for one in report.untested]
    return ["", "## Not tested, and why", "", *rows]


def _fit(head: list[str], findings: list[list[str]], reasons: list[str], tail: list[str]) -> bytes:
    """As many findings as fit; a line says how many were left out."""
    left_out = "\n{} more findings are in report.html.\n"
    room = MOST_BYTES - _size(head) - _size(reasons) - _size(tail) - len(left_out) - 32
    body: list[str] = ["", "## Findings"] if findings else []
    for at, lines in enumerate(findings):
        room -= _size(lines)
        if room < 0:
            body.append(left_out.format(len(findings) - at))
            break
        body += lines
    text = "\n".join([*head, *body, *reasons, *tail]).encode("utf-8", "replace")
    return text if len(text) <= MOST_BYTES else "\n".join([*head, *tail]).encode("utf-8", "replace")


def _size(lines: list[str]) -> int:
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def _plain(text: str) -> str:
    """*text* on one line, without markup."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """*text* for a code span."""
    return " ".join(text.split()).replace("`", "'")
