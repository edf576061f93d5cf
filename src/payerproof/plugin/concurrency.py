"""Which checks may run side by side: all of them, but for those that change the whole payer.

What is shared with clinics has a room of its own: many may look at it at once, and whoever changes
it (an opt-out, the end of a treatment) is alone with it meanwhile. So have members' wishes that
another payer may ask for their record.
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
    with _one_or_many(scratch, "turnstile.lock", "hall.lock", alone=alone):
        yield


@contextmanager
def sharing(scratch: Path, *, changes: bool) -> Iterator[None]:
    """Look at what is shared with clinics while nobody changes it, or, if `changes`, change it.

    Never to be asked for by somebody who is already looking.
    """
    with _one_or_many(scratch, "sharing-door.lock", "sharing.lock", alone=changes):
        yield


@contextmanager
def wishing(scratch: Path) -> Iterator[None]:
    """Be alone with what members wish of exchanges between payers: some change it for a moment.

    Whoever needs `sharing` as well asks for that first.
    """
    with _one_or_many(scratch, "wishes-door.lock", "wishes.lock", alone=True):
        yield


@contextmanager
def _one_or_many(scratch: Path, door: str, room: str, *, alone: bool) -> Iterator[None]:
    """Be in a room with others, or alone; who waits to be alone keeps the door shut meanwhile."""
    scratch.mkdir(parents=True, exist_ok=True)
    with (scratch / door).open("w") as entrance, (scratch / room).open("w") as inside:
        fcntl.flock(entrance, fcntl.LOCK_EX)
        fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(entrance, fcntl.LOCK_UN)
        yield
