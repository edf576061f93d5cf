"""The run file: the truth of a run as JSON Lines, written once and read by every report.

Processes append segments while they run; `join` makes ``run.jsonl`` of them, `read_run` reads it
back and says whether it is whole, and ``run.schema.json`` describes every line.
"""

from __future__ import annotations

from payerproof.runfile.join import JoinError, join
from payerproof.runfile.read import RecordedRun, RunFileError, read_run
from payerproof.runfile.schema import run_schema

__all__ = ["JoinError", "RecordedRun", "RunFileError", "join", "read_run", "run_schema"]
