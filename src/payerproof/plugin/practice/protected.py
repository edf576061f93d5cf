"""Substance use records: what a clinic gets without the member's consent, with it, and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.compartment import elements_in, members_of
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Api
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import entered, whereabouts
from payerproof.plugin.practice.exporting import exported
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic
from payerproof.target.needs import served_clinics, shared_with

KINDS = (
    "Condition", "Encounter", "ExplanationOfBenefit", "MedicationRequest", "MedicationDispense",
    "Observation", "Procedure", "DocumentReference",
)  # fmt: skip
OWN_KINDS = ("Condition", "Encounter", "ExplanationOfBenefit", "Procedure")
RESTRICTED = frozenset({"R", "V", "42CFRPart2", "ETH", "SUD", "OPIOIDUD", "ETHUD", "PSY"})
"""Confidentiality and sensitivity labels (v3-Confidentiality, v3-ActCode)."""
Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Consented:
    """A clinic's export of one member without consent, with it, and after it was withdrawn."""

    persona: str
    patient: str = field(repr=False)
    without: Export
    given: Export
    withdrawn: Export
    reads: Mapping[str, Reply] = field(default_factory=dict)
    """Searches by the clinic without consent, by type."""
    elsewhere: tuple[Reply, ...] = ()
    """Searches by another clinic that treats the member, while the first had the consent."""
    own: Mapping[str, Reply] = field(default_factory=dict)
    """Searches by the member's own app, which was not let see what is protected, by type."""

    def dropped(self) -> tuple[str, ...]:
        """Types of which the member's own app sees rows, and the clinic without consent none."""
        given = {one.get("resourceType") for one in self.rows(self.without)}
        return tuple(
            kind for kind, reply in self.own.items() if reply.matches and kind not in given
        )

    def rows(self, export: Export) -> Rows:
        """Resources of an export that are about the member."""
        return tuple(one for one in export.of() if self.patient in members_of(one))

    def opened(self) -> Rows:
        """What only the consent opened; ends the check as inconclusive where that is nothing."""
        before = {_name(one) for one in self.rows(self.without)}
        found = tuple(one for one in self.rows(self.given) if _name(one) not in before)
        inconclusive_unless(
            found,
            "the member's consent opened nothing, so nothing tells what was held back",
            *self.without.exchanges[:2],
            *self.given.exchanges[:2],
        )
        return found

    def telling(self) -> frozenset[str]:
        """Codes that occur in what the consent opened, and in no ordinary record of anybody."""
        opened = self.opened()
        hidden = {_name(one) for one in opened}
        inside = set(_codes(opened))
        mine = {_name(one) for one in self.rows(self.without)}
        others = (one for one in self.given.of() if _name(one) not in hidden | mine)
        return frozenset(inside - set(_codes(others)))


def consented(session: RunSession) -> Consented:
    """Export a member with protected records before, during and after their consent."""
    target, known = session.target, whereabouts(session)
    pairs = [
        (clinic, one)
        for clinic in served_clinics(target)
        for one in shared_with(target, clinic)
        if one.expect.protected and known.of(one.id)
    ]
    inconclusive_unless(pairs, "no clinic treats a member with protected records")
    clinic, persona = pairs[0]
    asking = clinic_of(session, clinic)
    entered(session, asking).must_lead_in()
    patient, what = known.of(persona.id), {"client_id": clinic.client_id, "persona": persona.id}
    reads = {
        kind: asking.client.search(kind, [("patient", patient), ("_count", "100")])
        for kind in KINDS[:5]
    }
    theirs = Api(session).as_(session.person(persona))
    own = {kind: theirs.search(kind, [("patient", patient)]) for kind in OWN_KINDS}
    without = _export(session, asking)
    with changed(session, "part2-consent", {**what, "consent": True}, {**what, "consent": False}):
        given = _export(session, asking)
        elsewhere = tuple(
            clinic_of(session, other).client.search(kind, [("patient", patient), ("_count", "100")])
            for other in [c for c, one in pairs if one.id == persona.id and c.id != clinic.id][:1]
            for kind in KINDS[:3]
        )
    withdrawn = _export(session, asking)
    return Consented(persona.id, patient, without, given, withdrawn, reads, elsewhere, own)


def _export(session: RunSession, clinic: Organisation[Clinic]) -> Export:
    export = exported(session, clinic, type=",".join(KINDS))
    if export.complete:
        clinic.exports.delete(export)
    return export


def labels(resource: Mapping[str, Any]) -> frozenset[str]:
    """Codes of a resource's security labels."""
    listed = (resource.get("meta") or {}).get("security") or []
    return frozenset(str(one.get("code")) for one in listed if isinstance(one, Mapping))


NOTICE_WORDS = ("redisclos", "re-disclos", "42 cfr part 2", "further disclosure")


def has_notice(resource: Mapping[str, Any]) -> bool:
    """Whether a record goes with the notice of 42 CFR 2.32: as a handling label or in words."""
    text = json.dumps(resource).lower()
    handling = labels(resource) & {"NORDSCLCD", "NORDSLCD"}
    return bool(handling) or any(word in text for word in NOTICE_WORDS)


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _codes(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Codes of diagnoses, services and drugs in these resources."""
    for row in rows:
        for element in elements_in(row):
            system, code = element.get("system"), element.get("code")
            if isinstance(code, str) and len(code) >= 4 and _clinical(system):
                yield code


def _clinical(system: object) -> bool:
    """True for vocabularies of diagnoses, services and drugs; not for those of form."""
    return isinstance(system, str) and "CodeSystem" not in system


def mentions(rows: Iterable[Mapping[str, Any]], words: frozenset[str]) -> list[str]:
    """Names of resources in whose text one of these codes occurs."""
    found = []
    for row in rows:
        text = json.dumps(row)
        if any(f'"{word}"' in text for word in words):
            found.append(_name(row))
    return found
