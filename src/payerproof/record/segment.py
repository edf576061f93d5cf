"""Segment files: what one process recorded, one JSON object per line, in the order it happened."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class DamagedSegment(ValueError):
    """A line in the midst of a segment is not JSON; only the last line may be torn."""


def read_segment(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a segment; a last line without its line break was torn by a kill.

    Raises `DamagedSegment`, naming file and line, where any other line cannot be read.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    return [_object(path, number, line) for number, line in enumerate(lines, start=1)]


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DamagedSegment(
            f"{path.name}, line {number}: not a JSON object, though only the last line of a "
            "segment can be cut off by a kill; the file was changed after it was written"
        )
    return found


class Segment:
    """An append-only segment. Each line reaches the operating system in one write.

    Opening a segment that exists drops a torn last line and goes on behind the last whole one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.earlier: list[dict[str, Any]] = []
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        content = path.read_bytes()
        if content:
            os.ftruncate(self._file, content.rfind(b"\n") + 1)
            self.earlier = read_segment(path)

    def append(self, line: bytes) -> None:
        """Write one line; raises `OSError` where the disk is full."""
        rest = memoryview(line + b"\n")
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
