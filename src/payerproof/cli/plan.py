"""What a run would do, told before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from payerproof.cli.durations import words


def print_plan(plan: Mapping[str, Any]) -> None:
    """Print a plan as `payerproof.plugin.planning` writes it.

    Keys: ``checks`` (number), ``areas`` {area: number}, ``requests``, ``logins``,
    ``authorizations`` and ``seconds`` (estimates), ``state_changes`` (check ids),
    ``waits_for_person`` (sentences) and ``not_tested`` {check id: reason}.
    """
    click.echo(f"{plan['checks']} checks would run:")
    for area, count in plan["areas"].items():
        click.echo(f"  {area}: {count}")
    counts = [f"{plan[word]} {word}" for word in ("requests", "logins", "authorizations")]
    click.echo(f"About {', '.join(counts)}, {words(float(plan['seconds']))}.")
    _listed("Changes that are made and put back, by", plan.get("state_changes", ()))
    _listed("Somebody has to be there for", plan.get("waits_for_person", ()))
    reasons: dict[str, list[str]] = {}
    for check, reason in plan.get("not_tested", {}).items():
        reasons.setdefault(reason, []).append(check)
    if reasons:
        click.echo("Not tested:")
        for reason, checks in sorted(reasons.items()):
            click.echo(f"  {len(checks)}: {reason}")
    click.echo("Nothing was sent.")


def _listed(title: str, entries: Any) -> None:
    if entries:
        click.echo(f"{title}:")
        for entry in entries:
            click.echo(f"  {entry}")
