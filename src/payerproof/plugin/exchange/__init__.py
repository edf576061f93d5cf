"""What another payer gets of members: matches right and wrong, and what is handed over.

42 CFR 422.121(b); HRex 1.1.0, $member-match; PDex 2.2.0, Payer-to-Payer. Each observation is made
once in a run and judged by many checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from payerproof.fhir.reply import Reply
from payerproof.plugin.concurrency import wishing
from payerproof.plugin.exchange.asking import ask, chosen, word
from payerproof.plugin.exchange.handing import (
    CLAIMS,
    CLOSED,
    OWN,
    Handed,
    handed,
    next_day,
)
from payerproof.plugin.exchange.matches import GOOD, SPARE, Matches, matches
from payerproof.plugin.exchange.withdrawing import Withdrawn, ended, withdrawn
from payerproof.plugin.organisations import Organisation, payer_of
from payerproof.plugin.practice.observing import observed
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer

__all__ = [
    "CLAIMS",
    "CLOSED",
    "GOOD",
    "OWN",
    "SPARE",
    "Exchanges",
    "Handed",
    "Matches",
    "ask",
    "word",
]


T = TypeVar("T")


@dataclass(frozen=True)
class Exchanges:
    """What other payers get; each observation is made once in a run."""

    _session: RunSession = field(repr=False)

    @property
    def payer(self) -> Organisation[OtherPayer]:
        """The payer whom members chose."""
        return payer_of(self._session, chosen(self._session)[0])

    def matches(self) -> Matches:
        """One member matched, rightly and wrongly."""
        return self._undisturbed("matches", matches)

    def handed(self) -> Handed:
        """Several members matched, and exported."""
        return self._undisturbed("handed", handed)

    def next_day(self) -> Reply | None:
        """What the payer says of an export that still runs, at the end of the next business day."""
        seen = self.handed()
        return self._undisturbed("next day", lambda session: next_day(session, seen))

    def withdrawn(self) -> Withdrawn:
        """A member takes the wish back between match and export."""
        return self._undisturbed("withdrawn", withdrawn)

    def ended(self) -> Withdrawn:
        """A member's consent ends between match and export."""
        return self._undisturbed("ended", ended)

    def _undisturbed(self, key: str, make: Callable[[RunSession], T]) -> T:
        """Observe while no other worker has a member wish something else."""

        def alone() -> T:
            with wishing(Path(self._session.settings.scratch)):
                return make(self._session)

        return observed(self._session, f"exchange: {key}", alone)
