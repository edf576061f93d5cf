"""Runs of the program against payers that misbehave."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from ended_run import OPEN, PROGRAM, SEARCH, Ended, Go
from hostile import Hostile, Twist

from payerproof.places import shipped


@pytest.fixture
def program(tmp_path: Path) -> Go:
    """Run the program in a folder of its own."""

    def go(*words: str, env: Mapping[str, str]) -> Ended:
        done = subprocess.run(
            [*PROGRAM, *words],
            capture_output=True, text=True, check=False, timeout=240, cwd=tmp_path,
            env={**os.environ, **env, "XDG_STATE_HOME": str(tmp_path / "state")},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stderr, json.loads(done.stdout or "{}"), tmp_path)

    return go


@pytest.fixture
def payer_file(tmp_path: Path) -> Callable[..., Path]:
    """The shipped payer file of the sandbox with texts replaced."""

    def make(*changes: tuple[str, str]) -> Path:
        text = (shipped("profiles") / "payers" / "sandbox.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Callable[[Twist], Hostile]]:
    """Start a payer with a twist."""
    with ExitStack() as stack:

        def start(twist: Twist) -> Hostile:
            folder = tmp_path / "certificates"
            folder.mkdir()
            return stack.enter_context(Hostile(folder, twist))

        yield start


@pytest.fixture
def run(program: Go) -> Go:
    """Judge a payer file by a few checks; grants come from the control hook unless told."""

    def go(
        payer: Path, env: Mapping[str, str], *checks: str, login: str = "hook", jobs: int = 1
    ) -> Ended:
        words = [word for check in (OPEN, *(checks or (SEARCH,))) for word in ("--check", check)]
        return program(
            "run", str(payer), "--login", login, "--as-of", "2026-11-21", "--format", "json",
            "--jobs", str(jobs), *words, env=env,
        )  # fmt: skip

    return go
