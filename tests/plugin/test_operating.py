"""The operator's controls: by hook, command or person; noted before, and put back after."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from payerproof.expect.outcomes import Inconclusive, NotTested
from payerproof.plugin import operating as module
from payerproof.plugin.journal import Journal, open_changes
from payerproof.plugin.operating import Operator, put_back, sentence
from payerproof.target import Control


@dataclass
class Payer:
    path: str
    controls: dict[str, Control]


@dataclass
class Answer:
    status: int = 200
    exchange: str = "x1"


@dataclass
class Hooks:
    """Remembers what was sent, and answers as it is told."""

    status: int = 200
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def send(self, method: str, url: str, *, json: Any, bearer: str) -> Answer:
        del method, bearer
        self.sent.append((url.rpartition("/")[2], json))
        return Answer(self.status)


@dataclass
class Session:
    target: Any
    http: Any
    journal: Journal


def _session(tmp_path: Path, status: int = 200, **controls: Control) -> Session:
    hook = Control(kind="http", url="https://payer.example/representation")
    payer = Payer(str(tmp_path / "payer.toml"), {"representation": hook, **controls})
    return Session(payer, Hooks(status), Journal(tmp_path, "gw0"))


def test_a_change_is_noted_before_and_put_back_after(tmp_path: Path) -> None:
    session = _session(tmp_path)
    what = {"persona": "cho", "member": "ada"}
    with Operator(session).changed(
        "representation", {**what, "holds": False}, {**what, "holds": True}
    ):
        (left,) = open_changes(tmp_path)
        assert (left.kind, left.persona, left.undo) == ("control", "cho", "representation")
    assert [body["holds"] for _, body in session.http.sent] == [False, True]
    assert open_changes(tmp_path) == ()


def test_it_is_put_back_where_the_check_ends_otherwise(tmp_path: Path) -> None:
    session = _session(tmp_path)
    with (
        pytest.raises(ValueError, match="so"),
        Operator(session).changed("representation", {"holds": False}, {"holds": True}),
    ):
        raise ValueError("so")
    assert session.http.sent[-1] == ("representation", {"holds": True})
    assert open_changes(tmp_path) == ()


def test_the_clock_comes_back_and_is_noted(tmp_path: Path) -> None:
    clock = Control(kind="http", url="https://payer.example/clock")
    session = _session(tmp_path, clock=clock)
    with Operator(session).later(660):
        assert [one.undo for one in open_changes(tmp_path)] == ["clock"]
    assert [body["advance_seconds"] for _, body in session.http.sent] == [660, -660]
    assert open_changes(tmp_path) == ()


def test_what_others_may_meet_is_put_back_at_the_end(tmp_path: Path) -> None:
    taken_out = Control(kind="http", url="https://payer.example/remove-claim")
    booked = {"persona": "ada", "serviced": "2026-01-02"}
    undone = {"persona": "ada", "booked": "2026-01-02"}
    put_in = Control(kind="http", url="https://payer.example/inject-claim")
    session = _session(tmp_path, **{"inject-claim": put_in, "remove-claim": taken_out})
    Operator(session).until_the_end("inject-claim", booked, undone, by="remove-claim")
    assert [one.undo for one in open_changes(tmp_path)] == ["remove-claim"]
    assert put_back(session, tmp_path) == ()
    assert session.http.sent == [("inject-claim", booked), ("remove-claim", undone)]


def test_what_no_hook_takes_back_is_not_noted(tmp_path: Path) -> None:
    put_in = Control(kind="http", url="https://payer.example/inject-claim")
    session = _session(tmp_path, **{"inject-claim": put_in})
    Operator(session).until_the_end("inject-claim", {}, {}, by="remove-claim")
    assert open_changes(tmp_path) == ()


def test_after_a_kill_the_last_change_is_put_back_first(tmp_path: Path) -> None:
    session = _session(tmp_path)
    for number in (1, 2):
        session.journal.open_control("representation", {"number": number}, "cho")
    session.journal.open("grant", "ada", "app")
    assert put_back(session, tmp_path) == ()
    assert [body["number"] for _, body in session.http.sent] == [2, 1]
    assert [one.kind for one in open_changes(tmp_path)] == ["grant"]


def test_what_cannot_be_put_back_stays_open(tmp_path: Path) -> None:
    session = _session(tmp_path, status=500)
    change = session.journal.open_control("representation", {}, "cho")
    assert put_back(session, tmp_path) == (change,)
    assert open_changes(tmp_path) == (change,)


def test_a_failing_hook_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(Inconclusive, match="answered 500"):
        Operator(_session(tmp_path, status=500)).call("representation")


def test_a_command_gets_the_object_on_its_input(tmp_path: Path) -> None:
    script = tmp_path / "told.py"
    script.write_text("import sys, pathlib; pathlib.Path('told').write_text(sys.stdin.read())")
    command = Control(kind="command", command=f"{sys.executable} {script}")
    Operator(_session(tmp_path, contract=command)).call("contract", persona="ada", number="7")
    assert json.loads((tmp_path / "told").read_text()) == {"persona": "ada", "number": "7"}


def test_a_failing_command_is_inconclusive(tmp_path: Path) -> None:
    command = Control(kind="command", command=f"{sys.executable} -c 'raise SystemExit(3)'")
    with pytest.raises(Inconclusive, match="code 3"):
        Operator(_session(tmp_path, contract=command)).call("contract")


def test_without_a_person_it_reads_not_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TERMINAL", str(tmp_path / "none" / "tty"))
    person = Control(kind="person", instruction="End the authority.")
    with pytest.raises(NotTested, match="needs a person at the terminal: End the authority"):
        Operator(_session(tmp_path, contract=person)).call("contract", persona="ada")


def test_a_person_is_asked_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    monkeypatch.setattr(module, "TERMINAL", os.ttyname(theirs))
    os.write(ours, b"\n")
    person = Control(kind="person", instruction="End the authority.", wait_seconds=5)
    Operator(_session(tmp_path, contract=person)).call("contract", persona="ada")
    shown = b""
    while b"Press Enter" not in shown:  # the terminal echoes our own key first
        shown += os.read(ours, 4096)
    assert b"End the authority (persona ada)." in shown


def test_a_person_who_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pty = pytest.importorskip("pty")
    _, theirs = pty.openpty()
    monkeypatch.setattr(module, "TERMINAL", os.ttyname(theirs))
    person = Control(kind="person", wait_seconds=0.1)
    with pytest.raises(NotTested, match="did not answer"):
        Operator(_session(tmp_path, contract=person)).call("contract")


def test_what_is_asked_names_the_change() -> None:
    asked = sentence("publish", Control(kind="person"), {"api": "directory"})
    assert asked.startswith("Please put an entry into the provider directory")
    assert asked.endswith("(api directory).")
