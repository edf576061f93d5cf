"""Runs against authorization servers that nobody here wrote, and what each of them fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from foreign_server import HERE, Scene, open_scene, scene

from payerproof.guides.package import read_examples
from payerproof.model import Outcome, Run
from payerproof.runfile import read_run
from tests.guides.shared import shared_folder

PROGRAM = [sys.executable, "-c", "from payerproof.cli import main; main()"]
TABLE = HERE.parents[1] / "docs" / "foreign-servers.md"
AREAS = ("discovery", "authorization", "isolation")
ROW = re.compile(
    r"^\| `([\w.\-]+/[\w.\-]+)` \| (canaille|oidc-provider|both|medplum|medplum, CARIN) \|",
    re.MULTILINE,
)
CONFORMANCE = ("Bundle", "CapabilityStatement", "ImplementationGuide", "StructureDefinition")
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
    words = (server,) if server.startswith("medplum") else (server, "both")
    return {check for check, who in ROW.findall(TABLE.read_text("utf-8")) if who in words}


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


def examples(name: str) -> list[dict[str, Any]]:
    """The published examples of a package, but for what is no data of anybody's."""
    shared = shared_folder()
    package = next(shared.rglob(name), None) if shared else None
    if package is None:
        pytest.skip("not run: the published packages are not at hand; set PAYERPROOF_SHARED")
    found = [json.loads(text) for _, text in read_examples(package)]
    return [one for one in found if one.get("id") and one["resourceType"] not in CONFORMANCE]


def test_us_core_of_a_server_that_asks_for_no_token(tmp_path: Path) -> None:
    """Medplum's FHIR router, loaded with the published examples of US Core 6.1.0."""
    kept = examples("hl7.fhir.us.core-6.1.0.tgz")
    with open_scene(tmp_path, kept, "example") as found:
        run = judged(found, tmp_path, "--area", "us_core")
    outcomes = Counter(one.outcome for one in run.results)
    assert outcomes[Outcome.ERROR] == 0
    assert outcomes[Outcome.PASSED] > 200
    failed = {one.check for one in run.results if one.outcome is Outcome.FAILED}
    assert failed == explained("medplum")


def test_carin_blue_button_of_a_server_that_asks_for_no_token(tmp_path: Path) -> None:
    """The same with the examples of CARIN Blue Button 2.1.0, of the patient with most claims."""
    kept = examples("hl7.fhir.us.carin-bb-2.1.0.tgz")
    with open_scene(tmp_path, kept, "Patient2") as found:
        run = judged(found, tmp_path, "--area", "carin_bb", "--area", "quirks")
    outcomes = Counter(one.outcome for one in run.results)
    assert outcomes[Outcome.ERROR] == 0
    assert outcomes[Outcome.PASSED] > 30
    unmet = {one.check for one in run.results if one.outcome in (Outcome.FAILED, Outcome.WARNING)}
    assert unmet == explained("medplum, CARIN")


def test_signed_tokens_are_judged_by_their_signature(tmp_path: Path) -> None:
    """oidc-provider's JWTs, verified by its key set instead of introspection."""
    check = "patient-access.cross-member-isolation/search"
    with scene("oidc-provider", tmp_path, "jwks") as found:
        run = judged(found, tmp_path, "--check", check)
    (result,) = run.results
    assert result.outcome is Outcome.PASSED, result.message
