"""A small run file, made as a run makes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
