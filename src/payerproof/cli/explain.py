"""``payerproof explain``: what a requirement or a check is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from payerproof.cli.failures import ExitCode, Stop

if TYPE_CHECKING:
    from payerproof.model import Check, Requirement


@click.command(short_help="Explain a requirement or a check.")
@click.argument("name", metavar="ID")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def explain(name: str, form: str) -> int:
    """Explain the requirement or check ID: text, sources, checks, and how to put it right."""
    from payerproof.cli import material

    checks = material.checks()
    asked = name.partition("/")[0]
    requirement = material.catalogue().requirements.get(asked)
    if requirement is None or ("/" in name and name not in checks):
        from payerproof.target.errors import did_you_mean

        known = material.check_ids() if "/" in name else material.requirement_ids()
        hint = did_you_mean(name, known) or " 'payerproof list requirements' has them all."
        raise Stop(f"there is no requirement or check '{name}'.{hint}")
    serving = [
        check
        for check in checks.values()
        if check.id == name or ("/" not in name and check.requirement == asked)
    ]
    if form == "json":
        click.echo(json.dumps(_document(requirement, serving), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(requirement, serving)))
    return ExitCode.OK


def _document(requirement: Requirement, checks: list[Check]) -> dict[str, Any]:
    from dataclasses import asdict

    from payerproof.target.needs import NEEDS

    described = [
        {**asdict(one), "needs": {word: NEEDS[word].sentence for word in one.needs}}
        for one in checks
    ]
    return {"requirement": asdict(requirement), "checks": described}


def _lines(requirement: Requirement, checks: list[Check]) -> list[str]:
    from payerproof.model import Confidence
    from payerproof.target.needs import NEEDS

    one = requirement
    lines = [one.id, "", f"{one.level.value}, {one.severity.value}. {one.text}"]
    lines += [one.why] if one.why else []
    lines += ["", f"Binds:  {', '.join(one.applies_to)}", f"Met by: {', '.join(one.actors)}"]
    if one.effective:
        lines.append(f"From:   {one.effective}")
    if one.lifecycle != "in-force":
        lines.append(f"State:  {one.lifecycle}")
    if one.confidence is not Confidence.CONFIRMED:
        lines.append(f"Confidence of the source: {one.confidence.value}")
    lines += ["", "Sources:"]
    lines += [f"  {citation}  {citation.url}".rstrip() for citation in one.citations]
    lines += ["", "To put it right:", f"  {one.remediation}", "", "Checks:"]
    for check in checks:
        lines += [f"  {check.id}", f"    {check.title}", f"    suites/{check.module}"]
        lines += [f"    {NEEDS[word].sentence}" for word in check.needs]
        if check.prod.value != "yes":
            word = {"gated": "only where permissions.gated names it", "no": "never"}
            lines.append(f"    on production: {word[check.prod.value]}")
    if not checks:
        lines.append(f"  none: {one.not_tested_because or 'no check serves it yet'}")
    return lines
