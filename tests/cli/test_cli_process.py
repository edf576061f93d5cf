"""A run in a process of its own: followed to its end, and ended cleanly on Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from payerproof.cli.process import carry_out
from payerproof.cli.progress import Progress
from payerproof.cli.views import SilentView


class Recorded(SilentView):
    """Remembers events; presses Ctrl-C where it sees a note that says so."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def show(self, _progress: Progress, event: dict[str, Any], /) -> None:
        self.events.append(event)
        if event.get("text") in ("ready", "still here"):
            os.kill(os.getpid(), signal.SIGINT)


def child(script: str, progress: Path) -> list[str]:
    head = (
        "import json, signal, sys, time\n"
        "def tell(**event):\n"
        f"    with open({str(progress)!r}, 'a') as file:\n"
        "        file.write(json.dumps(event) + '\\n')\n"
    )
    return [sys.executable, "-c", head + script]


def test_everything_told_is_seen_and_the_code_comes_through(tmp_path: Path) -> None:
    path, view = tmp_path / "p", Recorded()
    script = (
        "tell(event='plan', total=1, areas={'a': 1})\n"
        "tell(event='result', area='a', outcome='failed')\n"
        "print('what it printed')\nsys.exit(1)\n"
    )
    ended = carry_out(child(script, path), path, view)
    assert (ended.code, ended.interrupted) == (1, False)
    assert [event["event"] for event in view.events] == ["plan", "result"]
    assert ended.progress.outcomes == {"failed": 1}
    assert ended.log.read_text() == "what it printed\n"
    assert ended.log.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_is_passed_on_once_and_the_end_is_awaited(tmp_path: Path) -> None:
    path, view = tmp_path / "p", Recorded()
    script = (
        "try:\n    tell(event='note', text='ready')\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    tell(event='note', text='put back')\n    sys.exit(3)\n"
    )
    before = signal.getsignal(signal.SIGINT)
    ended = carry_out(child(script, path), path, view)
    assert (ended.code, ended.interrupted) == (3, True)
    assert ended.progress.note == "put back"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    path, view = tmp_path / "p", Recorded()
    script = (
        "signal.signal(signal.SIGINT, lambda *_: tell(event='note', text='still here'))\n"
        "tell(event='note', text='ready')\n"
        "while True:\n    time.sleep(60)\n"
    )
    ended = carry_out(child(script, path), path, view)
    assert (ended.code, ended.interrupted) == (-signal.SIGKILL, True)


def test_plugins_that_happen_to_be_installed_stay_out(tmp_path: Path) -> None:
    path = tmp_path / "p"
    script = "import os; print(os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'])"
    assert carry_out(child(script, path), path, SilentView()).log.read_text() == "1\n"
