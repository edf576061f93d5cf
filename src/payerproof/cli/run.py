"""``payerproof run``: test a payer and write the report."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import click

from payerproof.cli.durations import Duration
from payerproof.cli.failures import Stop


def _iso_date(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if not value:
        return ""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"'{value}' is no date; write it as 2026-11-21.") from None


@click.command(short_help="Test a payer and write the report.")
@click.argument("payer", required=False)
@click.option("--area", "areas", multiple=True, metavar="AREA", help="Only this area. Repeatable.")
@click.option(
    "--check", "checks", multiple=True, metavar="ID", help="Only this check or requirement."
)
@click.option("--not", "left_out", multiple=True, metavar="ID", help="Leave this check out.")
@click.option("--persona", "personas", multiple=True, metavar="ID", help="Only this persona.")
@click.option("--quick", is_flag=True, help="The subset an app developer needs, in minutes.")
@click.option("--plan", is_flag=True, help="Tell what a run would do; nothing is sent.")
@click.option(
    "--max-time", "max_seconds", type=Duration(), metavar="10m", help="Start no check after this."
)
@click.option(
    "--as-of", callback=_iso_date, metavar="DATE", help="Judge duties by this day, not today."
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=3, show_default=True, help="Checks at once."
)
@click.option(
    "--login",
    type=click.Choice(["browser", "hook"]),
    default="browser",
    show_default=True,
    help="How members log in: through the browser, or by the operator's control hook.",
)
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
@click.option("--allow-inconclusive", is_flag=True, help="Exit 0 though a SHALL is inconclusive.")
@click.option("--production", is_flag=True, help="Yes, test this production payer.")
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
@click.option("--no-report", is_flag=True, help="Keep the run file only.")
def run(**given: Any) -> int:
    """Test PAYER (a payer file, or the name of one that ships) and write the report.

    Everything is tested unless --area, --check, --not, --persona or --quick select a part; a part
    is never called "met".
    """
    from payerproof.cli.execution import Output, carry_on, plan_only, start
    from payerproof.cli.invocation import Invocation, run_folder
    from payerproof.cli.preflight import payer_argument

    output = Output(given.pop("form") == "json", not given.pop("no_report"))
    reports, resume, plan = given.pop("reports"), given.pop("resume"), given.pop("plan")
    payer = given.pop("payer")
    if resume:
        if payer and Invocation.load(run_folder(resume, reports)).payer != payer_argument(payer):
            raise Stop(f"run {resume} tested another payer file; leave PAYER out to resume it.")
        return carry_on(run_folder(resume, reports), output)
    if not payer:
        raise click.UsageError("PAYER is missing: a payer file, or the name of one that ships.")
    asked = Invocation(payer=payer_argument(payer), **given)
    return plan_only(asked, output) if plan else start(asked, reports, output)
