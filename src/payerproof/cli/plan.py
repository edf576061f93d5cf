"""What a run would do, told before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from payerproof.cli.durations import words


def print_plan(plan: Mapping[str, Any]) -> None:
    """Print the ``plan`` event of a run that only plans.

    Keys: ``total`` (checks), ``areas`` {area: checks}; and where known ``requests``, ``logins`` and
    ``seconds`` (estimates), ``state_changes`` (check ids), ``waits_for_person`` (sentences) and
    ``not_tested`` {check id: reason}.
    """
    click.echo(f"{plan.get('total', 0)} checks would run:")
    for area, count in plan.get("areas", {}).items():
        click.echo(f"  {area}: {count}")
    about = [f"{plan[word]} {word}" for word in ("requests", "logins") if word in plan]
    about += [words(float(plan["seconds"]))] if "seconds" in plan else []
    if about:
        click.echo(f"About {', '.join(about)}.")
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
