"""Changes that the payer's operator makes for a check: noted before they are made, and put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import Inconclusive, NotTested
from payerproof.plugin.hands import Api
from payerproof.plugin.journal import Change, undo_controls
from payerproof.plugin.session import RunSession
from payerproof.polite import Answer, Unreachable


@contextmanager
def changed(
    session: RunSession,
    hook: str,
    what: Mapping[str, Any],
    back: Mapping[str, Any],
    *,
    undo: str = "",
) -> Iterator[Answer]:
    """Have the operator's hook do something, and put it back at the end, come what may.

    `undo` names the hook that puts it back with the body `back`; left out, it is the same one.
    Raises `NotTested` where a hook is of another kind, `Inconclusive` where it fails.
    """
    change = session.journal.open_control(undo or hook, back, str(what.get("persona", "")))
    try:
        yield operate(Api(session), session.target, hook, **what)
    finally:
        operate(Api(session), session.target, undo or hook, **back)
        session.journal.close(change)


def put_back(session: RunSession, run_dir: Path) -> tuple[Change, ...]:
    """Call the hooks for whatever a run changed and did not put back; return what is left."""

    def call(hook: str, body: Any) -> bool:
        with suppress(Inconclusive, NotTested, Unreachable, KeyError):
            operate(Api(session), session.target, hook, **body)
            return True
        return False

    return undo_controls(run_dir, call)
