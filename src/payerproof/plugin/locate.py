"""What stands in a run folder, and where the private things of a run lie."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from contextlib import suppress
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


def seal_file(run_dir: Path) -> Path:
    """Where the key lies that seals the run's journal, while there is something to put back."""
    path = key_file(run_dir)
    return path.with_name(f"{path.name}.seal")


def make_key(run_dir: Path) -> Path:
    """Make the key of a run, readable by its owner alone; an existing one is kept."""
    path = key_file(run_dir)
    made_once(path, secrets.token_bytes(32))
    return path


def made_once(path: Path, content: bytes) -> bytes:
    """Write a private file unless there is one, in one step; return what stands in it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()


def segment(run_dir: Path, process: str) -> Path:
    """Segment of one process of the run."""
    return run_dir / f"segment-{process}.jsonl"


def segments(run_dir: Path) -> list[Path]:
    """Every segment of a run, by name."""
    return sorted(run_dir.glob("segment-*.jsonl"))
