"""A member opts out while clinics watch: by the operator's hook, or on the payer's page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir.bulk import Export, File, Output
from payerproof.fhir.compartment import members_of
from payerproof.fhir.matching import members_in
from payerproof.fhir.reply import Reply
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import (
    MATCH,
    Entry,
    bundle_of,
    entered,
    match,
    offers,
    whereabouts,
)
from payerproof.plugin.practice.exporting import exported, kicked_off
from payerproof.plugin.session import RunSession
from payerproof.plugin.watching import Watch
from payerproof.target import Clinic, Persona
from payerproof.target.needs import can_log_in, served_clinics, shared_with

TYPES = "Patient,Coverage,ExplanationOfBenefit"
Ask = Callable[[], Reply]


def shows(reply: Reply, patient: str) -> bool:
    """Whether a reply tells of a member: a resource about them, or a reference to them."""
    if any(patient in members_of(one) for one in reply.resources):
        return True
    groups = (one for one in reply.resources if one.get("resourceType") == "Group")
    return any(patient in members_in(group) for group in groups)


@dataclass(frozen=True)
class Chosen:
    """What became of a member's data when they opted out, and in again."""

    persona: str
    patient: str = field(repr=False)
    clinics: tuple[str, ...]
    """Clinics that were watched, the first one most closely."""
    looks: Mapping[str, Watch]
    exports: Mapping[str, Export]
    """``before``, ``running``, ``full``, ``since``, ``again``: those that were made."""
    stored: tuple[File, ...] = ()
    """Files of the export of before, fetched again after the change."""
    matched: tuple[Reply, Reply] | None = None
    """A match of the member before and after; None where the payer offers none."""
    own_before: Reply | None = None
    own_after: Reply | None = None
    """The member's own app reading their Patient, before and after."""
    back: Mapping[str, Watch] = field(default_factory=dict)
    """The looks again after the member opted in; ``delay`` is the time until something came."""

    def look(self, name: str) -> Watch:
        """One of `looks`; ends the check as inconclusive where it showed nothing before."""
        inconclusive_unless(name in self.looks, f"it could not be tried: {name}")
        found = self.looks[name]
        inconclusive_unless(
            shows(found.before, self.patient),
            f"the {name} showed nothing of the member before the opt-out either",
            found.before.exchange,
        )
        return found

    def export(self, name: str) -> Export:
        """One of `exports` that ended; and the one before must have held the member."""
        before = self.exports["before"]
        inconclusive_unless(
            self.lines(before),
            "the export before the opt-out held nothing of the member",
            *before.exchanges,
        )
        inconclusive_unless(name in self.exports, f"no such export could be made: {name}")
        export = self.exports[name]
        inconclusive_unless(export.complete, f"the export did not end: {name}", *export.exchanges)
        return export

    def lines(self, export: Export) -> int:
        """How many resources of an export are about the member."""
        return sum(self.patient in members_of(one) for one in export.of())


@dataclass(frozen=True)
class Choosing:
    """Makes the observation."""

    session: RunSession
    persona: Persona
    patient: str = field(repr=False)
    clinics: tuple[Organisation[Clinic], ...]
    change: AbstractContextManager[Any]
    """The opt-out; ends with the opt-in."""

    @property
    def first(self) -> Organisation[Clinic]:
        """The clinic that looks most closely."""
        return self.clinics[0]

    def carried_out(self) -> Chosen:
        """Look, opt out, look until nothing comes, opt in, and look again."""
        entry = entered(self.session, self.first)
        entry.must_lead_in()
        asks = self._asks(entry)
        before = {name: ask() for name, ask in asks.items()}
        exports = {"before": exported(self.session, self.first, type=TYPES)}
        matched = self._match()
        own = self._own()
        with ExitStack() as stack:
            running = self._held(stack, entry.group)
            with self.change:
                looks = self._watched(asks, before, present=False)
                stack.close()  # lets the export go on that was held back
                exports |= self._exports_after(entry.group, exports["before"], running)
                stored = self._stored(exports["before"])
                again = self._match()
                own_after = self._own()
        back = self._watched(asks, before, present=True)
        exports["again"] = exported(self.session, self.first, type=TYPES)
        for export in exports.values():
            if export.status_url:
                self.first.exports.delete(export)
        return Chosen(
            self.persona.id,
            self.patient,
            tuple(one.id for one in self.clinics),
            looks,
            exports,
            stored,
            (matched, again) if matched and again else None,
            own,
            own_after,
            back,
        )

    def _asks(self, entry: Entry) -> dict[str, Ask]:
        client, patient = self.first.client, self.patient
        asks: dict[str, Ask] = {
            "read": lambda: client.read("Patient", patient),
            "search": lambda: client.search(
                "ExplanationOfBenefit", [("patient", patient), ("_count", "5")]
            ),
            "coverage search": lambda: client.search("Coverage", beneficiary=patient),
            "list of patients": lambda: client.search("Patient", [("_count", "100")]),
            "Group": lambda: client.read("Group", entry.group),
            "search for Groups": lambda: client.search("Group"),
        }
        for other in self.clinics[1:]:
            asks[f"read by {other.id}"] = self._read_by(other)
        return asks

    def _read_by(self, clinic: Organisation[Clinic]) -> Ask:
        entered(self.session, clinic)
        client = clinic.client
        return lambda: client.read("Patient", self.patient)

    def _watched(
        self, asks: Mapping[str, Ask], before: Mapping[str, Reply], *, present: bool
    ) -> dict[str, Watch]:
        """Look in turns until everything is as it should be, or the time is up."""
        policy, started = self.session.target.policy, time.monotonic()
        seen: dict[str, list[Reply]] = {name: [] for name in asks}
        delays: dict[str, float] = {}
        while True:
            for name in [one for one in asks if one not in delays]:
                seen[name].append(asks[name]())
                if shows(seen[name][-1], self.patient) is present:
                    delays[name] = time.monotonic() - started
            spent = time.monotonic() - started
            settled = all(name in delays or not shows(before[name], self.patient) for name in asks)
            if settled or spent + policy.revocation_poll_seconds > policy.opt_out_wait_seconds:
                break
            time.sleep(policy.revocation_poll_seconds)
        return {
            name: Watch(before[name], tuple(replies), delays.get(name))
            for name, replies in seen.items()
        }

    def _held(self, stack: ExitStack, group: str) -> Reply | None:
        """An export that has begun and is held back until the stack is closed."""
        if "exports-hold" not in self.session.target.controls:
            return None
        hold, release = {"held": True}, {"held": False}
        stack.enter_context(changed(self.session, "exports-hold", hold, release))
        return kicked_off(self.first, group, type=TYPES)

    def _exports_after(
        self, group: str, before: Export, running: Reply | None
    ) -> dict[str, Export]:
        """Exports that end after the opt-out: the one held back, a full one, and the changes."""
        begun = {"full": kicked_off(self.first, group, type=TYPES)}
        if before.manifest.at:
            begun["since"] = kicked_off(self.first, group, type=TYPES, since=before.manifest.at)
        if running is not None:
            begun["running"] = running
        exports = self.first.exports
        return {name: exports.fetched(exports.awaited(reply)) for name, reply in begun.items()}

    def _stored(self, before: Export) -> tuple[File, ...]:
        """The files of the export of before, fetched anew."""
        bearer = before.manifest.needs_token is not False
        outputs: tuple[Output, ...] = before.manifest.output
        return tuple(self.first.exports.file(one, bearer=bearer) for one in outputs)

    def _match(self) -> Reply | None:
        if not offers(self.first, MATCH) or not can_log_in(self.session.target, self.persona):
            return None
        with suppress(Inconclusive):
            return match(self.first, [bundle_of(self.session, self.first, self.persona)])
        return None

    def _own(self) -> Reply | None:
        """The member's own app."""
        if not can_log_in(self.session.target, self.persona):
            return None
        grant = self.session.shared_grant(self.persona)
        return self.session.client(grant).read("Patient", self.patient)


def opted_out(
    session: RunSession, make: Callable[[Persona], AbstractContextManager[Any]]
) -> Chosen:
    """Let one member opt out, and in again; `make` opens and ends the opt-out."""
    persona, clinics = subject(session)
    patient = whereabouts(session).of(persona.id)
    inconclusive_unless(patient, f"{persona.id}'s Patient could not be told by id")
    return Choosing(session, persona, patient, clinics, make(persona)).carried_out()


def subject(session: RunSession) -> tuple[Persona, tuple[Organisation[Clinic], ...]]:
    """A member whom as many clinics as possible share, and who can log in; and these clinics."""
    target = session.target
    sharing = {
        one.id: [c for c in served_clinics(target) if one in shared_with(target, c)]
        for one in target.personas
        if can_log_in(target, one)
    }
    first = session.cast.first
    name = max(sharing, key=lambda one: (len(sharing[one]), first is not None and one == first.id))
    return target.persona(name), tuple(clinic_of(session, one) for one in sharing[name])


def by_hook(session: RunSession, persona: Persona) -> AbstractContextManager[Any]:
    """Opt out, and in again, by the operator's hooks."""
    out = {"persona": persona.id, "opted_out": True}
    back = {"persona": persona.id, "opted_out": False}
    return changed(session, "opt-out", out, back, undo="opt-in")
