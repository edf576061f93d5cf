"""What another payer gets of members: matches right and wrong, and what is handed over.

42 CFR 422.121(b); HRex 1.1.0, $member-match; PDex 2.2.0, Payer-to-Payer. Each observation is made
once in a run and judged by many checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import exchanging, matching
from payerproof.fhir.bulk import Export
from payerproof.fhir.compartment import members_of
from payerproof.fhir.matching import Described
from payerproof.fhir.reply import Reply
from payerproof.plugin.near_misses import near_misses
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import Organisation, payer_of
from payerproof.plugin.practice.entry import DATA_EXPORT, description, offers
from payerproof.plugin.practice.exporting import parameters
from payerproof.plugin.practice.observing import observed
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer, Persona
from payerproof.target.needs import can_log_in

GOOD = "right"
BULK_MATCH = "bulk-member-match"
EXPORT_TYPE = "hl7.fhir.us.davinci-pdex"
CLAIMS = "ExplanationOfBenefit"
YEARS = 5
"""42 CFR 422.121(b)(4)(ii): services within five years before the request."""


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


@dataclass(frozen=True)
class Handed:
    """What a payer was handed over of several members, and what it could read."""

    chosen: tuple[str, ...]
    """Personas who want it."""
    refused: tuple[str, ...]
    """Personas who took the wish back or never had it."""
    ids: Mapping[str, str] = field(repr=False)
    """Logical id by persona."""
    kick_off: Reply
    groups: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Patients by kind of Group: match, nomatch, consentconstraint."""
    export: Export
    reads: Mapping[str, Reply]
    """The payer's read of each persona's Patient."""
    listed: Reply
    """Its search for all Patients."""
    foreign: Mapping[str, Reply]
    """What a payer whom nobody chose gets with the same addresses."""
    owned: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    """By persona who wants it: the claims that their own app sees."""
    protected: frozenset[str] = field(repr=False, default=frozenset())
    """``Type/id`` of records that need a consent of their own."""

    def must_be_handed(self) -> None:
        """End the check as inconclusive where nothing was handed over."""
        inconclusive_unless(
            self.export.complete and any(True for _ in self.export.of("Patient")),
            f"no export of the matched members came ({self.export.last.status} at last)",
            self.kick_off.exchange,
            self.export.last.exchange,
        )

    def whose(self, rows: Any) -> frozenset[str]:
        """Personas whom some resources are about."""
        about = {ident for row in rows for ident in members_of(row)}
        return frozenset(name for name, ident in self.ids.items() if ident in about)


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


@dataclass(frozen=True)
class Exchanges:
    """What other payers get; each observation is made once in a run."""

    _session: RunSession = field(repr=False)

    @property
    def payer(self) -> Organisation[OtherPayer]:
        """The payer whom members chose."""
        return payer_of(self._session, _chosen(self._session)[0])

    def matches(self) -> Matches:
        """One member matched, rightly and wrongly."""
        return observed(self._session, "exchange: matches", lambda: _matches(self._session))

    def handed(self) -> Handed:
        """Several members matched, and exported."""
        return observed(self._session, "exchange: handed", lambda: _handed(self._session))

    def withdrawn(self) -> Withdrawn:
        """A member takes the wish back between match and export."""
        return observed(self._session, "exchange: withdrawn", lambda: _withdrawn(self._session))

    def ended(self) -> Withdrawn:
        """A member's consent ends between match and export."""
        return observed(self._session, "exchange: ended", lambda: _ended(self._session))


def _chosen(session: RunSession) -> tuple[OtherPayer, Persona]:
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
        "period": _days(today - timedelta(days=30), today + timedelta(days=365)),
    }
    return exchanging.consent(member, **{**given, **how})


def _days(first: date, last: date) -> tuple[str, str]:
    return first.isoformat(), last.isoformat()


def ask(payer: Organisation[OtherPayer], member: Described, consent: Any) -> Reply:
    """Have one member matched."""
    body = exchanging.single(member, consent)
    return payer.client.send("POST", "Patient/$member-match", json=body)


def _matches(session: RunSession) -> Matches:
    target = session.target
    partner, persona = _chosen(session)
    payer, member = payer_of(session, partner), description(session, persona)
    good = word(session, partner, persona, member)
    replies = {GOOD: ask(payer, member, good)}
    hidden = {}
    for name, near in near_misses(member).items():
        replies[name] = ask(payer, near, good)
        hidden[name] = _unsaid(member, near, session.patient_id(persona))
    for name, consent in _wrong_consents(session, partner, persona, member).items():
        replies[name] = ask(payer, member, consent)
    for name, other in (("withdrawn", partner.withdrawn), ("never asked", _never(session))):
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


def _never(session: RunSession) -> tuple[str, ...]:
    """Personas with claims who chose no payer."""
    named = {one for payer in session.target.payers for one in (*payer.opted_in, *payer.withdrawn)}
    people = [one for one in session.target.personas if one.expect.claims and one.id not in named]
    return tuple(one.id for one in people if not one.household and not one.expect.protected)


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
        "consent that has ended": say(period=_days(today - 60 * day, today - 2 * day)),
        "consent that has not begun": say(period=_days(today + 30 * day, today + 60 * day)),
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


def _handed(session: RunSession) -> Handed:
    target = session.target
    partner, _ = _chosen(session)
    payer = payer_of(session, partner)
    people = [target.persona(one) for one in partner.opted_in]
    chosen = [one for one in people if can_log_in(target, one)]
    others = [target.persona(one) for one in (*partner.withdrawn, *_never(session)[:1])]
    refused = [one for one in others if can_log_in(target, one)]
    with ExitStack() as stack:
        for one in _further(session, partner) if "exchange" in target.controls else ():
            told = {"client_id": partner.client_id, "persona": one.id}
            stack.enter_context(
                changed(
                    session,
                    "exchange",
                    {**told, "opted_in": True},
                    {**told, "opted_in": False},
                )
            )
            chosen.append(one)
        match, kinds = _bulk(session, payer, [*chosen, *refused])
        ids = {one.id: session.patient_id(one) for one in (*chosen, *refused)}
        export = exported(payer, kinds.get("match", ("", ()))[0])
        reads = {name: payer.client.read("Patient", ident) for name, ident in ids.items()}
        listed = payer.client.search("Patient", _count="100")
        foreign = _by_others(session, partner, kinds.get("match", ("", ()))[0], ids, chosen)
    return Handed(
        tuple(one.id for one in chosen),
        tuple(one.id for one in refused),
        ids,
        match.kick_off,
        {kind: members for kind, (_, members) in kinds.items()},
        export,
        reads,
        listed,
        foreign,
        {one.id: _claims(session, one) for one in chosen},
        _protected(session, chosen),
    )


def _further(session: RunSession, partner: OtherPayer) -> list[Persona]:
    """Members who are asked to want it for a moment: with protected records, with old claims."""
    target, today = session.target, datetime.now(UTC).date()
    known = {*partner.opted_in, *partner.withdrawn}
    able = [one for one in target.personas if can_log_in(target, one) and one.id not in known]
    old = [
        one
        for one in able
        if any(4 * 366 < (today - c.serviced).days < 5 * 365 for c in one.expect.claims)
    ]
    kept = [one for one in able if one.expect.protected]
    return list({one.id: one for one in (*old[:1], *kept[:1])}.values())


def _bulk(
    session: RunSession, payer: Organisation[OtherPayer], people: list[Persona]
) -> tuple[Export, dict[str, tuple[str, tuple[str, ...]]]]:
    bundles = []
    for one in people:
        member = description(session, one)
        bundles.append(matching.bundle(member, word(session, payer.partner, one, member)))
    made = payer.exports.made(f"Group/${BULK_MATCH}", body=matching.request(bundles))
    rows = [*made.of("Group"), *matching.groups_in(made.last).values()]
    found = {
        exchanging.group_kind(row): (str(row.get("id") or ""), matching.members_in(row))
        for row in rows
    }
    return made, found


def exported(payer: Organisation[OtherPayer], group: str) -> Export:
    """Export a matched Group by whichever operation the payer offers."""
    exports = payer.exports
    if offers(payer, DATA_EXPORT):
        body = parameters(exportType=EXPORT_TYPE)
        return exports.made(f"Group/{group}/${DATA_EXPORT}", body=body)
    return exports.made(f"Group/{group}/$export")


def _by_others(
    session: RunSession,
    partner: OtherPayer,
    group: str,
    ids: Mapping[str, str],
    chosen: list[Persona],
) -> dict[str, Reply]:
    others = [one for one in session.target.payers if one.id != partner.id]
    if not others or not chosen:
        return {}
    client = payer_of(session, others[0]).client
    ident = ids[chosen[0].id]
    return {
        "the matched Group": client.read("Group", group),
        "a Patient": client.read("Patient", ident),
        "claims": client.search(CLAIMS, patient=ident),
        "Patients": client.search("Patient"),
    }


def _claims(session: RunSession, persona: Persona) -> tuple[Mapping[str, Any], ...]:
    client = session.client(session.shared_grant(persona))
    query = [("patient", session.patient_id(persona)), ("_count", "100")]
    return tuple(row for page in client.all_pages(CLAIMS, query) for row in page.matches)


def _protected(session: RunSession, people: list[Persona]) -> frozenset[str]:
    """Records that an app gets only where a box of their own was ticked."""
    from payerproof.plugin.observed import Observed

    if not any(one.expect.protected for one in people):
        return frozenset()
    seen = Observed(session).protected()
    return frozenset(f"{kind}/{one}" for kind, ids in seen.ids.items() for one in ids)


def _withdrawn(session: RunSession) -> Withdrawn:
    partner, persona = _chosen(session)
    payer, member = payer_of(session, partner), description(session, persona)
    consent = word(session, partner, persona, member)
    _, kinds = _bulk(session, payer, [persona])
    ident = session.patient_id(persona)
    before = payer.client.read("Patient", ident)
    told = {"client_id": partner.client_id, "persona": persona.id}
    with changed(session, "exchange", {**told, "opted_in": False}, {**told, "opted_in": True}):
        after = payer.client.read("Patient", ident)
        matched = ask(payer, member, consent)
        export = exported(payer, kinds.get("match", ("none", ()))[0])
    return Withdrawn(persona.id, ident, before, after, matched, export)


LASTS = timedelta(seconds=90)
"""How long the consent of `_ended` lasts; an access token may live five minutes only."""


def _ended(session: RunSession) -> Withdrawn:
    target = session.target
    partner, _ = _chosen(session)
    spare = [target.persona(one) for one in _never(session)[1:]]
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
