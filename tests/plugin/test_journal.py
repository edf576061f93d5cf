"""The journal: what was changed is known after a kill, and undone once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from payerproof.plugin.journal import Journal, open_changes, scrub, undo, undo_controls
from payerproof.plugin.locate import seal_file
from payerproof.plugin.sealing import key_missing


class Portal:
    """Remembers what was revoked, visit by visit; one app cannot be."""

    def __init__(self) -> None:
        self.visits: list[tuple[str, tuple[str, ...]]] = []

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        if persona == "locked":
            raise RuntimeError("no login")
        self.visits.append((persona, tuple(app_names)))
        return tuple(name for name in app_names if name != "Stubborn")


def test_a_change_is_open_until_it_is_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    change = journal.open("grant", "ada", "app1", "some.check/x")
    assert open_changes(tmp_path) == (change,)
    journal.close(change)
    assert open_changes(tmp_path) == ()


def test_settling_a_pair_closes_what_any_process_opened_for_it(tmp_path: Path) -> None:
    journal, later = Journal(tmp_path, "gw0"), Journal(tmp_path, "gw1")
    journal.open("grant", "ada", "app1")
    later.open("grant", "ada", "app1")
    other = journal.open("grant", "ada", "app2")
    assert len(journal.opened("ada", "app1")) == 2
    journal.settle("ada", "app1")
    assert open_changes(tmp_path) == (other,)
    assert journal.opened("ada", "app1") == ()


def test_a_line_torn_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    change = Journal(tmp_path, "gw0").open("grant", "ada", "app1")
    path = tmp_path / "journal-gw0.jsonl"
    path.write_text(path.read_text() + '{"open": "gw0-2", "ki')
    assert open_changes(tmp_path) == (change,)


def test_ids_go_on_after_a_resume(tmp_path: Path) -> None:
    first = Journal(tmp_path, "gw0").open("grant", "ada", "app1")
    second = Journal(tmp_path, "gw0").open("grant", "ada", "app2")
    assert first.id != second.id


def test_undo_visits_each_persona_once_and_says_what_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    journal.open("grant", "locked", "app1")
    for app in ("app1", "app1", "app2", "app3"):
        journal.open("grant", "ada", app)
    portal = Portal()
    left = undo(tmp_path, portal, {"app1": "One", "app2": "Stubborn", "app3": "Three"})
    assert portal.visits == [("ada", ("One", "Stubborn", "Three"))]
    assert [(change.persona, change.app) for change in left] == [
        ("locked", "app1"),
        ("ada", "app2"),
    ]
    assert open_changes(tmp_path) == left


def test_what_hooks_did_is_undone_by_hooks_the_last_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    journal.open("grant", "ada", "app1")
    first = journal.open_control("opt-in", {"persona": "ada", "opted_out": False}, "ada")
    journal.open_control("attribution", {"persona": "eli", "holds": True}, "eli")
    called: list[tuple[str, Any]] = []

    def call(hook: str, body: Any) -> bool:
        called.append((hook, body))
        return hook != "opt-in"

    assert undo_controls(tmp_path, call) == (first,)
    assert called == [
        ("attribution", {"persona": "eli", "holds": True}),
        ("opt-in", {"persona": "ada", "opted_out": False}),
    ]
    assert [one.kind for one in open_changes(tmp_path)] == ["grant", "control"]
    assert undo(tmp_path, Portal(), {"app1": "App"}) == ()
    assert open_changes(tmp_path) == (first,)


def test_what_was_put_back_is_not_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    done = journal.open_control("member-number", {"persona": "eli", "number": "N-1"}, "eli")
    left = journal.open_control("member-number", {"persona": "ada", "number": "N-2"}, "ada")
    journal.open("grant", "ada", "app1")
    journal.close(done)
    scrub(tmp_path)
    text = (tmp_path / "journal-gw0.jsonl").read_text(encoding="utf-8")
    assert "N-1" not in text
    assert "N-2" not in text  # it is sealed
    assert [one.kind for one in open_changes(tmp_path)] == ["control", "grant"]
    assert open_changes(tmp_path)[0] == left


def test_what_hooks_will_be_sent_is_sealed(tmp_path: Path) -> None:
    Journal(tmp_path, "gw0").open_control("member-number", {"number": "N-1"}, "eli")
    assert "N-1" not in (tmp_path / "journal-gw0.jsonl").read_text(encoding="utf-8")
    key = seal_file(tmp_path)
    assert tmp_path / "state" in key.parents
    assert key.stat().st_mode & 0o777 == 0o600
    called: list[Any] = []
    assert undo_controls(tmp_path, lambda *what: not called.append(what)) == ()
    assert called == [("member-number", {"number": "N-1"})]
    scrub(tmp_path)
    assert not key.exists()


def test_every_process_seals_with_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as many:
        list(
            many.map(
                lambda n: Journal(tmp_path, f"gw{n}").open_control("x", {"n": n}, "eli"), range(32)
            )
        )
    sent: list[int] = []
    assert undo_controls(tmp_path, lambda _, body: not sent.append(body["n"])) == ()
    assert sorted(sent) == list(range(32))


def test_without_the_key_it_is_left_and_said(tmp_path: Path) -> None:
    change = Journal(tmp_path, "gw0").open_control("member-number", {"number": "N-1"}, "eli")
    seal_file(tmp_path).unlink()
    assert undo_controls(tmp_path, lambda *_: True) == (change,)
    assert "as the user who started the run" in key_missing(tmp_path, [change.sealed])
    Journal(tmp_path, "gw1").open_control("member-number", {"number": "N-2"}, "ada")
    assert undo_controls(tmp_path, lambda *_: True) == (change,)


def test_the_key_stays_while_something_is_left(tmp_path: Path) -> None:
    change = Journal(tmp_path, "gw0").open_control("member-number", {"number": "N-1"}, "eli")
    assert key_missing(tmp_path, [change.sealed]) == ""
    scrub(tmp_path)
    assert seal_file(tmp_path).exists()
