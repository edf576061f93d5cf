"""Choices made on the payer's page: by the member, and by somebody who acts for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from payerproof.browser.facts import SharingPage
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Portal
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.choosing import subject
from payerproof.plugin.practice.entry import entered, whereabouts
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona
from payerproof.target.needs import can_log_in, served_clinics, shared_with


@dataclass(frozen=True)
class Paged:
    """One choice on the page, and what a clinic was shown before it, during it, and after."""

    actor: str
    """Persona id of the one who pressed."""
    persona: str
    """Persona id of the one whose data it was about."""
    patient: str = field(repr=False)
    out: SharingPage
    back: SharingPage | None
    """The page when sharing was begun again; None where it was never ended."""
    looks: Mapping[str, Reply]
    """The clinic's reads: ``before``, ``during``, ``after``, and ``other`` of another clinic."""

    def must_have_pressed(self) -> None:
        """End the check as inconclusive where there was no control, or nothing to be seen."""
        before = self.looks["before"]
        inconclusive_unless(
            before.resource_type == "Patient",
            "the clinic was shown nothing before the choice either",
            before.exchange,
        )
        inconclusive_unless(
            self.out.pressed, "the page has no control to end sharing", *self.out.exchanges[-2:]
        )


def by_member(session: RunSession) -> Paged:
    """A member opts out on the page, and in again."""
    persona, clinics = subject(session)
    return _paged(session, persona, persona, clinics)


def by_representative(session: RunSession) -> Paged:
    """A representative opts out somebody they act for, and in again."""
    target, known = session.target, whereabouts(session)
    pairs = [
        (actor, target.persona(name))
        for actor in target.personas
        for name in actor.represents
        if can_log_in(target, actor) and actor.password is not None
    ]
    wards = [(actor, ward) for actor, ward in pairs if ward.role == "minor" and known.of(ward.id)]
    for actor, ward in sorted(wards, key=lambda pair: can_log_in(target, pair[1])):
        shared = [one for one in served_clinics(target) if ward in shared_with(target, one)]
        if shared:
            clinics = tuple(clinic_of(session, one) for one in shared)
            return _paged(session, actor, ward, clinics)
    inconclusive_unless(False, "nobody acts for a minor whom a clinic treats")
    raise AssertionError("the line above ends it")


def _paged(
    session: RunSession,
    actor: Persona,
    persona: Persona,
    clinics: tuple[Organisation[Clinic], ...],
) -> Paged:
    patient = whereabouts(session).of(persona.id)
    inconclusive_unless(patient, f"{persona.id}'s Patient could not be told by id")
    clinic = clinics[0]
    for one in clinics:
        entered(session, one)
    looks = {"before": clinic.client.read("Patient", patient)}
    portal, pages = Portal(session), list[SharingPage]()
    with _put_back(session, portal, actor, persona, pages):
        pages.append(portal.choose_sharing(actor, persona.label, share=False))
        looks["during"] = clinic.client.read("Patient", patient)
        for other in clinics[1:2]:
            looks["other"] = other.client.read("Patient", patient)
    looks["after"] = clinic.client.read("Patient", patient)
    back = pages[1] if len(pages) > 1 else None
    return Paged(actor.id, persona.id, patient, pages[0], back, looks)


@contextmanager
def _put_back(
    session: RunSession,
    portal: Portal,
    actor: Persona,
    persona: Persona,
    pages: list[SharingPage],
) -> Iterator[None]:
    """Begin sharing again at the end, come what may; noted in the journal meanwhile."""
    back = {"persona": persona.id, "opted_out": False}
    change = session.journal.open_control("opt-in", back, persona.id)
    try:
        yield
    finally:
        if pages and pages[0].pressed:
            pages.append(portal.choose_sharing(actor, persona.label, share=True))
        session.journal.close(change)
