"""The journal of what the run changed at the payer, and how each change is undone.

An entry is written before the change is made and closed when it is undone, so that after a kill
``payerproof restore RUN`` knows what is left. It holds no secret: a grant is undone by its app's
name on the portal's page, never by its token.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """One change at the payer: `kind` is ``grant`` (a member authorized an app)."""

    id: str
    kind: str
    persona: str
    app: str
    check: str = ""


class Journal:
    """Append-only file of one process; several lie side by side in the run folder."""

    def __init__(self, run_dir: Path, process: str) -> None:
        self._path = run_dir / f"journal-{process}.jsonl"
        self._process = process
        self._lock = threading.Lock()
        self._pending: list[Change] = []
        self._count = sum(1 for _ in _lines(self._path))

    def open(self, kind: str, persona: str, app: str, check: str = "") -> Change:
        """Note a change before it is made."""
        with self._lock:
            self._count += 1
            change = Change(f"{self._process}-{self._count}", kind, persona, app, check)
            self._write(
                {"open": change.id, "kind": kind, "persona": persona, "app": app, "check": check}
            )
            self._pending.append(change)
        return change

    def close(self, change: Change) -> None:
        """Note that a change was undone."""
        with self._lock:
            self._write({"close": change.id})
            self._pending = [other for other in self._pending if other.id != change.id]

    def settle(self, persona: str, app: str) -> None:
        """Note that everything this process opened for a pair was undone."""
        for change in list(self._pending):
            if (change.persona, change.app) == (persona, app):
                self.close(change)

    def _write(self, entry: dict[str, str]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def open_changes(run_dir: Path) -> tuple[Change, ...]:
    """Every change of a run that is not undone yet, oldest first."""
    pending: dict[str, Change] = {}
    for path in sorted(run_dir.glob("journal-*.jsonl")):
        for entry in _lines(path):
            if "open" in entry:
                pending[entry["open"]] = Change(
                    entry["open"], entry["kind"], entry["persona"], entry["app"], entry["check"]
                )
            else:
                pending.pop(entry.get("close", ""), None)
    return tuple(pending.values())


class Revokes(Protocol):
    """Somebody who can press Revoke on the portal's page."""

    def revoke(self, persona: str, app_name: str) -> object:
        """Revoke what a member gave an app."""
        ...


def undo(run_dir: Path, agent: Revokes, names: Mapping[str, str]) -> tuple[Change, ...]:
    """Revoke what members granted and nobody gave back; return what could not be undone.

    `names` gives the name under which the portal shows each app.
    """
    changes = open_changes(run_dir)
    undone: list[Change] = []
    for persona, app in dict.fromkeys((change.persona, change.app) for change in changes):
        try:
            agent.revoke(persona, names.get(app, app))
        except Exception:  # noqa: S112  # whatever went wrong, the rest is still undone
            continue
        undone += [change for change in changes if (change.persona, change.app) == (persona, app)]
    close_all(run_dir, tuple(undone))
    return tuple(change for change in changes if change not in undone)


def close_all(run_dir: Path, changes: tuple[Change, ...]) -> None:
    """Note that these changes were undone."""
    journal = Journal(run_dir, "restore")
    for change in changes:
        journal.close(change)


def _lines(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # a line torn by a kill: the change it speaks of was never made
