"""``payerproof report``: write reports of a run that has ended."""

from __future__ import annotations

from pathlib import Path

import click

from payerproof.cli.failures import ExitCode

FORMATS = ("html", "junit", "csv", "summary", "quirks")


@click.command(short_help="Write reports of a run that has ended.")
@click.argument("run")
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, "all"]),
    default="html",
    show_default=True,
    help="summary is Markdown for a pipeline's page.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help='File to write; "-" for standard output; with "all" a folder. Default: the run folder.',
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where run folders are.",
)
def report(run: str, form: str, out: Path | None, reports: Path) -> int:
    """Write reports of RUN (a run folder, its name, or its run.jsonl) from its run file alone."""
    from payerproof.cli.invocation import run_folder
    from payerproof.cli.reports import write_reports

    folder = run_folder(run, reports)
    formats = FORMATS if form == "all" else (form,)
    written = write_reports(folder, formats, out)
    for path in written.values():
        click.echo(str(path), err=True)
    return ExitCode.OK
