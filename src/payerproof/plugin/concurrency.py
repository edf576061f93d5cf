"""Which checks may run side by side: all of them, but for those that change the whole payer.

What is shared with clinics has a room of its own: many may look at it at once, and whoever changes
it (an opt-out, the end of a treatment) is alone with it meanwhile.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def among_others(scratch: Path, *, alone: bool) -> Iterator[None]:
    """Run beside other checks, or, if `alone`, while no other check of any worker runs.

    Whoever wants to be alone keeps the turnstile shut until the others have left, so that a
    stream of others can't hold it off for ever.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        (scratch / "turnstile.lock").open("w") as turnstile,
        (scratch / "hall.lock").open("w") as hall,
    ):
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        fcntl.flock(hall, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        yield


@contextmanager
def sharing(scratch: Path, *, changes: bool) -> Iterator[None]:
    """Look at what is shared with clinics while nobody changes it, or, if `changes`, change it.

    Never to be asked for by somebody who is already looking.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        (scratch / "sharing-door.lock").open("w") as door,
        (scratch / "sharing.lock").open("w") as room,
    ):
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if changes else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
