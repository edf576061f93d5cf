"""The last words of a run on a terminal: table, verdict, worst findings, where the report is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from payerproof.cli.views import COLOURS

if TYPE_CHECKING:
    from payerproof.cli.judgement import Judgement

_SHOWN = 10
_VERDICT_COLOURS = {
    "not met": "bold red",
    "not fully verified": "bold magenta",
    "met with findings": "bold yellow",
    "met": "bold green",
}


def print_closing(made: Judgement, report: Path | None) -> None:
    """Print everything to standard error; nothing here is needed by a program."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(stderr=True, highlight=False)
    words = [word for word in COLOURS if made.counts.get(word)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("area")
    for word in words:
        table.add_column(word, justify="right", style=COLOURS[word])
    for area, counts in made.areas.items():
        table.add_row(escape(area), *(str(counts.get(word) or "") for word in words))
    if len(made.areas) > 1:
        table.add_section()
        table.add_row("all", *(str(made.counts[word]) for word in words))
    console.print(table)
    _print_findings(console, made)
    for note in made.notes:
        console.print(f"Note: {escape(note)}", soft_wrap=True)
    style = _VERDICT_COLOURS.get(made.verdict, "bold")
    console.print(f"\n{escape(made.target)}: [{style}]{made.verdict}[/]", soft_wrap=True)
    if report:
        console.print(f"Report: {report}", soft_wrap=True, markup=False)


def _print_findings(console: object, made: Judgement) -> None:
    from rich.console import Console
    from rich.markup import escape

    assert isinstance(console, Console)
    if not made.findings:
        return
    console.print()
    for one in made.findings[:_SHOWN]:
        checks = "1 check" if len(one.checks) == 1 else f"{len(one.checks)} checks"
        head = f"[{COLOURS[one.outcome]}]{one.outcome}[/] ({one.severity})"
        console.print(f"{head} [bold]{escape(one.requirement)}[/], {checks}", soft_wrap=True)
        if one.sentence:
            console.print(f"    {escape(one.sentence)}", soft_wrap=True)
    rest = len(made.findings) - _SHOWN
    if rest > 0:
        console.print(f"… and {rest} more in the report. 'payerproof explain ID' tells about each.")
