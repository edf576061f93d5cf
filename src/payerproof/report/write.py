"""Make the outputs of a run and write them, unless a secret of the run occurs in one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from payerproof.report.build import build
from payerproof.report.csv import render_csv
from payerproof.report.html import render_html
from payerproof.report.junit import render_junit
from payerproof.report.quirks import render_quirks
from payerproof.report.summary import render_summary
from payerproof.report.view import Report
from payerproof.runfile import RecordedRun, read_run

Refuse = Callable[[bytes, str], None]
"""Raises where a known secret occurs in an output; takes the output and its name."""

FILES: Mapping[str, str] = {
    "html": "report.html",
    "junit": "junit.xml",
    "csv": "results.csv",
    "summary": "summary.md",
    "quirks": "quirks.json",
}
"""The file name of each format."""

_RENDERERS: Mapping[str, Callable[[RecordedRun, Report], bytes]] = {
    "html": lambda _run, report: render_html(report),
    "junit": render_junit,
    "csv": render_csv,
    "summary": render_summary,
    "quirks": render_quirks,
}


def render(run: RecordedRun, format: str, refuse: Refuse | None = None) -> bytes:  # noqa: A002 - the word of the command line
    """*run* as ``html``, ``junit``, ``csv``, ``summary`` or ``quirks``, in UTF-8.

    Raises `ValueError` for another format, and whatever *refuse* raises where a secret occurs.
    """
    if format not in _RENDERERS:
        raise ValueError(f"format {format!r} is not one of {', '.join(_RENDERERS)}")
    output = _RENDERERS[format](run, build(run))
    if refuse is not None:
        refuse(output, FILES[format])
    return output


def write_all(
    run_dir: Path, refuse: Refuse | None = None, formats: Sequence[str] = tuple(FILES)
) -> dict[str, Path]:
    """Write every one of *formats* into the run folder (mode 0600); their paths by format.

    All of them are made before the first is written, so that a refusal leaves nothing behind.
    Raises what `read_run` and `render` raise.
    """
    run = read_run(run_dir)
    made = {name: render(run, name, refuse) for name in formats}
    return {name: _write(run_dir / FILES[name], output) for name, output in made.items()}


def _write(path: Path, output: bytes) -> Path:
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(output)
    return part.replace(path)
