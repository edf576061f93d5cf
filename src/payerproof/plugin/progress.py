"""What the live view of a run is told, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PROPERTY = "payerproof"
"""Name under which a result travels to the controller, as one JSON string."""


class Progress:
    """Writes events for the command line to show; does nothing without a file.

    The controller registers it with pytest, so that it hears of results from every worker.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._planned = False
        self._requests = 0

    def plan(self, areas: Mapping[str, int]) -> None:
        """How many checks each area has; told once."""
        if not self._planned:
            self._planned = True
            self._write({"event": "plan", "total": sum(areas.values()), "areas": dict(areas)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pass a result on."""
        for name, value in report.user_properties:
            if name == PROPERTY:
                told = json.loads(str(value))
                self._requests += int(told.pop("requests", 0))
                self._write({"event": "result", **told})
                self._write({"event": "requests", "count": self._requests})

    def note(self, text: str) -> None:
        """A sentence for whoever watches."""
        self._write({"event": "note", "text": text})

    def _write(self, event: Mapping[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
