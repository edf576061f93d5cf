"""A wish, or a consent, that ends between match and export."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import exchanging, matching
from payerproof.fhir.bulk import Export
from payerproof.fhir.reply import Reply
from payerproof.plugin.exchange.asking import ask, chosen, never, word
from payerproof.plugin.exchange.handing import BULK_MATCH, bulk, exported
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import payer_of
from payerproof.plugin.practice.entry import description
from payerproof.plugin.session import RunSession
from payerproof.target.needs import can_log_in

LASTS = timedelta(seconds=90)
"""How long the consent of `ended` lasts; an access token may live five minutes only."""


@dataclass(frozen=True)
class Withdrawn:
    """What a payer gets of one member before the wish is taken back, and after."""

    member: str
    patient: str = field(repr=False)
    before: Reply
    after: Reply
    """Its read of the Patient."""
    matched: Reply
    """$member-match afterwards."""
    export: Export
    """An export, asked for afterwards, of the Group that was matched before."""


def withdrawn(session: RunSession) -> Withdrawn:
    """Have a member matched, the wish taken back, and the Group exported."""
    partner, persona = chosen(session)
    payer, member = payer_of(session, partner), description(session, persona)
    consent = word(session, partner, persona, member)
    _, kinds = bulk(session, payer, [persona])
    ident = session.patient_id(persona)
    before = payer.client.read("Patient", ident)
    told = {"client_id": partner.client_id, "persona": persona.id}
    with changed(session, "exchange", {**told, "opted_in": False}, {**told, "opted_in": True}):
        after = payer.client.read("Patient", ident)
        matched = ask(payer, member, consent)
        export = exported(payer, kinds.get("match", ("none", ()))[0])
    return Withdrawn(persona.id, ident, before, after, matched, export)


def ended(session: RunSession) -> Withdrawn:
    """Have a member matched by a consent that ends, and the Group exported afterwards."""
    target = session.target
    partner, _ = chosen(session)
    spare = [target.persona(one) for one in never(session)[1:]]
    able = [one for one in spare if can_log_in(target, one)]
    inconclusive_unless(able, "the payer file has no member to spare who chose no payer")
    persona = able[-1]
    payer, member = payer_of(session, partner), description(session, persona)
    begins, ends = (datetime.now(UTC) + one for one in (-LASTS, LASTS))
    period = begins.isoformat(timespec="seconds"), ends.isoformat(timespec="seconds")
    consent = word(session, partner, persona, member, period=period)
    told = {"client_id": partner.client_id, "persona": persona.id}
    with changed(session, "exchange", {**told, "opted_in": True}, {**told, "opted_in": False}):
        bundle = matching.request([matching.bundle(member, consent)])
        made = payer.exports.made(f"Group/${BULK_MATCH}", body=bundle)
        rows = [*made.of("Group"), *matching.groups_in(made.last).values()]
        groups = [str(row.get("id")) for row in rows if exchanging.group_kind(row) == "match"]
        inconclusive_unless(groups, "a consent that ends soon matched nobody", made.last.exchange)
        ident = session.patient_id(persona)
        before = payer.client.read("Patient", ident)
        seconds = 2 * LASTS.total_seconds()
        ahead, back = {"advance_seconds": seconds}, {"advance_seconds": -seconds}
        with changed(session, "clock", ahead, back):
            after = payer.client.read("Patient", ident)
            matched = ask(payer, member, consent)
            export = exported(payer, groups[0])
    return Withdrawn(persona.id, ident, before, after, matched, export)
