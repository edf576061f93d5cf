"""How another payer asks: for which member, with whose consent (HRex 1.1.0, $member-match)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import exchanging
from payerproof.fhir.matching import Described
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer, Persona
from payerproof.target.needs import can_log_in


def chosen(session: RunSession) -> tuple[OtherPayer, Persona]:
    """A payer with a member who wants it and can log in: the one with most claims known."""
    target = session.target
    found = [
        (payer, persona)
        for payer in target.payers
        for persona in map(target.persona, payer.opted_in)
        if can_log_in(target, persona)
    ]
    inconclusive_unless(found, "no payer file entry tells a member who wants an exchange")
    return max(found, key=lambda one: len(one[1].expect.claims))


def never(session: RunSession) -> tuple[str, ...]:
    """Personas with claims who chose no payer."""
    named = {one for payer in session.target.payers for one in (*payer.opted_in, *payer.withdrawn)}
    people = [one for one in session.target.personas if one.expect.claims and one.id not in named]
    return tuple(one.id for one in people if not one.household and not one.expect.protected)


def source_of(session: RunSession, persona: Persona, member: Described) -> dict[str, Any]:
    """A Reference to the payer that is asked: as the member's Coverage names it."""
    payors = member.coverage.get("payor") or [{}]
    reference = str(payors[0].get("reference") or "")
    client = session.client(session.shared_grant(persona))
    body = client.get(reference).body if reference else {}
    listed = body.get("identifier") or [payors[0].get("identifier") or {}]
    identifier = {key: listed[0][key] for key in ("system", "value") if key in listed[0]}
    shown = str(body.get("name") or session.target.name)
    return {**({"identifier": identifier} if identifier else {}), "display": shown}


def word(
    session: RunSession, payer: OtherPayer, persona: Persona, member: Described, **how: Any
) -> dict[str, Any]:
    """A member's consent to hand their record to a payer; `how` as in `exchanging.consent`."""
    today = datetime.now(UTC).date()
    given: dict[str, Any] = {
        "source": source_of(session, persona, member),
        "recipient": exchanging.organisation(payer.npi, payer.name),
        "period": days(today - timedelta(days=30), today + timedelta(days=365)),
    }
    return exchanging.consent(member, **{**given, **how})


def days(first: date, last: date) -> tuple[str, str]:
    """A period as FHIR writes it."""
    return first.isoformat(), last.isoformat()


def ask(payer: Organisation[OtherPayer], member: Described, consent: Any) -> Reply:
    """Have one member matched."""
    body = exchanging.single(member, consent)
    return payer.client.send("POST", "Patient/$member-match", json=body)
