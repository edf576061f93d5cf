"""``payerproof list``: requirements, checks, defects, guides or payers."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from payerproof.cli.failures import ExitCode

Rows = list[dict[str, str]]


@click.command("list", short_help="List requirements, checks, defects, guides or payers.")
@click.argument(
    "what", type=click.Choice(["requirements", "checks", "defects", "guides", "payers"])
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
)
@click.option("--area", metavar="AREA", help="Only this area.")
def listing(what: str, form: str, area: str | None) -> int:
    """List requirements, checks, defects of the sandbox, guides or payer files that ship."""
    from payerproof.cli import inventory

    rows: dict[str, Callable[[], Rows]] = {
        "requirements": inventory.requirements,
        "checks": inventory.checks,
        "defects": inventory.defects,
        "guides": inventory.guides,
        "payers": inventory.payers,
    }
    found = rows[what]()
    if area is not None:
        known = sorted({row["area"] for row in found if "area" in row})
        if area not in known:
            from payerproof.target.errors import did_you_mean

            hint = did_you_mean(area, known) or f" Known: {', '.join(known)}."
            raise click.UsageError(f"no {what} in area '{area}'.{hint if known else ''}")
        found = [row for row in found if row["area"] == area]
    click.echo({"json": _json, "md": _markdown, "text": _text}[form](found))
    return ExitCode.OK


def _json(rows: Rows) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _markdown(rows: Rows) -> str:
    if not rows:
        return "None."
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    cells = ([row[name].replace("|", "\\|").replace("\n", " ") for name in names] for row in rows)
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in cells)])


def _text(rows: Rows) -> str:
    """Columns as wide as they need, the last one free; one row a line, for grep."""
    if not rows:
        return "None."
    names = list(rows[0])
    widths = {name: max(len(row[name]) for row in rows) for name in names[:-1]}
    lines = []
    for row in rows:
        columns = [row[name].ljust(widths[name]) for name in names[:-1]]
        lines.append("  ".join([*columns, row[names[-1]]]).rstrip())
    return "\n".join(lines)
