"""One row per requirement and check, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from payerproof.model import Result
from payerproof.report.view import Report, Standing
from payerproof.runfile import RecordedRun

COLUMNS = (
    "area",
    "requirement",
    "level",
    "severity",
    "requirement_verdict",
    "citations",
    "check",
    "case",
    "outcome",
    "expected",
    "observed",
    "message",
    "exchanges",
    "personas",
    "duration_ms",
    "requirement_text",
    "owner",
    "effective",
    "run",
)
"""Headings, in order; new ones are only ever added at the end."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_csv(run: RecordedRun, report: Report) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads it; every requirement has a row.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    known = set()
    for area in report.areas:
        for provision in area.provisions:
            for row in sorted(provision.standings, key=lambda one: one.requirement.id):
                known.add(row.requirement.id)
                writer.writerows(_plain(cells) for cells in _rows(report, row))
    for result in run.results:
        if result.requirement not in known:
            cells = [
                "",
                result.requirement,
                "",
                "",
                "",
                "",
                *_result(result),
                "",
                "",
                "",
                report.run,
            ]
            writer.writerow(_plain(cells))
    return text.getvalue().encode("utf-8-sig", "replace")


def _rows(report: Report, row: Standing) -> Iterator[list[str]]:
    required = row.requirement
    head = [
        required.area,
        required.id,
        str(required.level),
        str(required.severity),
        row.word.lower(),
        "; ".join(str(one) for one in required.citations),
    ]
    tail = [required.text, ", ".join(required.actors), required.effective, report.run]
    for result in row.results:
        yield [*head, *_result(result), *tail]
    if not row.results:
        outcome = "not applicable" if row.verdict is None else "not tested"
        yield [*head, "", "", outcome, "", "", row.note, "", "", "", *tail]


def _result(result: Result) -> list[str]:
    return [
        result.check,
        "; ".join(f"{name}={result.params[name]}" for name in sorted(result.params)),
        str(result.outcome),
        result.expected,
        result.observed,
        result.message,
        " ".join(result.exchanges),
        " ".join(result.personas),
        str(result.duration_ms),
    ]


def _plain(cells: list[str]) -> list[str]:
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
