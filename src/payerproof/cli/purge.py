"""``payerproof purge``: delete run folders."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from payerproof.cli.failures import ExitCode, Stop


@click.command(short_help="Delete run folders.")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where run folders are.",
)
def purge(runs: tuple[str, ...], yes: bool, reports: Path) -> int:
    """Delete the folders of the given runs; without RUN, of every run in the reports folder.

    Only folders made by a run are touched. A run that still has something to put back at the payer
    is kept: 'payerproof restore RUN' first.
    """
    from payerproof.cli.invocation import is_run, run_folder

    if runs:
        folders = [run_folder(run, reports) for run in runs]
    else:
        folders = [
            one for one in sorted(reports.glob("*/")) if is_run(one) and one.name != "sample"
        ]
    foreign = [str(one) for one in folders if not is_run(one)]
    if foreign:
        raise Stop(f"not made by a run, so not deleted: {', '.join(foreign)}.")
    if not folders:
        click.echo(f"There are no runs in {reports}.", err=True)
        return ExitCode.OK
    if not yes:
        _confirm(folders)
    from payerproof.plugin.locate import key_file
    from payerproof.plugin.sealing import forget

    kept = [one for one in folders if _unfinished(one)]
    for folder in folders:
        if folder not in kept:
            key_file(folder).unlink(missing_ok=True)
            forget(folder)
            shutil.rmtree(folder)
            click.echo(f"Deleted {folder}", err=True)
    if kept:
        names = ", ".join(one.name for one in kept)
        raise Stop(f"kept, since something is left to put back: {names}. Restore them first.")
    return ExitCode.OK


def _confirm(folders: list[Path]) -> None:
    for folder in folders:
        click.echo(f"  {folder}", err=True)
    if not sys.stdin.isatty():
        raise Stop("nothing was deleted: give --yes where nobody can be asked.")
    count = "this run" if len(folders) == 1 else f"these {len(folders)} runs"
    click.confirm(f"Delete {count}?", abort=True, err=True)


def _unfinished(folder: Path) -> bool:
    from payerproof.plugin.journal import open_changes

    return bool(open_changes(folder))
