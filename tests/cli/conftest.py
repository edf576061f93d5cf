"""A payer file that can be used, a run that has ended, and the command line called in-process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from payerproof.cli.group import call
from payerproof.cli.invocation import Invocation
from payerproof.model import (
    Check,
    Citation,
    Level,
    Outcome,
    Requirement,
    Result,
    Severity,
)
from payerproof.runfile import join
from payerproof.runfile.lines import to_content, to_line

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


def requirement(name: str, severity: Severity = Severity.HIGH) -> Requirement:
    return Requirement(
        id=name,
        text=f"The text of {name}.",
        level=Level.SHALL,
        citations=(Citation("RFC 6749", "section 4"),),
        severity=severity,
        actors=("payer",),
        applies_to=("ANY_PAYER",),
        met=f"{name} is met.",
        unmet=f"{name} is not met.",
        remediation="Put it right.",
    )


REQUIREMENTS = (
    requirement("isolation.members", Severity.CRITICAL),
    requirement("isolation.apps", Severity.LOW),
    requirement("revocation.dies"),
)


def write_run(
    folder: Path, outcomes: Sequence[tuple[str, Outcome, str]], *, selection: object = None
) -> None:
    """A run folder as a run leaves it; `outcomes` are (check, outcome, message)."""
    folder.mkdir(parents=True, exist_ok=True)
    results = [
        Result(
            check=name,
            requirement=name.partition("/")[0],
            outcome=outcome,
            message=message,
            started="2026-11-21T14:02:01.000Z",
        )
        for name, outcome, message in outcomes
    ]
    segment = folder / "segment-main.jsonl"
    segment.write_bytes(b"".join(to_line("result", to_content(one)) for one in results))
    header = {
        "run": folder.name,
        "started": "2026-11-21T14:02:00.000Z",
        "suite_version": "0.1.0",
        "edition": "2026-11",
        "as_of": "2026-11-21",
        "command": "payerproof run plan.toml",
        "environment": {"python": "3.11", "platform": "Linux"},
        "operator": "",
        "organisation": "",
        "target": {
            "name": "Plan",
            "programmes": ["MA"],
            "state": "",
            "environment": "sandbox",
            "endpoints": {"patient_access": "https://fhir.plan.example/r4"},
            "pages": {},
            "synthetic": True,
            "digest": "0" * 64,
        },
        "guides": {},
        "selection": selection,
        "limits": {},
        "policy": {},
        "personas": [],
        "apps": [],
        "login": "browser",
        "exam_digest": "",
        "environment_digest": "",
    }
    checks = [Check(id=name, title=f"Title of {name}.") for name, _, _ in outcomes]
    join([segment], header, REQUIREMENTS, checks, folder / "run.jsonl")
    segment.unlink()


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
