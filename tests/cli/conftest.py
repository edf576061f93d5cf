"""A payer file that can be used, a run that has ended, and the command line called in-process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_run_sample import write_run

from payerproof.cli.group import call
from payerproof.cli.invocation import Invocation
from payerproof.model import Outcome

PAYER = """\
name = "Plan"
programmes = ["MA"]
environment = "sandbox"
[endpoints]
patient_access = "https://fhir.plan.example/r4"
[[apps]]
id = "app"
client_id = "c-1"
type = "public"
redirect_uri = "https://app.example/cb"
[[personas]]
id = "ada"
role = "member"
username = "ada"
password = "env:ADA_PASSWORD"
synthetic = true
[[personas]]
id = "eli"
role = "member"
username = "eli"
password = "env:ELI_PASSWORD"
synthetic = true
"""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _private_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ADA_PASSWORD", "ada-has-a-password")
    monkeypatch.setenv("ELI_PASSWORD", "eli-has-a-password")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Call a command line in this process."""

    def call_it(*arguments: str) -> Said:
        capfd.readouterr()
        code = call(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call_it


@pytest.fixture
def payer(tmp_path: Path) -> Path:
    """A valid payer file."""
    path = tmp_path / "plan.toml"
    path.write_text(PAYER, encoding="utf-8")
    return path


@pytest.fixture
def ended_run(tmp_path: Path, payer: Path) -> Path:
    """A run with a failure, an inconclusive check and passes."""
    folder = tmp_path / "reports" / "20261121-140200-plan"
    write_run(
        folder,
        [
            ("isolation.apps/a", Outcome.FAILED, ""),
            ("isolation.members/read", Outcome.FAILED, ""),
            ("isolation.members/search", Outcome.FAILED, ""),
            ("revocation.dies/now", Outcome.INCONCLUSIVE, "eli sees no claims of their own"),
            ("revocation.dies/later", Outcome.PASSED, ""),
        ],
    )
    Invocation(payer=str(payer)).save(folder)
    return folder
