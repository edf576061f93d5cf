"""What is handed over of several members who want it (PDex 2.2.0, Payer-to-Payer)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from payerproof.expect.business_days import business_days_after
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import exchanging, matching
from payerproof.fhir.bulk import Export
from payerproof.fhir.compartment import members_of
from payerproof.fhir.reply import Reply
from payerproof.plugin.exchange import asking
from payerproof.plugin.operating import Operator, changed
from payerproof.plugin.organisations import Organisation, payer_of
from payerproof.plugin.practice.entry import DATA_EXPORT, description, offers
from payerproof.plugin.practice.exporting import parameters
from payerproof.plugin.session import RunSession
from payerproof.target import OtherPayer, Persona
from payerproof.target.needs import can_log_in

BULK_MATCH = "bulk-member-match"
EXPORT_TYPE = "hl7.fhir.us.davinci-pdex"
CLAIMS = "ExplanationOfBenefit"
OWN, CLOSED = "who opted in", ("who did not opt in", "who chose another payer")
"""Whose $everything was asked for; the last is asked for by a payer whom they did not choose."""


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
    everything: Mapping[str, tuple[Reply, ...]] = field(repr=False, default_factory=dict)
    """Every page of $everything by whose it is: `OWN`, `CLOSED`."""
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


def handed(session: RunSession) -> Handed:
    """Have several members matched, and what is theirs exported."""
    target = session.target
    partner, _ = asking.chosen(session)
    payer = payer_of(session, partner)
    people = [target.persona(one) for one in partner.opted_in]
    chosen = [one for one in people if can_log_in(target, one)]
    others = [target.persona(one) for one in (*partner.withdrawn, *asking.never(session)[:1])]
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
        match, kinds = bulk(session, payer, [*chosen, *refused])
        ids = {one.id: session.patient_id(one) for one in (*chosen, *refused)}
        export = exported(payer, kinds.get("match", ("", ()))[0])
        reads = {name: payer.client.read("Patient", ident) for name, ident in ids.items()}
        listed = payer.client.search("Patient", _count="100")
        everything = _everything(session, payer, partner, ids, chosen, refused)
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
        everything,
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


def bulk(
    session: RunSession, payer: Organisation[OtherPayer], people: list[Persona]
) -> tuple[Export, dict[str, tuple[str, tuple[str, ...]]]]:
    """Have several members matched: the answer, and Group id with members by kind of Group."""
    bundles = []
    for one in people:
        member = description(session, one)
        bundles.append(matching.bundle(member, asking.word(session, payer.partner, one, member)))
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


def next_day(session: RunSession, seen: Handed) -> Reply | None:
    """The status of an export that still runs, at the end of the next business day by the payer's
    clock; None where it came before."""
    if seen.export.complete or not seen.export.status_url:
        return None
    now, zone = datetime.now(UTC), ZoneInfo(session.target.policy.time_zone)
    today = now.astimezone(zone).date()
    last = business_days_after(today, 1, session.target.policy) + timedelta(days=1)
    end = datetime.combine(last, time.min, zone) + timedelta(hours=1)
    payer = payer_of(session, asking.chosen(session)[0])
    with Operator(session).later((end - now).total_seconds()):
        token = payer.backend.ask().access_token
        return payer.with_token(token).get(seen.export.status_url, accept="application/json")


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


def _everything(
    session: RunSession,
    payer: Organisation[OtherPayer],
    partner: OtherPayer,
    ids: Mapping[str, str],
    chosen: list[Persona],
    refused: list[Persona],
) -> dict[str, tuple[Reply, ...]]:
    """All of a record in one answer: of somebody who opted in, and of those who did not.

    The first is the one whose known claims go back furthest.
    """
    chosen = sorted(
        chosen, key=lambda one: min((c.serviced for c in one.expect.claims), default=date.max)
    )
    others = [one for one in session.target.payers if one.id != partner.id]
    asked = {OWN: (payer, chosen), CLOSED[0]: (payer, refused)}
    if others:
        asked[CLOSED[1]] = (payer_of(session, others[0]), chosen)
    return {
        name: tuple(one.client.pages(one.client.get(f"Patient/{ids[whose[0].id]}/$everything")))
        for name, (one, whose) in asked.items()
        if whose
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
