"""What happens at one tenant between its partners and the payer since the start."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import World
from payerproof.sandbox.partners.clients import Attribution, Exchange, partner_facts

if TYPE_CHECKING:
    from payerproof.sandbox.partners.jobs import ExportJob
    from payerproof.sandbox.partners.matches import Match
    from payerproof.sandbox.partners.token import SystemToken


@dataclass(frozen=True)
class Choice:
    """What a member (or who acts for one) told the payer about sharing with clinics.

    `effective` and `recorded` are seconds since 1970; `by` is the portal user or ``operator``.
    """

    member: str
    opted_out: bool
    effective: float
    recorded: float
    by: str


@dataclass(frozen=True)
class Removed:
    """A resource that the payer has dropped: ``Type/id``, whose record it was in, and when."""

    reference: str
    patient: str
    at: float


@dataclass
class PartnerState:
    """In memory, one per tenant; files of exports lie in a folder of its own.

    `choices_known` is False while the payer cannot look up members' choices. `released` is set
    unless the operator holds exports back. `part2` holds (client id, member) with the member's
    written consent to substance use records.
    """

    attributions: list[Attribution] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    choices_known: bool = True
    network: dict[str, bool] = field(default_factory=dict)
    part2: set[tuple[str, str]] = field(default_factory=set)
    matches: dict[str, Match] = field(default_factory=dict)
    jobs: dict[str, ExportJob] = field(default_factory=dict)
    removed: list[Removed] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    tokens: dict[str, SystemToken] = field(default_factory=dict)
    assertions_seen: dict[tuple[str, str], float] = field(default_factory=dict)
    _folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Where files of exports lie; made at the first use, gone with the tenant."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="payerproof-exports-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def note_removed(self, world: World, references: Iterable[str], at: float) -> None:
        """Remember what the payer drops, so that who asks for changes learns of it."""
        for reference in references:
            found = world.at(reference)
            if found is not None:
                self.removed.append(Removed(reference, world.patient_of(found) or "", at))

    def close(self) -> None:
        """End every running job and remove all files."""
        for job in self.jobs.values():
            job.cancelled.set()
        self.released.set()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def begun(world: World) -> PartnerState:
    """The state at the start: what the fixtures say, and members' choices of long ago."""
    facts = partner_facts()
    state = PartnerState(
        attributions=list(facts.attributions),
        exchanges=list(facts.exchanges),
        choices=[
            Choice(person.user, True, 0.0, 0.0, person.user)
            for person in world.people.values()
            if person.provider_access_opt_out
        ],
    )
    state.released.set()
    return state
