"""What stands in a run folder, and where the private things of a run lie."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def state_dir() -> Path:
    """Folder for keys and the like, outside every run folder (XDG state directory)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "payerproof"


def key_file(run: str) -> Path:
    """Where the key of a run's tags lies until its footer is written."""
    return state_dir() / "keys" / run


def make_key(run: str) -> Path:
    """Make the key of a run, readable by its owner alone; an existing one is kept."""
    path = key_file(run)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path


def segment(run_dir: Path, process: str) -> Path:
    """Segment of one process of the run."""
    return run_dir / f"segment-{process}.jsonl"


def segments(run_dir: Path) -> list[Path]:
    """Every segment of a run, by name."""
    return sorted(run_dir.glob("segment-*.jsonl"))
