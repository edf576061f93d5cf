"""How progress is shown: a live table on a terminal, plain lines elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Protocol

import click

from payerproof.cli.durations import words
from payerproof.cli.progress import Progress

COLOURS = {
    "passed": "green",
    "failed": "bold red",
    "warning": "yellow",
    "inconclusive": "magenta",
    "not applicable": "dim",
    "not tested": "dim",
    "error": "bold red",
}
"""Outcome -> style; the word stands beside the colour everywhere."""
_PLAIN_SECONDS = 30


class View(Protocol):
    """Something that shows progress while it is entered."""

    def __enter__(self) -> View: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def show(self, progress: Progress, event: dict[str, Any], /) -> None:
        """Take note of an event that `progress` has taken already."""
        ...


def view_for(quiet: bool = False) -> View:
    """The view that fits: live on a terminal, plain lines elsewhere."""
    return LiveView() if sys.stderr.isatty() and not quiet else PlainView()


class SilentView:
    """Shows nothing: what was asked for is printed at the end."""

    def __enter__(self) -> SilentView:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, _progress: Progress, _event: dict[str, Any]) -> None:
        """Keep quiet."""


class PlainView:
    """One line per area that is through, per note, and now and then how far it is."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, progress: Progress, event: dict[str, Any]) -> None:
        """Print what is worth a line."""
        kind = event.get("event")
        if kind == "plan":
            areas = "1 area" if len(progress.areas) == 1 else f"{len(progress.areas)} areas"
            checks = "1 check" if progress.total == 1 else f"{progress.total} checks"
            click.echo(f"{checks} in {areas}.", err=True)
        elif kind == "note":
            click.echo(progress.note, err=True)
        elif kind == "result":
            name = str(event.get("area", ""))
            area = progress.areas[name]
            if area.done == area.total:
                found = ", ".join(f"{count} {word}" for word, count in area.outcomes.most_common())
                click.echo(f"{name}: {found}.", err=True)
                self._told = time.monotonic()
            elif time.monotonic() - self._told > _PLAIN_SECONDS:
                click.echo(f"{progress.done} of {progress.total} checks done.", err=True)
                self._told = time.monotonic()


class LiveView:
    """A table that is drawn anew a few times a second and gone at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._began = time.monotonic()
        self._progress = Progress()
        console = Console(stderr=True)
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> LiveView:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, progress: Progress, _event: dict[str, Any]) -> None:
        """Remember the state; the next drawing shows it."""
        self._progress = progress

    def _table(self) -> Any:
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table
        from rich.text import Text

        now = self._progress
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for name, area in now.areas.items():
            style = "" if area.done else "dim"
            table.add_row(
                f"[{style or 'none'}]{escape(name)}[/]",
                f"{area.done}/{area.total}",
                _outcomes(area.outcomes),
            )
        spent = words(time.monotonic() - self._began)
        counts = f"{now.done} of {now.total} checks, {now.requests} requests, {spent}"
        lines = [Text(counts, style="dim"), *([Text(now.note)] if now.note else [])]
        return Group(table, *lines)


def _outcomes(counts: Any) -> str:
    ordered = [(word, counts[word]) for word in COLOURS if counts.get(word)]
    return "  ".join(f"[{COLOURS[word]}]{count} {word}[/]" for word, count in ordered)
