"""An opt-out from sharing with clinics beside the member's wish for an exchange between payers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.concurrency import wishing
from payerproof.plugin.exchange import ask, word
from payerproof.plugin.operating import carry_out
from payerproof.plugin.organisations import clinic_of, payer_of
from payerproof.plugin.practice.choosing import by_hook
from payerproof.plugin.practice.entry import description, entered, whereabouts
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer, Persona
from payerproof.target.needs import can_log_in, served_clinics, shared_with


@dataclass(frozen=True)
class Apart:
    """A member who opted out while another payer was to have their record."""

    persona: str
    patient: str = field(repr=False)
    matched: tuple[Reply, Reply]
    """The other payer's match before the opt-out, and after it."""
    read: Reply
    """A clinic's read of the member after the opt-out."""


def apart(session: RunSession) -> Apart:
    """Have a member matched by the payer they chose, before they opt out and after."""
    target, known = session.target, whereabouts(session)
    found = [
        (payer, clinic, persona)
        for payer in target.payers
        for persona in map(target.persona, payer.opted_in)
        for clinic in served_clinics(target)
        if persona in shared_with(target, clinic) and can_log_in(target, persona)
        if known.of(persona.id)
    ]
    inconclusive_unless(found, "no member who is shared with a clinic chose another payer")
    payer, clinic, persona = found[0]
    asking, member = payer_of(session, payer), description(session, persona)
    entered(session, clinic_of(session, clinic))
    with wishing(Path(session.settings.scratch)):
        _wish(session, payer, persona)
        before = ask(asking, member, word(session, payer, persona, member))
        with by_hook(session, persona):
            after = ask(asking, member, word(session, payer, persona, member))
            read = clinic_of(session, clinic).client.read("Patient", known.of(persona.id))
        _wish(session, payer, persona)
    return Apart(persona.id, known.of(persona.id), (before, after), read)


def _wish(session: RunSession, payer: OtherPayer, persona: Persona) -> None:
    """Record the wish that the payer file tells of: an opt-out of before may have ended it."""
    if "exchange" in session.target.controls:
        told = {"client_id": payer.client_id, "persona": persona.id}
        carry_out(session, "exchange", {**told, "opted_in": True})
