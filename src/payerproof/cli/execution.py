"""From an invocation to an exit code: preflight, pytest, report, last words."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payerproof.cli.failures import ExitCode, Stop
from payerproof.cli.invocation import Invocation, new_run_folder
from payerproof.cli.preflight import check_selection, ready_target
from payerproof.cli.process import Ended, carry_out
from payerproof.cli.pytest_command import plan_command, pytest_command
from payerproof.cli.views import SilentView, view_for

if TYPE_CHECKING:
    from payerproof.plugin.journal import Change


@dataclass(frozen=True)
class Output:
    """What is written at the end."""

    as_json: bool = False
    report: bool = True
    resumable: bool = True
    """False where the payer is gone once the command ends."""


def start(asked: Invocation, reports: Path, output: Output) -> int:
    """Carry out a new run and return its exit code."""
    check_selection(asked, ready_target(asked.payer, production=asked.production))
    folder = new_run_folder(reports, asked.payer)
    asked.save(folder)
    return _carry_out(asked, folder, output, resume=False)


def carry_on(folder: Path, output: Output) -> int:
    """Resume a run where it was stopped; what was judged stays judged."""
    asked = Invocation.load(folder)
    if (folder / "run.jsonl").exists():
        raise Stop(f"{folder.name} has ended already; there is nothing to resume.")
    ready_target(asked.payer, production=asked.production)
    return _carry_out(asked, folder, output, resume=True)


def plan_only(asked: Invocation, output: Output) -> int:
    """Tell what a run would do, and send nothing."""
    from payerproof.cli.plan import print_plan

    check_selection(asked, ready_target(asked.payer, production=asked.production))
    with tempfile.TemporaryDirectory(prefix="payerproof-") as scratch:
        plan, folder = Path(scratch) / "plan.json", Path(scratch) / "run"
        command = plan_command(asked, plan, folder)
        ended = carry_out(command, Path(scratch) / "progress.jsonl", SilentView())
        content = json.loads(plan.read_text(encoding="utf-8")) if plan.is_file() else None
    if ended.interrupted:
        return ExitCode.INTERRUPTED
    if content is None:
        return _went_wrong(ended)
    ended.log.unlink(missing_ok=True)
    if output.as_json:
        click.echo(json.dumps(content, indent=2))
    else:
        print_plan(content)
    return ExitCode.OK


def _carry_out(asked: Invocation, folder: Path, output: Output, *, resume: bool) -> int:
    progress = folder / "progress.jsonl"
    progress.unlink(missing_ok=True)
    click.echo(f"Run {folder.name}", err=True)
    command = pytest_command(asked, folder.resolve(), progress.resolve(), resume=resume)
    ended = carry_out(command, progress, view_for(quiet=output.as_json))
    if not (folder / "run.jsonl").is_file():
        if ended.interrupted:
            return _stopped(folder, ended, output)
        return _went_wrong(ended)
    progress.unlink(missing_ok=True)
    known = ended.code in tuple(ExitCode)
    if known and ended.code != ExitCode.OURS:
        ended.log.unlink(missing_ok=True)
    code = ended.code if known else ExitCode.OURS
    if ended.interrupted:
        code = ExitCode.INTERRUPTED
    finish(folder, output, code)
    if code == ExitCode.OURS:
        click.echo(f"payerproof: an error of payerproof itself; see {ended.log}.", err=True)
    return code


def _stopped(folder: Path, ended: Ended, output: Output) -> int:
    """Say how far it came, how to go on, and what is left at the payer."""
    from payerproof.plugin.journal import open_changes

    done, total = ended.progress.done, ended.progress.total
    click.echo(f"Stopped after {done} of {total} checks.", err=True)
    if not output.resumable:
        return ExitCode.INTERRUPTED
    click.echo(f"  payerproof run --resume {folder}   goes on with it", err=True)
    left = open_changes(folder)
    if left:
        click.echo(
            f"  payerproof restore {folder}   takes back {_counted(left)} left at the payer",
            err=True,
        )
    return ExitCode.INTERRUPTED


def _counted(left: Sequence[Change]) -> str:
    """``2 grants and 1 change``."""
    controls = sum(one.kind == "control" for one in left)
    counts = {"grant": len(left) - controls, "change": controls}
    return " and ".join(f"{n} {what}{'s' * (n != 1)}" for what, n in counts.items() if n)


def finish(folder: Path, output: Output, code: int) -> None:
    """Write the reports of a run that has ended, and say what came of it."""
    from payerproof.cli.judgement import judge
    from payerproof.cli.reports import write_reports

    written = write_reports(folder, ("html", "quirks")) if output.report else {}
    made = judge(folder)
    if output.as_json:
        paths = {name: str(path) for name, path in written.items()}
        told = {**made.to_json(), "folder": str(folder), "reports": paths, "exit_code": int(code)}
        click.echo(json.dumps(told, indent=2))
        return
    from payerproof.cli.closing import print_closing

    print_closing(made, written.get("html"), code)


def _went_wrong(ended: Ended) -> int:
    """The run ended without a run file: pass on what it said, or call it our own error."""
    if ended.code in (ExitCode.USAGE, ExitCode.UNREACHABLE):
        said = ended.progress.note or f"the run did not start; see {ended.log}."
        raise Stop(said, ExitCode(ended.code))
    click.echo(
        f"payerproof: the run ended without a result (exit code {ended.code}): an error of "
        f"payerproof itself. What it printed is in {ended.log}.",
        err=True,
    )
    return ExitCode.OURS
