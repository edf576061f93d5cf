"""The journal: what was changed is known after a kill, and undone once."""

from __future__ import annotations

from pathlib import Path

from payerproof.plugin.journal import Journal, open_changes, undo


class Portal:
    """Remembers what was revoked; one app cannot be."""

    def __init__(self) -> None:
        self.revoked: list[tuple[str, str]] = []

    def revoke(self, persona: str, app_name: str) -> None:
        if app_name == "Stubborn":
            raise RuntimeError("no such button")
        self.revoked.append((persona, app_name))


def test_a_change_is_open_until_it_is_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    change = journal.open("grant", "ada", "app1", "some.check/x")
    assert open_changes(tmp_path) == (change,)
    journal.close(change)
    assert open_changes(tmp_path) == ()


def test_settling_a_pair_closes_what_this_process_opened_for_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    journal.open("grant", "ada", "app1")
    journal.open("grant", "ada", "app1")
    other = journal.open("grant", "ada", "app2")
    journal.settle("ada", "app1")
    assert open_changes(tmp_path) == (other,)


def test_a_line_torn_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    change = Journal(tmp_path, "gw0").open("grant", "ada", "app1")
    path = tmp_path / "journal-gw0.jsonl"
    path.write_text(path.read_text() + '{"open": "gw0-2", "ki')
    assert open_changes(tmp_path) == (change,)


def test_ids_go_on_after_a_resume(tmp_path: Path) -> None:
    first = Journal(tmp_path, "gw0").open("grant", "ada", "app1")
    second = Journal(tmp_path, "gw0").open("grant", "ada", "app2")
    assert first.id != second.id


def test_undo_revokes_each_pair_once_and_says_what_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "gw0")
    for app in ("app1", "app1", "app2", "app3"):
        journal.open("grant", "ada", app)
    portal = Portal()
    left = undo(tmp_path, portal, {"app1": "One", "app2": "Stubborn", "app3": "Three"})
    assert portal.revoked == [("ada", "One"), ("ada", "Three")]
    assert [change.app for change in left] == ["app2"]
    assert open_changes(tmp_path) == left
