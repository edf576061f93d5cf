"""Progress: events from a growing file, and how they are shown."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from payerproof.cli.progress import Follower, Progress
from payerproof.cli.views import LiveView, PlainView, view_for

EVENTS = [
    {"event": "plan", "total": 3, "areas": {"isolation": 2, "smart": 1}},
    {"event": "result", "check": "isolation.a/b", "area": "isolation", "outcome": "passed"},
    {"event": "note", "text": "Logging in ada [one of two]"},
    {"event": "requests", "count": 17},
    {"event": "result", "check": "isolation.a/c", "area": "isolation", "outcome": "failed"},
    {"event": "from-a-later-version", "x": 1},
]


def test_the_state_follows_the_events() -> None:
    progress = Progress()
    for event in EVENTS:
        progress.take(event)
    assert (progress.total, progress.done, progress.requests) == (3, 2, 17)
    assert progress.outcomes == {"passed": 1, "failed": 1}
    assert progress.areas["smart"].total == 1
    assert progress.areas["isolation"].done == 2
    assert progress.note == "Logging in ada [one of two]"


def test_a_follower_takes_whole_lines_once(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    follower = Follower(path)
    assert list(follower.events()) == []
    first, second = (json.dumps(event) for event in EVENTS[:2])
    path.write_text(first + "\n" + second[:10])
    assert list(follower.events()) == [EVENTS[0]]
    assert list(follower.events()) == []
    with path.open("a") as file:
        file.write(second[10:] + "\nnot json\n[1]\n")
    assert list(follower.events()) == [EVENTS[1]]


def test_plain_lines_tell_each_area_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with PlainView() as view:
        for event in EVENTS:
            progress.take(event)
            view.show(progress, event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "3 checks in 2 areas.",
        "Logging in ada [one of two]",
        "isolation: 1 passed, 1 failed.",
    ]


def test_the_live_table_tells_counts_words_and_what_is_waited_for() -> None:
    view, progress = LiveView(), Progress()
    for event in EVENTS:
        progress.take(event)
        view.show(progress, event)
    console = Console(file=io.StringIO(), width=100)
    console.print(view._table())
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2/2" in text
    assert "0/1" in text
    assert "1 passed" in text
    assert "1 failed" in text
    assert "2 of 3 checks, 17 requests" in text
    assert "Logging in ada [one of two]" in text


def test_away_from_a_terminal_lines_are_plain() -> None:
    assert isinstance(view_for(), PlainView)
