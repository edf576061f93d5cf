"""The journal of what the run changed at the payer, and how each change is undone.

An entry is written before the change is made and closed when it is undone, so that after a kill
``--resume`` and ``payerproof restore RUN`` know what is left. It holds no secret: a grant is undone
by its app's name on the portal's page, never by its token, and what an operator did by another
call of a control, whose body is sealed (`payerproof.plugin.sealing`), for it may hold a member's
number.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from payerproof.plugin.sealing import SealBroken, forget, opened, sealed


@dataclass(frozen=True, slots=True)
class Change:
    """One change at the payer: `kind` is ``grant`` (a member authorized an app) or ``control``."""

    id: str
    kind: str
    persona: str
    app: str
    check: str = ""
    undo: str = ""
    """Of a ``control``: the hook that puts things back."""
    sealed: str = field(default="", repr=False)
    """What that hook is sent, sealed; emptied when the run has ended and it was put back."""


class Journal:
    """Append-only file of one process; several lie side by side in the run folder."""

    def __init__(self, run_dir: Path, process: str) -> None:
        self._path = run_dir / f"journal-{process}.jsonl"
        self._process = process
        self._lock = threading.Lock()
        self._count = sum(1 for _ in _lines(self._path))

    def open(self, kind: str, persona: str, app: str, check: str = "") -> Change:
        """Note a change before it is made."""
        return self._opened(kind, persona, app, check)

    def open_control(self, undo: str, body: Mapping[str, Any], persona: str = "") -> Change:
        """Note, before it is made, a change that a call of the hook `undo` puts back."""
        return self._opened("control", persona, "", "", undo, sealed(self._path.parent, body))

    def _opened(self, *parts: str) -> Change:
        with self._lock:
            self._count += 1
            change = Change(f"{self._process}-{self._count}", *parts)
            entry = {name: value for name, value in asdict(change).items() if name != "id"}
            self._write({"open": change.id, **entry})
        return change

    def close(self, change: Change) -> None:
        """Note that a change was undone."""
        with self._lock:
            self._write({"close": change.id})

    def settle(self, persona: str, app: str) -> None:
        """Note that everything any process opened for a pair was undone."""
        for change in self.opened(persona, app):
            self.close(change)

    def opened(self, persona: str, app: str) -> tuple[Change, ...]:
        """What any process of the run changed for a pair and nobody has undone."""
        changes = open_changes(self._path.parent)
        return tuple(one for one in changes if (one.persona, one.app) == (persona, app))

    def _write(self, entry: dict[str, str]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def open_changes(run_dir: Path) -> tuple[Change, ...]:
    """Every change of a run that is not undone yet, oldest first."""
    entries = [line for path in sorted(run_dir.glob("journal-*.jsonl")) for line in _lines(path)]
    closed = {entry["close"] for entry in entries if "close" in entry}
    return tuple(
        Change(
            entry["open"],
            entry["kind"],
            entry["persona"],
            entry["app"],
            entry["check"],
            entry.get("undo", ""),
            entry.get("sealed", ""),
        )
        for entry in entries
        if "open" in entry and entry["open"] not in closed
    )


class Revokes(Protocol):
    """Somebody who can press Revoke on the portal's page."""

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        """Revoke what a member gave several apps; return those that are revoked."""
        ...


def undo_controls(run_dir: Path, call: Callable[[str, Any], bool]) -> tuple[Change, ...]:
    """Call the hooks that put back what hooks did, the last change first.

    `call` sends a hook its JSON object and says whether it did it. Each is noted as soon as it was
    undone, so that nothing is undone twice. Returns what could not be undone, among it what this
    computer has no key to open.
    """
    changes = [one for one in reversed(open_changes(run_dir)) if one.kind == "control"]
    return tuple(one for one in changes if not _undone(run_dir, one, call))


def _undone(run_dir: Path, change: Change, call: Callable[[str, Any], bool]) -> bool:
    with suppress(SealBroken):
        if call(change.undo, opened(run_dir, change.sealed)):
            close_all(run_dir, (change,))
            return True
    return False


def undo(run_dir: Path, agent: Revokes, names: Mapping[str, str]) -> tuple[Change, ...]:
    """Revoke what members granted and nobody gave back; return what could not be undone.

    `names` gives the name under which the portal shows each app.
    """
    changes = tuple(one for one in open_changes(run_dir) if one.kind != "control")
    undone: list[Change] = []
    for persona in dict.fromkeys(change.persona for change in changes):
        own = [change for change in changes if change.persona == persona]
        shown = {names.get(app, app): app for app in dict.fromkeys(one.app for one in own)}
        try:
            revoked = agent.revoke_all(persona, tuple(shown))
        except Exception:  # noqa: S112  # whatever went wrong, the rest is still undone
            continue
        undone += [change for change in own if change.app in {shown[name] for name in revoked}]
    close_all(run_dir, tuple(undone))
    return tuple(change for change in changes if change not in undone)


def scrub(run_dir: Path) -> None:
    """Drop what hooks would be sent for changes that are undone, and the key where none is left.

    Only for a run that has ended, when nobody writes to its journal any more.
    """
    left = {change.id for change in open_changes(run_dir)}
    if not any(change.sealed for change in open_changes(run_dir)):
        forget(run_dir)
    for path in run_dir.glob("journal-*.jsonl"):
        entries = [
            entry if entry.get("open") in left or "sealed" not in entry else {**entry, "sealed": ""}
            for entry in _lines(path)
        ]
        fresh = path.with_suffix(".fresh")
        fresh.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
        fresh.replace(path)


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
