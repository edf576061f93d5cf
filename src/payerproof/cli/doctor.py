"""``payerproof doctor``: look whether a run could start; plain words, no verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from payerproof.cli.failures import ExitCode

if TYPE_CHECKING:
    from payerproof.cli.checkup import Finding
    from payerproof.target import Target

_MARKS = {"fine": ("ok", "green"), "note": ("note", "yellow"), "problem": ("problem", "red")}


@click.command(short_help="Look whether a run could start.")
@click.argument("payer")
@click.option("--offline", is_flag=True, help="Only what needs no network: the file itself.")
@click.option("--no-login", is_flag=True, help="Everything but logins.")
@click.option(
    "--login",
    type=click.Choice(["browser", "hook"]),
    default="browser",
    show_default=True,
    help="How members log in: through the browser, or by the operator's control hook.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def doctor(payer: str, offline: bool, no_login: bool, login: str, form: str) -> int:
    """Look at PAYER's file, network, browser, logins and data before a run. Gives no verdict.

    Exit code 0 where a run could start, 2 where something here has to be corrected, 4 where the
    payer can't be reached or nobody could log in.
    """
    from payerproof.cli.preflight import check_login
    from payerproof.target import load_target

    target = load_target(payer)
    check_login(login, target)
    found = []
    for finding in _look(target, offline=offline, logins=not no_login, how=login):
        found.append(finding)
        if form == "text":
            word, colour = _MARKS[finding.state]
            mark = click.style(f"{word:8}", fg=colour)
            click.echo(f"{mark}{finding.subject}: {finding.sentence}")
    code = next(
        (one for one in (ExitCode.USAGE, ExitCode.UNREACHABLE) if one in {f.code for f in found}),
        ExitCode.OK,
    )
    if form == "json":
        rows = [
            {"subject": one.subject, "state": one.state, "sentence": one.sentence} for one in found
        ]
        click.echo(
            json.dumps({"payer": target.name, "findings": rows, "exit_code": code}, indent=2)
        )
    return code


def _look(target: Target, *, offline: bool, logins: bool, how: str) -> Iterator[Finding]:
    """Everything in the order in which things depend on each other; stops where they do."""
    from payerproof.cli.bench import bench, http_only
    from payerproof.cli.checkup import look_offline
    from payerproof.cli.checkup_login import look_at_logins
    from payerproof.cli.checkup_network import (
        look_at_discovery,
        look_at_hosts,
        look_at_partners,
    )
    from payerproof.target.needs import can_log_in

    before = list(look_offline(target))
    yield from before
    if offline or any(one.code for one in before):
        return
    reached = list(look_at_hosts(target))
    yield from reached
    if any(one.code for one in reached):
        return
    with http_only(target) as http:
        discovered = list(look_at_discovery(target, http))
        yield from discovered
        if logins and not any(one.code for one in discovered):
            yield from look_at_partners(target, http)
    able = any(can_log_in(target, one) for one in target.personas)
    if logins and able and not any(one.code for one in discovered):
        with bench(target, how) as session:
            yield from look_at_logins(session)
