"""A run that is killed loses nothing that was judged, and can be finished."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended_run import PROGRAM, Go
from hostile import Hostile, Twist, answer, comes_true, path_ends

from payerproof.cli.invocation import Invocation
from payerproof.plugin.journal import Change, open_changes
from payerproof.runfile import read_run

Make = Callable[..., Path]
Start = Callable[[Twist], Hostile]
pytestmark = pytest.mark.slow
NUMBER = "/control/member-number"


class Gate:
    """Lets requests through until it is shut, then answers nothing."""

    def __init__(self) -> None:
        self.shut = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> bool:
        if not self.shut or scope["type"] != "http":
            return False
        while (await receive())["type"] != "http.disconnect":
            pass
        return True


class AfterTheChange(Gate):
    """Shuts as soon as the operator's hook for member numbers was called; notes every path."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self.armed = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> bool:
        held = await super().__call__(scope, receive, send)
        if not held and scope["type"] == "http":
            self.paths.append(scope["path"])
            self.shut = self.armed and scope["path"].endswith(NUMBER)
        return held


def results_in(folder: Path) -> dict[str, Any]:
    lines = [
        json.loads(line)
        for path in folder.glob("segment-*.jsonl")
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
    return {f"{one['check']}{one['params']}": one for one in lines if one["kind"] == "result"}


def changed_by_hooks(folder: Path) -> list[Change]:
    return [one for one in open_changes(folder) if one.kind == "control"]


def processes_of(folder: Path) -> list[str]:
    """Lines of the process table that speak of a run folder."""
    shown = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if str(folder) in line]


def test_killed_and_resumed(tmp_path: Path, payer_file: Make, hostile: Start, program: Go) -> None:
    # given a run in the middle, which can't end since the payer has fallen silent
    gate = Gate()
    payer = hostile(gate)
    environment = {**os.environ, **payer.environment, "XDG_STATE_HOME": str(tmp_path / "state")}
    words = ["run", str(payer_file()), "--login", "hook", "--as-of", "2026-11-21", "--jobs", "1"]
    words += ["--area", "discovery"]
    running = subprocess.Popen(
        [*PROGRAM, *words], cwd=tmp_path, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def folder() -> Path | None:
        return next(iter((tmp_path / "reports").glob("*-plan")), None)

    try:
        assert comes_true(lambda: bool((f := folder()) and len(results_in(f)) >= 10), 120)
        gate.shut = True
    finally:
        running.kill()
        running.wait()
    # then the processes that it started end as well
    place = folder()
    assert place is not None
    assert comes_true(lambda: not processes_of(place), 30)
    # then what was judged stands there, and there is no run file
    before = results_in(place)
    assert len(before) >= 10
    assert not (place / "run.jsonl").exists()
    # when it is resumed
    gate.shut = False
    ended = program("run", "--resume", str(place), "--format", "json", env=payer.environment)
    # then it ends, with what was judged as it was
    assert ended.code in (0, 1, 3), ended.said
    run = read_run(place / "run.jsonl")
    assert run.complete
    after = {f"{one.check}{dict(one.params)}": one for one in run.results}
    assert set(before) < set(after)
    for key, one in before.items():
        assert (key, after[key].started, str(after[key].outcome)) == (
            key, one["started"], one["outcome"],
        )  # fmt: skip
    assert len(after) == len(run.results)
    again = program("run", "--resume", str(place), env=payer.environment)
    assert again.code == 2
    assert "has ended already" in again.said


def test_what_hooks_changed_is_put_back_before_anything_else(
    tmp_path: Path, payer_file: Make, hostile: Start, program: Go
) -> None:
    # given a run that has just had a member's number changed, and is killed
    gate = AfterTheChange()
    payer = hostile(gate)
    eli = payer.house.tenant("plain").world.people["eli"]
    number = eli.member_number
    environment = {**os.environ, **payer.environment, "XDG_STATE_HOME": str(tmp_path / "state")}
    words = ["run", str(payer_file()), "--login", "hook", "--as-of", "2027-01-02", "--jobs", "1"]
    words += ["--check", "provider-access.opt-out-effective/number-changed"]
    running = subprocess.Popen(
        [*PROGRAM, *words], cwd=tmp_path, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def is_changed() -> bool:
        world = payer.house.tenant("plain").world
        return world.people["eli"].member_number == "M-PROOF-0001"

    try:
        assert comes_true(is_changed, 120)
    finally:
        running.kill()
        running.wait()
    (place,) = (tmp_path / "reports").glob("*-plan")
    assert comes_true(lambda: not processes_of(place), 30)
    assert is_changed()
    # then the journal says what is to be put back, and not the number
    (left,) = changed_by_hooks(place)
    assert (left.undo, left.persona) == ("member-number", "eli")
    journal = "".join(path.read_text("utf-8") for path in place.glob("journal-*.jsonl"))
    assert number not in journal
    # when it is resumed
    gate.armed = gate.shut = False
    gate.paths.clear()
    ended = program("run", "--resume", str(place), "--format", "json", env=payer.environment)
    # then the number is put back before anything else is asked
    assert gate.paths[0].endswith(NUMBER)
    assert not is_changed()
    # and the run ends, and nothing is left of the number or of the key that sealed it
    assert ended.code in (0, 1, 3), ended.said
    assert ended.result("provider-access.opt-out-effective/number-changed").outcome == "passed"
    assert changed_by_hooks(place) == []
    assert not list((tmp_path / "state").rglob("*.seal"))


def test_a_run_that_cannot_put_back_does_not_go_on(
    tmp_path: Path, payer_file: Make, hostile: Start, program: Go
) -> None:
    # given a run that was stopped, and something that it changed by a hook which fails now
    payer = hostile(answer(path_ends(NUMBER), b"{}", "application/json", 500))
    environment = {**payer.environment}
    folder = tmp_path / "reports" / "20261122-120000-plan"
    folder.mkdir(parents=True)
    asked = Invocation(payer=str(payer_file()), areas=("discovery",), login="hook", jobs=1)
    asked.save(folder)
    sealing = (
        "import sys, pathlib; from payerproof.plugin.journal import Journal;"
        "Journal(pathlib.Path(sys.argv[1]), 'gw0')"
        ".open_control('member-number', {'persona': 'eli', 'number': 'N-1'}, 'eli')"
    )
    state = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    subprocess.run([sys.executable, "-c", sealing, str(folder)], check=True, env=state)
    # when it is resumed
    ended = program("run", "--resume", str(folder), env=environment)
    # then it judges nothing, says why, and can be resumed later
    assert ended.code == 4
    assert "could not be put back: member-number eli" in ended.said
    assert not (folder / "run.jsonl").exists()
    assert len(open_changes(folder)) == 1
