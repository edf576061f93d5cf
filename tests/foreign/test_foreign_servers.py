"""Runs against authorization servers that nobody here wrote, and what each of them fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from foreign_server import HERE, Scene, scene

from payerproof.model import Outcome, Run
from payerproof.runfile import read_run

PROGRAM = [sys.executable, "-c", "from payerproof.cli import main; main()"]
TABLE = HERE.parents[1] / "docs" / "foreign-servers.md"
AREAS = ("discovery", "authorization", "isolation")
ROW = re.compile(r"^\| `([\w.\-]+/[\w.\-]+)` \| (canaille|oidc-provider|both) \|", re.MULTILINE)
pytestmark = [pytest.mark.slow, pytest.mark.browser]


def judged(found: Scene, folder: Path, *words: str) -> Run:
    """Run the program on the scene's payer file and read the run file."""
    environment = {**os.environ, **found.environment, "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(
        [
            *PROGRAM, "run", str(found.payer_file), "--as-of", "2026-11-21",
            "--format", "json", "--no-report", *words,
        ],
        capture_output=True, text=True, check=False, timeout=580, cwd=folder, env=environment,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stderr
    return read_run(folder / json.loads(done.stdout)["folder"] / "run.jsonl")


def explained(server: str) -> set[str]:
    """Checks that the committed table says this server fails, each with the reason."""
    return {
        check for check, who in ROW.findall(TABLE.read_text("utf-8")) if who in (server, "both")
    }


@pytest.mark.parametrize("server", ["canaille", "oidc-provider"])
def test_a_run_through_pages_it_was_not_written_for(server: str, tmp_path: Path) -> None:
    with scene(server, tmp_path) as found:
        run = judged(found, tmp_path, *(word for area in AREAS for word in ("--area", area)))
    outcomes = Counter(one.outcome for one in run.results)
    assert outcomes[Outcome.ERROR] == 0, [
        one for one in run.results if one.outcome is Outcome.ERROR
    ]
    assert outcomes[Outcome.PASSED] > 140
    # members logged in, and nobody sees what is another's
    isolation = [one for one in run.results if run.checks[one.check].module.startswith("isolation")]
    assert sum(one.outcome is Outcome.PASSED for one in isolation) >= 40
    # what fails is this server's own doing, and written down
    failed = {one.check for one in run.results if one.outcome is Outcome.FAILED}
    assert failed - explained(server) == set()
    assert explained(server) - failed == set()


def test_signed_tokens_are_judged_by_their_signature(tmp_path: Path) -> None:
    """oidc-provider's JWTs, verified by its key set instead of introspection."""
    check = "patient-access.cross-member-isolation/search"
    with scene("oidc-provider", tmp_path, "jwks") as found:
        run = judged(found, tmp_path, "--check", check)
    (result,) = run.results
    assert result.outcome is Outcome.PASSED, result.message
