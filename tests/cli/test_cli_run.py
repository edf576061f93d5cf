"""``payerproof run``: refused before anything starts, or carried out to an exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_run_sample import REQUIREMENTS, write_run

from payerproof.cli import execution
from payerproof.cli.invocation import Invocation
from payerproof.cli.pytest_command import INI, environment, plan_command, pytest_command
from payerproof.model import Outcome

Say = Callable[..., Any]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refused(said: Any, *parts: str) -> None:
    assert said.code == 2
    assert said.out == ""
    for part in parts:
        assert part in said.err
    assert not Path("reports").exists(), "nothing was started"


def test_an_unknown_key_is_refused_with_file_line_and_suggestion(say: Say, payer: Path) -> None:
    replace(payer, "environment", "enviroment")
    refused(say("run", str(payer)), f"{payer}:3: enviroment", "Did you mean 'environment'?")


def test_a_missing_secret_is_refused(
    say: Say, payer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADA_PASSWORD")
    refused(say("run", str(payer)), f"{payer}:15: personas[0].password", "ADA_PASSWORD is not set")


def test_a_missing_certificate_file_is_refused(say: Say, payer: Path) -> None:
    payer.write_text(payer.read_text() + '[tls]\nca_bundle = "ca.pem"\n')
    refused(say("run", str(payer)), f"{payer}:24: tls.ca_bundle", "does not exist")


def test_production_asks_for_its_flag(say: Say, payer: Path) -> None:
    replace(payer, '"sandbox"', '"production"')
    refused(say("run", str(payer)), "Give --production to test it")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--persona", "adda"], "--persona adda: there is none. Did you mean 'ada'?"),
        (["--area", "isolatoin"], "--area isolatoin: there is none. Did you mean"),
        (["--check", "no.such/thing"], "--check no.such/thing: there is none."),
    ],
)
def test_a_selection_of_nothing_is_refused(
    say: Say, payer: Path, arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payerproof.cli.material.suite_areas", lambda: ["isolation", "smart"])
    monkeypatch.setattr("payerproof.cli.material.check_ids", lambda: ["isolation.members/read"])
    monkeypatch.setattr("payerproof.cli.material.requirement_ids", lambda: ["isolation.members"])
    refused(say("run", str(payer), *arguments), expected)


def test_a_hook_that_is_not_there_is_refused(say: Say, payer: Path) -> None:
    refused(say("run", str(payer), "--login", "hook"), "--login hook needs [controls.grant]")
    assert say("doctor", str(payer), "--login", "hook").code == 2


def test_sandbox_variables_get_a_hint(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYERPROOF_SANDBOX_URL", raising=False)
    refused(say("run", "sandbox"), "'payerproof sandbox' prints them")


# -- the command line of pytest ---------------------------------------------------------------


def test_the_options_of_the_plugin(tmp_path: Path) -> None:
    asked = Invocation(
        payer="p.toml", areas=("isolation",), left_out=("a.b/c",), as_of="2026-11-21",
        max_seconds=600, jobs=3, login="hook", headed=True, production=True,
        allow_inconclusive=True,
    )  # fmt: skip
    command = pytest_command(asked, tmp_path / "run", tmp_path / "progress", resume=True)
    assert command[:3] == [sys.executable, "-m", "pytest"]
    assert command[command.index("-c") + 1] == str(INI)
    assert command[command.index("-n") + 1] == "3"
    for option in (
        "--payer=p.toml",
        f"--run-dir={tmp_path / 'run'}",
        f"--payerproof-progress={tmp_path / 'progress'}",
        "--payerproof-as-of=2026-11-21",
        "--payerproof-login=hook",
        "--payerproof-max-time=600",
        "--payerproof-allow-inconclusive",
        "--payerproof-production",
        "--payerproof-headed",
        "--payerproof-resume",
    ):
        assert option in command
    (selection,) = [one for one in command if one.startswith("--payerproof-selection=")]
    assert json.loads(selection.partition("=")[2]) == {
        "areas": ["isolation"], "checks": [], "left_out": ["a.b/c"], "personas": [], "quick": False,
    }  # fmt: skip
    plan = plan_command(asked, tmp_path / "plan.json", tmp_path / "run")
    assert f"--payerproof-plan={tmp_path / 'plan.json'}" in plan


def test_pytest_itself_takes_every_option(tmp_path: Path) -> None:
    """The plugin knows them all, else pytest would stop on them before it looks for the payer."""
    asked = Invocation("p.toml", as_of="2026-11-21", max_seconds=1, headed=True, production=True)
    for command in (
        pytest_command(asked, tmp_path / "run", tmp_path / "p", resume=True),
        plan_command(asked, tmp_path / "p", tmp_path / "run"),
    ):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env=environment()
        )
        said = done.stdout + done.stderr
        assert "unrecognized arguments" not in said
        assert "p.toml: no such file" in said
        assert done.returncode == 2


# -- from the process to the exit code --------------------------------------------------------


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch, payer: Path) -> Callable[..., list[str]]:
    """Let a run leave these outcomes and exit code in place of pytest."""

    def play(code: int, outcomes: list[tuple[str, Outcome, str]], note: str = "") -> list[str]:
        def command(
            asked: Invocation, run_dir: Path, progress: Path, *, resume: bool = False
        ) -> list[str]:
            if outcomes:
                write_run(run_dir, outcomes)
            if note:
                progress.write_text(json.dumps({"event": "note", "text": note}) + "\n")
            return [sys.executable, "-c", f"print('x'); raise SystemExit({code})"]

        monkeypatch.setattr(execution, "pytest_command", command)
        return ["run", str(payer)]

    return play


PASSED = [("isolation.members/read", Outcome.PASSED, "")]
FAILED = [("isolation.members/read", Outcome.FAILED, "")]


def test_the_report_is_written_and_named(say: Say, plays: Any) -> None:
    said = say(*plays(1, FAILED))
    assert said.code == 1
    assert said.out == ""
    (folder,) = Path("reports").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert str(folder / "report.html") in said.err
    assert "<html" in (folder / "report.html").read_text()
    assert "payerproof-quirks" in (folder / "quirks.json").read_text()
    assert "Plan: not met" in said.err
    assert "isolation.members is not met." in said.err
    assert not (folder / "progress.jsonl").exists()


@pytest.mark.parametrize("code", [0, 1, 3, 4, 6])
def test_exit_codes_come_from_the_run(say: Say, plays: Any, code: int) -> None:
    assert say(*plays(code, PASSED)).code == code


@pytest.mark.parametrize("code", [7, 9, 5])
def test_any_other_code_is_our_own_error_and_names_the_log(say: Say, plays: Any, code: int) -> None:
    said = say(*plays(code, PASSED))
    assert said.code == 5
    assert "an error of payerproof itself; see " in said.err


def test_json_goes_to_standard_output(say: Say, plays: Any) -> None:
    said = say(*plays(1, FAILED), "--format", "json")
    told = json.loads(said.out)
    assert (said.code, told["exit_code"], told["verdict"]) == (1, 1, "not met")
    assert told["findings"][0]["checks"] == ["isolation.members/read"]
    assert Path(told["reports"]["html"]).is_file()


def test_no_report(say: Say, plays: Any) -> None:
    said = say(*plays(0, PASSED), "--no-report")
    (folder,) = Path("reports").iterdir()
    assert not (folder / "report.html").exists()
    assert "Report:" not in said.err


def test_a_run_without_a_result(say: Say, plays: Any) -> None:
    said = say(*plays(1, []))
    assert said.code == 5
    assert "the run ended without a result (exit code 1)" in said.err
    said = say(*plays(4, [], note="fhir.plan.example does not answer."))
    assert (said.code, said.err.splitlines()[-1]) == (
        4,
        "payerproof: fhir.plan.example does not answer.",
    )


def test_ctrl_c_says_how_far_it_came_and_what_is_left(
    say: Say, payer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payerproof.plugin.journal import Journal

    def command(_asked: Any, run_dir: Path, progress: Path, **_: Any) -> list[str]:
        Journal(run_dir, "gw0").open("grant", "ada", "app")
        event = json.dumps({"event": "plan", "total": 7, "areas": {"isolation": 7}})
        script = (
            f"import os, signal, time\nopen({str(progress)!r}, 'w').write({event!r} + '\\n')\n"
            "os.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)\n"
        )
        return [sys.executable, "-c", script]

    monkeypatch.setattr(execution, "pytest_command", command)
    said = say("run", str(payer))
    (folder,) = Path("reports").iterdir()
    assert said.code == 130
    assert "Stopped after 0 of 7 checks." in said.err
    assert f"payerproof run --resume {folder}" in said.err
    assert f"payerproof restore {folder}   takes back 1 grant" in said.err


@pytest.mark.parametrize(
    ("grants", "changes", "told"),
    [(1, 0, "1 grant"), (2, 1, "2 grants and 1 change"), (0, 2, "2 changes")],
)
def test_what_is_left_at_the_payer_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grants: int, changes: int, told: str
) -> None:
    from payerproof.plugin.journal import Journal, open_changes

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    journal = Journal(tmp_path, "gw0")
    for _ in range(grants):
        journal.open("grant", "ada", "app")
    for _ in range(changes):
        journal.open_control("opt-in", {}, "ada")
    assert execution._counted(open_changes(tmp_path)) == told


def test_a_secret_in_a_report_stops_it(say: Say, plays: Any) -> None:
    outcomes = [("revocation.dies/x", Outcome.INCONCLUSIVE, "saw ada-has-a-password there")]
    said = say(*plays(3, outcomes))
    assert said.code == 5
    assert "report.html" in said.err
    assert "ada-has-a-password" not in said.err
    (folder,) = Path("reports").iterdir()
    assert not (folder / "report.html").exists()


# -- resume -----------------------------------------------------------------------------------


def test_resume_needs_the_run_alone(
    say: Say, plays: Any, payer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path("reports/20261121-140200-plan")
    folder.mkdir(parents=True)
    Invocation(payer=str(payer), areas=("isolation",), jobs=4).save(folder)
    seen: list[Any] = []
    plays(0, PASSED)
    real = execution.pytest_command
    monkeypatch.setattr(
        execution, "pytest_command", lambda *a, **k: (seen.append((a[0], k)), real(*a, **k))[1]
    )
    assert say("run", "--resume", folder.name).code == 0
    assert seen == [(Invocation(payer=str(payer), areas=("isolation",), jobs=4), {"resume": True})]


def test_what_has_ended_is_not_resumed(say: Say, ended_run: Path) -> None:
    said = say("run", "--resume", ended_run.name)
    assert said.code == 2
    assert "has ended already" in said.err


def test_no_run_of_that_name(say: Say, ended_run: Path) -> None:
    said = say("run", "--resume", "20200101-000000-plan")
    assert said.code == 2
    assert f"Latest in reports/: {ended_run.name}." in said.err


def test_the_requirements_of_these_tests_can_fail() -> None:
    assert all(one.level.binding for one in REQUIREMENTS)
