"""Observations of what clinics get: made once in a run, judged by many checks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from payerproof.expect.outcomes import Inconclusive, NotTested
from payerproof.fhir.client import asked_anew
from payerproof.plugin.concurrency import sharing
from payerproof.plugin.first_trip import LoginTrouble, Trouble
from payerproof.plugin.session import RunSession

T = TypeVar("T")
_NOT_TESTED = "not tested: "


def observed(session: RunSession, key: str, make: Callable[[], T], *, changes: bool = False) -> T:
    """What `make` brought when a check first asked for it; on second tries, the first of them.

    What `changes` the payer is made once only, while nobody looks at what clinics get. Raises
    `payerproof.expect.outcomes.Inconclusive` where it could not be made.
    """
    again = ":again" if asked_anew() and not changes else ""
    found = session.memo.once(f"clinics:{key}{again}", lambda: _made(session, make, changes))
    if isinstance(found, Trouble):
        if found.sentence.startswith(_NOT_TESTED):
            raise NotTested(found.sentence.removeprefix(_NOT_TESTED))
        raise LoginTrouble(found.sentence, found.evidence)
    return found  # type: ignore[no-any-return]  # the memory hands back what `make` brought


def _made(session: RunSession, make: Callable[[], T], changes: bool) -> T | Trouble:
    scratch = Path(session.settings.scratch)
    try:
        with sharing(scratch, changes=True) if changes else nullcontext():
            return make()
    except Inconclusive as trouble:
        return Trouble(trouble.sentence, trouble.evidence)
    except NotTested as missing:
        return Trouble(f"{_NOT_TESTED}{missing.sentence}", ())
