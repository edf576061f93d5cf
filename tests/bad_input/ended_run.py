"""The program, the checks it is run with here, and how a run of it ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payerproof.model import Result, Run
from payerproof.runfile import read_run

PROGRAM = [sys.executable, "-c", "from payerproof.cli import main; main()"]
OPEN = "standards.fhir-r4/capability-statement"
"""A check that needs nobody: what is judged before the trouble comes."""
SEARCH = "patient-access.cross-member-isolation/search"
"""A check that collects the records of two members first."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, what it said, its folder, and what stands in the run file."""

    code: int
    said: str
    told: Mapping[str, Any]
    cwd: Path

    @property
    def folder(self) -> Path:
        return self.cwd / self.told["folder"]

    @property
    def run(self) -> Run:
        return read_run(self.folder / "run.jsonl")

    def result(self, check: str) -> Result:
        (found,) = [one for one in self.run.results if one.check == check]
        return found


Go = Callable[..., Ended]
