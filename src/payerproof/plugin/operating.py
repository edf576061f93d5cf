"""Changes that the payer's operator makes for a check: noted before they are made, and put back.

They are made by a hook, a command, or a person who is asked at the terminal and waited for.
"""

from __future__ import annotations

import json
import os
import select
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import Inconclusive, NotTested, inconclusive_unless
from payerproof.plugin.hands import Api
from payerproof.plugin.journal import Change, undo_controls
from payerproof.plugin.session import RunSession
from payerproof.polite import Unreachable
from payerproof.target import CONTROLS, Control

TERMINAL = "/dev/tty"
"""Where a person is asked: the checks' own input and output are captured."""


@contextmanager
def changed(
    session: RunSession,
    hook: str,
    what: Mapping[str, Any],
    back: Mapping[str, Any],
    *,
    undo: str = "",
) -> Iterator[str]:
    """Have the operator do something, and put it back at the end, come what may.

    `undo` names the control that puts it back with the body `back`; left out, it is the same one.
    Gives the exchange, or an empty string where there was none. Raises as `carry_out`.
    """
    change = session.journal.open_control(undo or hook, back, str(what.get("persona", "")))
    try:
        yield carry_out(session, hook, what)
    finally:
        carry_out(session, undo or hook, back)
        session.journal.close(change)


def put_back(session: RunSession, run_dir: Path) -> tuple[Change, ...]:
    """Have undone whatever a run changed and did not put back; return what is left."""

    def call(hook: str, body: Any) -> bool:
        with suppress(Inconclusive, NotTested, Unreachable, KeyError):
            carry_out(session, hook, body)
            return True
        return False

    return undo_controls(run_dir, call)


def carry_out(session: RunSession, name: str, what: Mapping[str, Any]) -> str:
    """Carry a control out; return the exchange, or an empty string where there was none.

    Raises `NotTested` where the control cannot be used from here, `Inconclusive` where it failed.
    """
    control = session.target.controls[name]
    match control.kind:
        case "command":
            _command(Path(session.target.path).parent, name, control, what)
        case "person":
            ask_a_person(sentence(name, control, what), control.wait_seconds)
        case _:
            return operate(Api(session), session.target, name, **what).exchange
    return ""


@dataclass(frozen=True)
class Operator:
    """What the payer's operator changes for a check."""

    _session: RunSession = field(repr=False)

    def call(self, name: str, /, **what: Any) -> str:
        """Have something done that needs no putting back; gives and raises as `carry_out`."""
        return carry_out(self._session, name, what)

    @contextmanager
    def changed(
        self, name: str, what: Mapping[str, Any], back: Mapping[str, Any], by: str = ""
    ) -> Iterator[str]:
        """Have something done, and put back at the end by the control `by`, else the same one."""
        with changed(self._session, name, what, back, undo=by) as exchange:
            yield exchange

    def until_the_end(
        self, name: str, /, what: Mapping[str, Any], back: Mapping[str, Any], by: str
    ) -> str:
        """Have something done that `by`, where the payer file has it, puts back when the run ends.

        For what other checks may meet meanwhile, and would miss. Gives and raises as `carry_out`.
        """
        if by in self._session.target.controls:
            self._session.journal.open_control(by, back, str(what.get("persona", "")))
        return carry_out(self._session, name, what)

    @contextmanager
    def later(self, seconds: float) -> Iterator[str]:
        """Move the payer's clock, ahead or back, and put it right at the end."""
        ahead, back = {"advance_seconds": seconds}, {"advance_seconds": -seconds}
        with self.changed("clock", ahead, back) as exchange:
            yield exchange


def _command(folder: Path, name: str, control: Control, what: Mapping[str, Any]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  the operator's own command, from the payer file
            shlex.split(control.command),
            cwd=folder,
            input=json.dumps(dict(what)),
            capture_output=True,
            text=True,
            timeout=control.wait_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, IndexError, ValueError) as trouble:
        told = type(trouble).__name__
        raise Inconclusive(f"the command of {name} did not end well: {told}") from None
    inconclusive_unless(
        done.returncode == 0, f"the command of {name} ended with code {done.returncode}"
    )


def sentence(name: str, control: Control, what: Mapping[str, Any]) -> str:
    """What a person is asked to do."""
    asked = control.instruction or f"Please {CONTROLS[name]}"
    told = ", ".join(f"{key} {value}" for key, value in what.items())
    return f"{asked.rstrip('.')} ({told})." if told else f"{asked.rstrip('.')}."


def ask_a_person(text: str, seconds: float) -> None:
    """Ask at the terminal, and wait for the Enter key.

    Raises `NotTested` where nobody sits there or nobody answers in time.
    """
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise NotTested(f"needs a person at the terminal: {text}") from None
    try:
        os.write(terminal, f"\n{text}\nPress Enter when it is done: ".encode())
        ready, _, _ = select.select([terminal], [], [], seconds)
        if not ready:
            os.write(terminal, b"\nGoing on without it.\n")
            raise NotTested(f"needs a person, who did not answer in {seconds:g} seconds: {text}")
        os.read(terminal, 4096)
    finally:
        os.close(terminal)
