"""The last words of a run on a terminal: table, verdict, worst findings, where the report is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from payerproof.cli.failures import ExitCode
from payerproof.cli.views import COLOURS

if TYPE_CHECKING:
    from rich.table import Table

    from payerproof.cli.judgement import Finding, Judgement

_SHOWN = 10
CODE_WORDS: dict[int, str] = {
    ExitCode.FAILED: "a SHALL failed that is neither in the baseline nor waived.",
    ExitCode.INCONCLUSIVE: "a SHALL was tried and could not be verified.",
    ExitCode.UNREACHABLE: "the payer could not be reached, or nobody could log in.",
    ExitCode.STALE: "a baseline entry no longer fails, or a waiver has run out.",
}
"""What an exit code means, where the verdict alone does not say it."""
_VERDICT_COLOURS = {
    "not met": "bold red",
    "not fully verified": "bold magenta",
    "met with findings": "bold yellow",
    "met": "bold green",
}


def print_closing(made: Judgement, report: Path | None, code: int) -> None:
    """Print everything to standard error; nothing here is needed by a program."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True, highlight=False)
    console.print(_table(made))
    for line in _finding_lines(made):
        console.print(line, soft_wrap=True)
    for note in made.notes:
        console.print(f"Note: {escape(note)}", soft_wrap=True)
    style = _VERDICT_COLOURS.get(made.verdict, "bold")
    console.print(f"\n{escape(made.target)}: [{style}]{made.verdict}[/]", soft_wrap=True)
    if code in CODE_WORDS:
        console.print(f"Exit code {int(code)}: {CODE_WORDS[code]}", soft_wrap=True)
    if report:
        console.print(f"Report: {report}", soft_wrap=True, markup=False)


def _table(made: Judgement) -> Table:
    from rich.markup import escape
    from rich.table import Table

    words = [word for word in COLOURS if made.counts.get(word)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("area")
    for word in words:
        table.add_column(word, justify="right", style=COLOURS[word])
    for area, counts in made.areas.items():
        table.add_row(escape(area), *(str(counts.get(word) or "") for word in words))
    if len(made.areas) > 1:
        table.add_row("all", *(str(made.counts[word]) for word in words), style="bold")
    return table


def _finding_lines(made: Judgement) -> Iterator[str]:
    """The worst first; findings of one cause are told once."""
    from rich.markup import escape

    causes: dict[tuple[str, str], list[Finding]] = {}
    for one in made.findings:
        causes.setdefault((one.outcome, one.sentence or one.requirement), []).append(one)
    if causes:
        yield ""
    for (outcome, sentence), same in list(causes.items())[:_SHOWN]:
        checks = sum(len(one.checks) for one in same)
        names = ", ".join(f"[bold]{escape(one.requirement)}[/]" for one in same[:3])
        names += f" and {len(same) - 3} more requirements" if len(same) > 3 else ""
        counted = "1 check" if checks == 1 else f"{checks} checks"
        yield f"[{COLOURS[outcome]}]{outcome}[/] ({same[0].severity}) {names}, {counted}"
        yield f"    {escape(sentence)}"
    rest = len(causes) - _SHOWN
    if rest > 0:
        yield f"… and {rest} more in the report. 'payerproof explain ID' tells about each."
