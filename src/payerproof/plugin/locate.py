"""What stands in a run folder, and where the private things of a run lie."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


def state_dir() -> Path:
    """Folder for keys and the like, outside every run folder (XDG state directory)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "payerproof"


def key_file(run_dir: Path) -> Path:
    """Where the key of a run's tags lies until its footer is written.

    Runs in different places may share a name, so the folder's whole path is part of the key's.
    """
    place = hashlib.sha256(str(run_dir.resolve()).encode()).hexdigest()[:12]
    return state_dir() / "keys" / f"{run_dir.name}-{place}"


def make_key(run_dir: Path) -> Path:
    """Make the key of a run, readable by its owner alone; an existing one is kept."""
    path = key_file(run_dir)
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
