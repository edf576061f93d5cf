"""The group: help without loading anything, suggestions, and no traceback whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from payerproof.cli.failures import ExitCode
from payerproof.cli.group import COMMANDS, commands

Say = Callable[..., "object"]


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    script = (
        "import json, sys\n"
        "from payerproof.cli.group import call\n"
        "call(['--help'])\n"
        "heavy = ['pydantic', 'rich', 'pytest', 'httpx', 'playwright', 'jinja2', 'hypothesis']\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stderr) == []
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, say: Say) -> None:
    said = say(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: payerproof {name}")
    assert said.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_the_commands_own(name: str) -> None:
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    assert command.name == name
    own = command.get_short_help_str(200).rstrip(".")
    assert COMMANDS[name][1].startswith(own)


def test_version(say: Say) -> None:
    assert say("--version").out.startswith("payerproof 0.")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["runn"], "there is no command 'runn'. Did you mean 'run'?"),
        (["run"], "PAYER is missing"),
        (["run", "x", "--max-time", "ten"], "'ten' is no duration; write it as 90s, 10m or 1h30m."),
        (["run", "x", "--as-of", "21.11.2026"], "'21.11.2026' is no date; write it as 2026-11-21."),
        (["run", "x", "--as-of", "2026-02-30"], "'2026-02-30' is no date"),
        (["run", "x", "--jobs", "0"], "0 is not in the range"),
        (["list", "planets"], "'planets' is not one of"),
        (["run", "--arae", "x"], "Did you mean"),
    ],
)
def test_wrong_usage_is_code_2_and_says_what_is_right(
    arguments: list[str], expected: str, say: Say
) -> None:
    said = say(*arguments)
    assert said.code == ExitCode.USAGE
    assert expected in said.err
    assert said.out == ""


def test_a_bug_of_ours_is_code_5_with_a_log_and_no_traceback(
    say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("payerproof.target.load.payer_file", lambda _: 1 / 0)
    said = say("doctor", "x")
    assert said.code == ExitCode.OURS
    assert "Traceback" not in said.err + said.out
    (log,) = (tmp_path / "state" / "payerproof" / "logs").iterdir()
    assert str(log) in said.err
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_is_no_error_of_ours(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("payerproof.target.load.payer_file", stop)
    said = say("doctor", "x")
    assert said.code == 130
    assert said.err.strip() == "payerproof: stopped."
