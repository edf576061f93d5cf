"""Members whom a clinic has matched: rightly, and with something wrong about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir import matching
from payerproof.fhir.matching import Described
from payerproof.fhir.reply import Reply
from payerproof.plugin.near_misses import near_misses
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import MATCH, SINCE, description, match, offers, whereabouts
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona
from payerproof.target.needs import can_log_in, clinic_pair, served_clinics, shared_with

GOOD, OPTED_OUT, UNKNOWN = "right", "opted out", "unknown"
NEAR = (
    "other birth date",
    "names swapped",
    "other family name",
    "other first name",
    "other sex",
    "other member number",
)
"""Near misses (`payerproof.plugin.near_misses`) that no clinic's request may match by."""


@dataclass(frozen=True)
class Matched:
    """Answers by what was sent."""

    patient: str = field(repr=False)
    """Patient id of the member who was sent rightly."""
    replies: Mapping[str, Reply]
    reads: Mapping[str, Reply] = field(default_factory=dict)
    """``own``: the clinic's read of the matched Group; ``foreign``: another clinic's."""
    repeated: Reply | None = None
    """The right request once more."""

    def members(self, name: str) -> tuple[str, ...]:
        """Patients in the matched Group of an answer."""
        reply = self.replies[name]
        return matching.members_in(matching.groups_in(reply).get("MatchedMembers", {}))

    def must_match(self) -> None:
        """End the check as inconclusive where the right request matched nobody either."""
        inconclusive_unless(
            self.members(GOOD), "a right request matched nobody", self.replies[GOOD].exchange
        )

    @property
    def wrong(self) -> tuple[str, ...]:
        """Names of the requests that must match nobody."""
        return tuple(name for name in self.replies if name not in (GOOD, "mixed", "new patient"))


def matched(session: RunSession) -> Matched:
    """Have a member matched, rightly and wrongly."""
    target = session.target
    pair = clinic_pair(target)
    partner = pair[0] if pair else served_clinics(target)[0]
    clinic, persona = clinic_of(session, partner), _member(session, partner)
    member = description(session, persona)
    word = attested(clinic, member)
    good = match(clinic, [matching.bundle(member, word)])
    replies = {GOOD: good}
    for name, (one, consent) in _wrong(session, clinic, member).items():
        replies[name] = match(clinic, [matching.bundle(one, consent)])
    out = [one for one in map(target.persona, partner.treats) if one.opted_out]
    if out and can_log_in(target, out[0]):
        gone = description(session, out[0])
        replies[OPTED_OUT] = match(clinic, [matching.bundle(gone, attested(clinic, gone))])
        both = [matching.bundle(member, word), matching.bundle(gone, attested(clinic, gone))]
        replies["mixed"] = match(clinic, both)
    for other in target.clinics:
        if not other.in_network and persona.id in other.treats:
            outsider = clinic_of(session, other)
            bundles = [matching.bundle(member, attested(outsider, member))]
            replies[f"by {other.id}"] = match(outsider, bundles)
    replies |= _new_patient(session, member)
    group = str(matching.groups_in(good).get("MatchedMembers", {}).get("id", ""))
    reads = {"own": clinic.client.read("Group", group)} if group else {}
    if group and pair:
        reads["foreign"] = clinic_of(session, pair[1]).client.read("Group", group)
    return Matched(whereabouts(session).of(persona.id), replies, reads)


def _member(session: RunSession, clinic: Clinic) -> Persona:
    target, first = session.target, session.cast.first
    able = [one for one in shared_with(target, clinic) if can_log_in(target, one)]
    inconclusive_unless(able, f"no member of {clinic.id} can log in")
    return next((one for one in able if first is not None and one.id == first.id), able[0])


def attested(clinic: Organisation[Clinic], member: Described, **how: str) -> dict[str, Any]:
    """The clinic's word that it treats a member."""
    name = str(member.patient["id"])
    return matching.attestation(name, clinic.partner.npi, clinic.partner.name, SINCE, **how)


def _wrong(
    session: RunSession, clinic: Organisation[Clinic], member: Described
) -> dict[str, tuple[Described, dict[str, Any] | None]]:
    """Requests that must match nobody: the member described nearly right, or the word wrong."""
    word = attested(clinic, member)
    others = [one for one in session.target.clinics if one.id != clinic.id and one.in_network]
    near = near_misses(member)
    unknown = member.having(
        name=[{"family": "Payerproof-Nobody", "given": ["Nemo"]}],
        birthDate="1901-02-03",
        identifier=None,
    ).covered(subscriberId="PAYERPROOF-0", identifier=None)
    found: dict[str, tuple[Described, dict[str, Any] | None]] = {
        **{name: (near[name], word) for name in NEAR},
        UNKNOWN: (unknown, attested(clinic, unknown)),
        "no attestation": (member, None),
        "attestation that has ended": (member, attested(clinic, member, until="2026-02-01")),
        "attestation that denies": (member, attested(clinic, member, kind="deny")),
        "attestation that was not verified": (
            member,
            {**word, "verification": [{"verified": False}]},
        ),
        "withdrawn attestation": (member, {**word, "status": "inactive"}),
        "attestation for somebody else": (
            member,
            {**word, "patient": {"reference": "Patient/payerproof-somebody-else"}},
        ),
    }
    if others:
        foreign = clinic_of(session, others[0])
        found["attestation of another clinic"] = (member, attested(foreign, member))
    return found


def _new_patient(session: RunSession, member: Described) -> dict[str, Reply]:
    """A clinic in the network that does not treat the member yet says that it is about to."""
    for one in session.target.clinics:
        named = {name for names in (one.treats, one.treated) for name in names}
        if one.in_network and not named:
            clinic = clinic_of(session, one)
            bundles = [matching.bundle(member, attested(clinic, member))]
            return {"new patient": match(clinic, bundles)}
    return {}


def offered(session: RunSession) -> bool:
    """Whether the payer offers matches to clinics."""
    served = served_clinics(session.target)
    return bool(served) and offers(clinic_of(session, served[0]), MATCH)


def unannounced(session: RunSession) -> Matched | None:
    """A right request for a match where the payer offers none; None where it offers one."""
    served = served_clinics(session.target)
    if offered(session) or not served:
        return None
    clinic, persona = clinic_of(session, served[0]), _member(session, served[0])
    member = description(session, persona)
    reply = match(clinic, [matching.bundle(member, attested(clinic, member))])
    return Matched(whereabouts(session).of(persona.id), {GOOD: reply})
