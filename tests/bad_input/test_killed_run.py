"""A run that is killed loses nothing that was judged, and can be finished."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended_run import PROGRAM, Go
from hostile import Hostile, Twist, comes_true

from payerproof.runfile import read_run

Make = Callable[..., Path]
Start = Callable[[Twist], Hostile]
pytestmark = pytest.mark.slow


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


def results_in(folder: Path) -> dict[str, Any]:
    lines = [
        json.loads(line)
        for path in folder.glob("segment-*.jsonl")
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
    return {f"{one['check']}{one['params']}": one for one in lines if one["kind"] == "result"}


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
