"""Proportional set size of a process and all below it, as the system counts it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_EVERY = 0.4
"""Seconds between two looks."""


class Peak:
    """The highest sum of this process (or another) and its children, sampled while inside."""

    def __init__(self, pid: int | None = None) -> None:
        self.megabytes = 0.0
        self._pid = pid or os.getpid()
        self._done = threading.Event()

    def __enter__(self) -> Peak:
        self._done.clear()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(_EVERY):
            self.megabytes = max(self.megabytes, sum(map(_pss, family(self._pid))) / 1024)


def family(pid: int) -> list[int]:
    """A process and all below it."""
    out, pending = [], [pid]
    while pending:
        one = pending.pop()
        out.append(one)
        for task in _tasks(one):
            pending += map(int, task.split())
    return out


def _tasks(pid: int) -> list[str]:
    try:
        places = list(Path(f"/proc/{pid}/task").iterdir())
        return [(place / "children").read_text() for place in places]
    except OSError:
        return []


def _pss(pid: int) -> int:
    """Kilobytes; 0 for a process that has ended, or where the system does not tell."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0
