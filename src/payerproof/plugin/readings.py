"""Narrow grants that checks only read with: obtained once in a run, not once for each check."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from payerproof.expect.outcomes import Inconclusive
from payerproof.plugin.first_trip import LoginTrouble, Trouble
from payerproof.plugin.grants import Grant, Grants, Memo, acts_for
from payerproof.plugin.pairs import Pairs
from payerproof.polite import Unreachable
from payerproof.target import App, Persona


@dataclass(frozen=True)
class Reading:
    """A grant to read with, and the name under which its pair is marked."""

    grant: Grant
    name: str


class NothingFree(Exception):
    """Every app is in use just now."""


@dataclass(frozen=True)
class Readings:
    """Lends the grants that checks of one process read with."""

    grants: Grants = field(repr=False)
    memo: Memo = field(repr=False)
    pairs: Pairs = field(repr=False)
    made: list[Grant] = field(default_factory=list, repr=False)
    """Those that this process obtained."""

    def lend(
        self, stack: ExitStack, persona: Persona, apps: tuple[App, ...], scopes: str, **how: Any
    ) -> Grant:
        """A grant for these scopes that nobody changes until the stack is closed.

        Raises `NothingFree`, and `LoginTrouble` where it could not be obtained.
        """
        asked = f"reading:{persona.id}:{scopes}:{sorted(how.items())}"
        for generation in count():
            found = self.memo.once(
                f"{asked}:{generation}", lambda: self._obtain(persona, apps, scopes, how)
            )
            if isinstance(found, Trouble):
                raise LoginTrouble(found.sentence, found.evidence)
            assert isinstance(found, Reading)
            app = self.grants.target.app(found.grant.app)
            with ExitStack() as reading:
                if not found.grant.stale and self.pairs.read_with(
                    reading, persona, app, found.name
                ):
                    self.grants.learn(found.grant)
                    stack.push(reading.pop_all())
                    return found.grant
        raise AssertionError("count() has no end")

    def _obtain(
        self, persona: Persona, apps: tuple[App, ...], scopes: str, how: dict[str, Any]
    ) -> Reading | Trouble:
        narrows = "leave_out" in how
        with self.pairs.to_read_with(persona, apps, narrows=narrows) as app:
            if app is None:
                raise NothingFree
            try:
                grant = self.grants.obtain(persona, app, scopes, **how)
            except Inconclusive as trouble:
                return Trouble(trouble.sentence, trouble.evidence)
            name = secrets.token_hex(8)
            self.pairs.mark(persona.id, app.id, name)
            self.made.append(grant)
            if how.get("choose") or acts_for(persona):
                self._note(grant)
            return Reading(grant, name)

    def _note(self, grant: Grant) -> None:
        """Add a grant to those of the whole run in which somebody acted for another."""
        for place in count():
            kept = self.memo.once(f"acted:{place}", lambda: grant)
            if kept.access_token == grant.access_token:
                return

    def give_back_acted(self) -> None:
        """Take back what representatives of the whole run were given for others.

        Their own list of apps need not show it, so it cannot be undone there.
        """
        for place in count():
            grant = self.memo.once(f"acted:{place}", lambda: None)
            if not isinstance(grant, Grant):
                return
            self.grants.learn(grant)
            with suppress(Unreachable, Inconclusive):
                self.grants.give_back(grant)

    def give_back(self) -> None:
        """Take back what this process obtained; nobody may read with it any more."""
        while self.made:
            with suppress(Unreachable, Inconclusive):
                self.grants.give_back(self.made.pop())
