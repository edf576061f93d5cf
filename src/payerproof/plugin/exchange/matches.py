"""$member-match, asked rightly and wrongly (HRex 1.1.0; 42 CFR 422.121(b))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import exchanging
from payerproof.fhir.matching import Described
from payerproof.fhir.reply import Reply
from payerproof.plugin.exchange.asking import ask, chosen, days, never, word
from payerproof.plugin.near_misses import near_misses
from payerproof.plugin.organisations import payer_of
from payerproof.plugin.practice.entry import description
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer, Persona
from payerproof.target.needs import can_log_in

GOOD = "right"
SPARE = "no more than is required"


@dataclass(frozen=True)
class Matches:
    """Answers of $member-match by what was sent."""

    member: str
    """Persona id of the one who was sent rightly."""
    patient: str = field(repr=False)
    """Logical id of that Patient."""
    replies: Mapping[str, Reply]
    hidden: Mapping[str, frozenset[str]] = field(repr=False, default_factory=dict)
    """By what was sent: what the payer knows of the member and was not told."""

    def must_match(self) -> None:
        """End the check as inconclusive where a right request matched nobody either."""
        inconclusive_unless(
            exchanging.identifies(self.replies[GOOD]),
            "a right request matched nobody either",
            self.replies[GOOD].exchange,
        )


def matches(session: RunSession) -> Matches:
    """Have one member matched, rightly and wrongly."""
    target = session.target
    partner, persona = chosen(session)
    payer, member = payer_of(session, partner), description(session, persona)
    good = word(session, partner, persona, member)
    spare = member.having(address=None, telecom=None)
    replies = {GOOD: ask(payer, member, good), SPARE: ask(payer, spare, good)}
    hidden = {}
    for name, near in near_misses(member).items():
        replies[name] = ask(payer, near, good)
        hidden[name] = _unsaid(member, near, session.patient_id(persona))
    for name, consent in _wrong_consents(session, partner, persona, member).items():
        replies[name] = ask(payer, member, consent)
    for name, other in (("withdrawn", partner.withdrawn), ("never asked", never(session))):
        for one in [
            target.persona(who) for who in other if can_log_in(target, target.persona(who))
        ]:
            theirs = description(session, one)
            replies[name] = ask(payer, theirs, word(session, partner, one, theirs))
            break
    for third in target.payers:
        if persona.id not in (*third.opted_in, *third.withdrawn):
            own = word(session, third, persona, member)
            replies["a payer whom the member did not choose"] = ask(
                payer_of(session, third), member, own
            )
    return Matches(persona.id, session.patient_id(persona), replies, hidden)


def _wrong_consents(
    session: RunSession, partner: OtherPayer, persona: Persona, member: Described
) -> dict[str, dict[str, Any] | None]:
    today = datetime.now(UTC).date()
    day = timedelta(days=1)

    def say(**how: Any) -> dict[str, Any]:
        return word(session, partner, persona, member, **how)

    nobody = exchanging.organisation("1999999992", "Payerproof Nobody's Plan")
    return {
        "no consent": None,
        "consent that has ended": say(period=days(today - 60 * day, today - 2 * day)),
        "consent that has not begun": say(period=days(today + 30 * day, today + 60 * day)),
        "consent to another payer": say(recipient=nobody),
        "consent of another member": say(patient="payerproof-somebody-else"),
        "consent that denies": say(kind="deny"),
        "consent that is not active": say(status="inactive"),
    }


def _unsaid(member: Described, near: Described, patient: str) -> frozenset[str]:
    """What the payer knows of a member and was not told in a request."""
    said = str(near.patient) + str(near.coverage)
    names = [one for name in member.patient.get("name") or [] for one in _names(name)]
    numbers = [str(one.get("value")) for one in member.patient.get("identifier") or []]
    known = [str(member.patient.get("birthDate") or ""), patient, *names, *numbers]
    return frozenset(one for one in known if len(one) > 3 and one not in said)


def _names(name: Mapping[str, Any]) -> list[str]:
    return [str(name.get("family") or ""), *(str(one) for one in name.get("given") or [])]
