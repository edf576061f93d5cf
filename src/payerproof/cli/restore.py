"""``payerproof restore``: undo what an interrupted run changed at the payer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payerproof.cli.failures import ExitCode, Stop

if TYPE_CHECKING:
    from payerproof.plugin.journal import Change


@click.command(short_help="Undo what an interrupted run changed at the payer.")
@click.argument("run")
@click.option(
    "--payer", metavar="PAYER", help="Payer file, where it has moved since the run was started."
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where run folders are.",
)
def restore(run: str, payer: str | None, reports: Path) -> int:
    """Undo what RUN changed at the payer and did not put back, from the run's journal."""
    from payerproof.cli.bench import bench
    from payerproof.cli.invocation import Invocation, run_folder
    from payerproof.cli.preflight import ready_target
    from payerproof.plugin.journal import open_changes, scrub, undo
    from payerproof.plugin.operating import put_back
    from payerproof.plugin.sealing import key_missing

    folder = run_folder(run, reports)
    pending = open_changes(folder)
    if not pending:
        click.echo("Nothing is left to put back.", err=True)
        return ExitCode.OK
    target = ready_target(payer or Invocation.load(folder).payer, production=True)
    by_page = [one for one in pending if one.kind != "control"]
    if by_page and not target.pages.app_management:
        raise Stop(
            f"{target.path}: pages.app_management is missing: it is there that grants are revoked. "
            f"Left to put back: {_words(by_page)}."
        )
    click.echo(f"Putting back at {target.name}: {_words(pending)}.", err=True)
    with bench(target, "browser" if by_page else "hook") as session:
        left = put_back(session, folder)
        if by_page:
            left += undo(folder, session.agent, {app.id: app.name for app in target.apps})
    scrub(folder)
    if left:
        why = key_missing(folder, (one.sealed for one in left))
        raise Stop(f"not put back: {_words(left)}{why}.", ExitCode.UNREACHABLE)
    click.echo("Everything is as it was.", err=True)
    return ExitCode.OK


def _words(changes: Sequence[Change]) -> str:
    pairs = dict.fromkeys(
        f"{one.undo} {one.persona}".strip()
        if one.kind == "control"
        else f"{one.kind} of {one.persona} to {one.app}"
        for one in changes
    )
    return ", ".join(pairs)
