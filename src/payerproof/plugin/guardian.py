"""Ends a run whose command was killed, so that nobody is asked anything on behalf of no one."""

from __future__ import annotations

import os
import signal
import threading

ALIVE = "PAYERPROOF_ALIVE"
"""Environment variable with the descriptor of a pipe whose other end the command holds open."""


def watch_command() -> None:
    """End this process group when the command is gone; does nothing where none started us.

    SIGKILL, since the command was killed too: what was judged stands in the segments.
    """
    descriptor = os.environ.pop(ALIVE, "")
    if not descriptor.isdecimal() or os.getpgrp() != os.getpid():
        return
    threading.Thread(target=_watch, args=(int(descriptor),), daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)
