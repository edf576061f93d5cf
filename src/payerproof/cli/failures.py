"""How commands end: the documented exit codes, and errors as one clear sentence."""

from __future__ import annotations

import os
import sys
import time
import traceback
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

import click


class ExitCode(IntEnum):
    """Exit codes; the first that applies of 5, 2, 4, 1, 6, 3 and 0."""

    OK = 0
    FAILED = 1
    """A SHALL failed and is neither in the baseline nor waived."""
    USAGE = 2
    """Wrong usage or configuration; nothing was judged."""
    INCONCLUSIVE = 3
    """A SHALL could not be verified though it was tried."""
    UNREACHABLE = 4
    """The payer does not answer, or nobody could log in."""
    OURS = 5
    """An error of payerproof itself."""
    STALE = 6
    """A baseline entry no longer fails, or a waiver has run out."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C, as shells count it."""


class Stop(click.ClickException):
    """End the command with a sentence on standard error and an exit code."""

    def __init__(self, sentence: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.code = code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, without click's word for it."""
        click.echo(f"payerproof: {self.message}", file=file or sys.stderr)


def state_dir() -> Path:
    """Folder for logs, outside every run folder (XDG state directory)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "payerproof"


def log_file(name: str) -> Path:
    """A new private file for a log, named after the time and `name`."""
    folder = state_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{name}.log"
    path.touch(mode=0o600)
    return path


def report_bug(error: BaseException) -> ExitCode:
    """Tell of a bug of ours: a pointer to a log file, no traceback."""
    path = log_file("error")
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    click.echo(
        f"payerproof: an error of payerproof itself ({type(error).__name__}): it says "
        f"nothing about the payer. What happened is in {path}; read it before you pass it on.",
        err=True,
    )
    return ExitCode.OURS
