"""Carry out a run in a process of its own, show its progress, and end it cleanly on Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from payerproof.cli.failures import log_file
from payerproof.cli.progress import Follower, Progress
from payerproof.cli.pytest_command import environment
from payerproof.cli.views import View
from payerproof.plugin.guardian import ALIVE

_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 60
"""How long a run may take to end what is under way and close its browser after Ctrl-C."""


@dataclass(frozen=True)
class Ended:
    """How the process ended."""

    code: int
    """Exit code of the process; negative where a signal ended it."""
    interrupted: bool
    log: Path
    """What it printed. For our own eyes: read only where something went wrong with us."""
    progress: Progress


def carry_out(command: Sequence[str], follow: Path, view: View) -> Ended:
    """Start `command`, follow its progress file, and wait for it.

    Ctrl-C and SIGTERM are passed on once, so that the run ends what is under way and keeps what was
    judged; a second Ctrl-C, or a minute without an end, kills it.
    """
    log = log_file("run")
    progress = Progress()
    follower = Follower(follow)
    with log.open("wb") as output, _stop_requests() as stops:
        watched, alive = os.pipe()  # closes with us, however we end: the run then ends as well
        process = subprocess.Popen(  # noqa: S603  our own interpreter with our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment(), ALIVE: str(watched)},
            pass_fds=(watched,),
            process_group=0,  # the terminal's Ctrl-C reaches us alone; we pass it on once
        )
        os.close(watched)
        with closing(os.fdopen(alive, "wb")), view:
            interrupted_at: float | None = None
            while process.poll() is None:
                _advance(follower, progress, view)
                if stops.wait(_LOOK_SECONDS):
                    stops.clear()
                    _interrupt(process, again=interrupted_at is not None)
                    interrupted_at = time.monotonic()
                elif interrupted_at and time.monotonic() > interrupted_at + _PATIENCE_SECONDS:
                    _kill_all(process)
            _advance(follower, progress, view)
    return Ended(process.returncode, interrupted_at is not None, log, progress)


def _advance(follower: Follower, progress: Progress, view: View) -> None:
    for event in follower.events():
        progress.take(event)
        view.show(progress, event)


def _interrupt(process: subprocess.Popen[bytes], *, again: bool) -> None:
    if again:
        _kill_all(process)
        return
    click.echo("\nStopping; what was judged is kept. Ctrl-C again ends it at once.", err=True)
    process.send_signal(signal.SIGINT)


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """End the run with its workers and its browser; they share a process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets while inside."""
    asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    kept = {one: signal.signal(one, ask) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)
