"""What a run tells while it goes, as JSON lines in a file, and its state so far."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Area:
    """How far one area is."""

    total: int = 0
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass
class Progress:
    """The state of a run as told by its events so far.

    Events: ``{"event": "plan", "total": n, "areas": {area: n}}``, ``{"event": "result", "check": …,
    "area": …, "outcome": …}``, ``{"event": "note", "text": …}``, ``{"event": "requests", "count":
    n}``. Unknown events are passed over, so that a newer plugin can tell more.
    """

    total: int = 0
    areas: dict[str, Area] = field(default_factory=dict)
    note: str = ""
    requests: int = 0

    @property
    def done(self) -> int:
        """Checks judged so far."""
        return sum(area.done for area in self.areas.values())

    @property
    def outcomes(self) -> Counter[str]:
        """Outcomes so far, over all areas."""
        return sum((area.outcomes for area in self.areas.values()), Counter())

    def take(self, event: Mapping[str, Any]) -> None:
        """Move on by one event."""
        match event.get("event"):
            case "plan":
                self.total = int(event.get("total", 0))
                for name, count in event.get("areas", {}).items():
                    self.areas.setdefault(name, Area()).total = int(count)
            case "result":
                area = self.areas.setdefault(str(event.get("area", "")), Area())
                area.done += 1
                area.total = max(area.total, area.done)
                area.outcomes[str(event.get("outcome", ""))] += 1
            case "note":
                self.note = str(event.get("text", ""))
            case "requests":
                self.requests = int(event.get("count", 0))


class Follower:
    """Reads the events that were appended to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def events(self) -> Iterator[dict[str, Any]]:
        """Whole lines only: one that is still being written is left for the next look."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                fresh = file.read()
        except FileNotFoundError:
            return
        whole, newline, _ = fresh.rpartition(b"\n")
        self._at += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event
