"""Any order of opting out and in, of treatments that end and begin, of reads and exports.

The model knows only what this run did: who chose what last, and which treatment it ended. Whatever
order came before, a clinic is shown a member where the treatment holds and the member is not out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import Unmet, inconclusive_unless
from payerproof.fhir.compartment import members_of
from payerproof.plugin.exploring import explore
from payerproof.plugin.hands import Api
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import entered, whereabouts
from payerproof.plugin.practice.exporting import exported
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona
from payerproof.target.needs import served_clinics, shared_with

MOST = 6
"""Sequences that are tried at most, whatever the budget: each costs a dozen requests."""
Step = tuple[str, int, int]
"""What is done, by which of two clinics, to which of two members."""

_STEPS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(("out", "in", "end", "begin", "out", "end", "read", "export")),
        strategies.integers(0, 1),
        strategies.integers(0, 1),
    ),
    min_size=2,
    max_size=6,
)


@dataclass(frozen=True)
class Explored:
    """What came of it."""

    tried: int
    """Sequences that were tried."""
    wrong: str = ""
    """The shortest sequence found after which something was not as it should be; else empty."""
    exchanges: tuple[str, ...] = ()


@dataclass
class _World:
    """Two clinics and two members, and what this run did to them."""

    session: RunSession
    clinics: tuple[Organisation[Clinic], ...]
    people: tuple[Persona, ...]
    patients: tuple[str, ...] = field(repr=False)
    out: set[int] = field(default_factory=set)
    ended: set[tuple[int, int]] = field(default_factory=set)
    tried: int = 0

    def shared(self, clinic: int, person: int) -> bool:
        """What the model says."""
        return person not in self.out and (clinic, person) not in self.ended

    def play(self, steps: Sequence[Step]) -> None:
        """Do these steps, look, and put everything back. Raises `Unmet`."""
        self.out, self.ended = set(), set()
        self.tried += 1
        journal = self.session.journal
        noted = [journal.open_control(hook, body) for hook, body in self._undoing()]
        try:
            for at, step in enumerate(steps, start=1):
                self._do(step, steps[:at])
            self._look(steps)
        finally:
            self._put_back()
            for change in noted:
                journal.close(change)

    def _undoing(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Calls of hooks that put everything back, whatever was done."""
        for number, person in enumerate(self.people):
            yield "opt-in", {"persona": person.id, "opted_out": False}
            for clinic in self.clinics:
                yield "attribution", self._treatment(clinic, number, holds=True)

    def _put_back(self) -> None:
        api, target = Api(self.session), self.session.target
        for person in self.out:
            operate(api, target, "opt-in", persona=self.people[person].id, opted_out=False)
        for clinic, person in self.ended:
            body = self._treatment(self.clinics[clinic], person, holds=True)
            operate(api, target, "attribution", **body)

    def _treatment(
        self, clinic: Organisation[Clinic], person: int, *, holds: bool
    ) -> dict[str, object]:
        client = clinic.partner.client_id
        return {"client_id": client, "persona": self.people[person].id, "holds": holds}

    def _do(self, step: Step, so_far: Sequence[Step]) -> None:
        what, clinic, person = step
        api, target = Api(self.session), self.session.target
        if what in ("out", "in"):
            chosen = {"persona": self.people[person].id, "opted_out": what == "out"}
            operate(api, target, f"opt-{what}", **chosen)
            (self.out.add if what == "out" else self.out.discard)(person)
        elif what in ("end", "begin"):
            body = self._treatment(self.clinics[clinic], person, holds=what == "begin")
            operate(api, target, "attribution", **body)
            (self.ended.add if what == "end" else self.ended.discard)((clinic, person))
        elif what == "export":
            self._export(clinic, so_far)
        else:
            self.clinics[clinic].client.read("Patient", self.patients[person])

    def _export(self, clinic: int, so_far: Sequence[Step]) -> None:
        export = exported(self.session, self.clinics[clinic], type="Patient")
        if export.complete:
            self.clinics[clinic].exports.delete(export)
            about = {one for row in export.of() for one in members_of(row)}
            for person, patient in enumerate(self.patients):
                self._hold((patient in about), clinic, person, so_far, export.last.exchange)

    def _look(self, steps: Sequence[Step]) -> None:
        """Read everybody as everybody, until it is as the model says or the time is up."""
        policy, started = self.session.target.policy, time.monotonic()
        pairs = [(c, p) for c in range(len(self.clinics)) for p in range(len(self.people))]
        while pairs:
            replies = {
                (c, p): self.clinics[c].client.read("Patient", self.patients[p]) for c, p in pairs
            }
            odd = [
                pair
                for pair, reply in replies.items()
                if (reply.resource_type == "Patient") is not self.shared(*pair)
            ]
            spent = time.monotonic() - started + policy.revocation_poll_seconds
            if odd and spent > policy.opt_out_wait_seconds:
                clinic, person = odd[0]
                shown = replies[odd[0]].resource_type == "Patient"
                self._hold(shown, clinic, person, steps, replies[odd[0]].exchange)
            pairs = odd
            if pairs:
                time.sleep(policy.revocation_poll_seconds)

    def _hold(
        self, shown: bool, clinic: int, person: int, steps: Sequence[Step], exchange: str
    ) -> None:
        if shown is not self.shared(clinic, person):
            names = [f"{self.clinics[c]} and {self.people[p].id}: {w}" for w, c, p in steps]
            told = "was shown" if shown else "was not shown"
            raise Unmet(
                "what follows from the last choice and treatment",
                f"{self.clinics[clinic]} {told} {self.people[person].id} after " + "; ".join(names),
                (exchange,),
            )


def explored(session: RunSession) -> Explored:
    """Try sequences within the budget; the first that is wrong is made shorter."""
    target, known = session.target, whereabouts(session)
    served = [
        (one, {person.id for person in shared_with(target, one)}) for one in served_clinics(target)
    ]
    found = [
        (one, other, sorted(name for name in mine & theirs if known.of(name)))
        for at, (one, mine) in enumerate(served)
        for other, theirs in served[at + 1 :]
    ]
    both = [row for row in found if len(row[2]) > 1]
    inconclusive_unless(both, "no two clinics treat the same two members")
    one, other, names = both[0]
    clinics = (clinic_of(session, one), clinic_of(session, other))
    for clinic in clinics:
        entered(session, clinic).must_lead_in()
    people = tuple(map(target.persona, names[:2]))
    world = _World(session, clinics, people, tuple(map(known.of, names[:2])))
    try:
        explore(world.play, _STEPS, examples=min(MOST, target.limits.hypothesis_examples))
    except Unmet as unmet:
        return Explored(world.tried, unmet.observed, unmet.evidence)
    return Explored(world.tried)
