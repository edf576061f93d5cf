"""``payerproof demo``: start the sandbox payer, test it, and write the report."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from payerproof.sandbox import Sandbox

AS_OF = "2026-11-21"
"""The day by which the demo judges duties, so that its result stays the same as years go by."""


@click.command(short_help="Start the sandbox payer, test it, and write the report.")
@click.option("--face", default="plain", show_default=True, help="How the payer lawfully behaves.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Seed a fault.")
@click.option("--area", "areas", multiple=True, metavar="AREA", help="Only this area. Repeatable.")
@click.option("--keep", is_flag=True, help="Leave the sandbox running afterwards, to look around.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=3, show_default=True, help="Checks at once."
)
@click.option(
    "--login",
    type=click.Choice(["browser", "hook"]),
    help="Default: the browser where there is one, else the sandbox's control hook.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where run folders go.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: the result on standard output, for programs.",
)
def demo(
    face: str,
    defects: tuple[str, ...],
    areas: tuple[str, ...],
    keep: bool,
    jobs: int,
    login: str | None,
    reports: Path,
    form: str,
) -> int:
    """Start the sandbox payer, log in, run every check, and write the report. Nothing to prepare.

    Exit codes are those of 'payerproof run'; with --defect a fault is found, which is code 1.
    """
    from payerproof.cli.execution import Output, start
    from payerproof.cli.invocation import Invocation
    from payerproof.cli.sandbox import tenant_name

    tenant = tenant_name(face, defects)
    how = login or _login()
    with _sandbox() as running:
        os.environ.update(running.environment(tenant))
        url = running.environment(tenant)["PAYERPROOF_SANDBOX_URL"]
        click.echo(f"The sandbox payer is at {url}", err=True)
        asked = Invocation(payer="sandbox", areas=areas, as_of=AS_OF, jobs=jobs, login=how)
        code = start(asked, reports, Output(as_json=form == "json", resumable=False))
        if keep:
            click.echo(f"\nThe sandbox is still at {url}. Ctrl-C stops it.", err=True)
            _wait()
    return code


def _login() -> str:
    from payerproof.browser.engine import find_browser
    from payerproof.browser.errors import BrowserMissing

    try:
        find_browser()
    except BrowserMissing as missing:
        click.echo(f"{missing} Until then the demo logs in by the control hook.", err=True)
        return "hook"
    return "browser"


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    """A sandbox that a terminal's Ctrl-C does not reach: the run still has things to put back.

    A blocked signal stays blocked in the child; it ends when we do, since its input closes.
    """
    from payerproof.sandbox import Sandbox

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        running = Sandbox()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with running:
        yield running


def _wait() -> None:
    """Until Ctrl-C."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
