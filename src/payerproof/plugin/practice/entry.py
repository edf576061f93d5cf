"""How a clinic gets to its members: by the Group the payer keeps, or by having them matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir import matching
from payerproof.fhir.matching import Described
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import acts_for
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.observing import observed
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona
from payerproof.target.needs import can_log_in, served_clinics

MATCH = "provider-member-match"
DATA_EXPORT = "davinci-data-export"
GROUP_EXPORT = "export"
SINCE = "2026-01-01"
"""Day from which an attestation holds."""


def offers(organisation: Organisation[Any], operation: str, on: str = "Group") -> bool:
    """Whether the API's CapabilityStatement lists an operation, on a type or for all."""
    camel = "".join(map(str.title, operation.split("-")))
    named = {operation, f"${operation}", f"{on.lower()}-{operation}", camel}
    return any(
        named & {str(one.get("name")), str(one.get("definition")).rpartition("/")[2]}
        for rest in organisation.capability.get("rest") or []
        for place in (rest, *(rest.get("resource") or []))
        for one in place.get("operation") or []
        if place.get("type") in (None, on)
    )


@dataclass(frozen=True)
class Entry:
    """A clinic's way to its members."""

    search: tuple[Reply, ...] = ()
    """Its search for Groups, every page."""
    matched: Reply | None = None
    """The answer to the match of those it treats; None where the payer keeps a Group for it."""
    group: str = ""
    """Logical id of the Group it exports; empty where there is none."""
    members: tuple[str, ...] = ()
    """Patients in that Group."""

    @property
    def exchanges(self) -> tuple[str, ...]:
        """What brought it."""
        replies = (*self.search, *((self.matched,) if self.matched else ()))
        return tuple(reply.exchange for reply in replies)

    def must_lead_in(self) -> None:
        """End the check as inconclusive where the clinic has no Group with anybody in it."""
        inconclusive_unless(
            self.group and self.members,
            "the clinic was given no Group with a member in it",
            *self.exchanges,
        )


def entered(session: RunSession, clinic: Organisation[Clinic]) -> Entry:
    """The clinic's Group: found by a search, else made by having those it treats matched."""
    return observed(session, f"entry:{clinic.id}", lambda: _enter(session, clinic))


def _enter(session: RunSession, clinic: Organisation[Clinic]) -> Entry:
    client = clinic.client
    search = tuple(client.pages(client.search("Group")))
    groups = [one for page in search for one in page.matches if one.get("resourceType") == "Group"]
    named = [one for one in groups if one.get("id") == clinic.partner.group]
    group = next(iter(named or groups), None)
    if group is not None and not _of_a_match(group):
        return Entry(search, None, str(group.get("id", "")), matching.members_in(group))
    if not (clinic.partner.treats and offers(clinic, MATCH)):
        return Entry(search)
    treated = [session.target.persona(name) for name in clinic.partner.treats]
    found = {one.id: one for one in treated if can_log_in(session.target, one)}
    reply = match(clinic, (bundle_of(session, clinic, one) for one in found.values()))
    group = matching.groups_in(reply).get("MatchedMembers", {})
    return Entry(search, reply, str(group.get("id", "")), matching.members_in(group))


def _of_a_match(group: Mapping[str, Any]) -> bool:
    profiles = (group.get("meta") or {}).get("profile") or []
    return any("match" in str(one).rpartition("/")[2] for one in profiles)


def match(clinic: Organisation[Clinic], bundles: Iterable[Mapping[str, Any]]) -> Reply:
    """Have members matched for a clinic."""
    body = matching.request(bundles)
    return clinic.client.send("POST", f"Group/${MATCH}", json=body)


def bundle_of(
    session: RunSession, clinic: Organisation[Clinic], persona: Persona
) -> dict[str, Any]:
    """A member of whom the clinic says, rightly, that it treats them."""
    member = description(session, persona)
    name = str(member.patient["id"])
    word = matching.attestation(name, clinic.partner.npi, clinic.partner.name, SINCE)
    return matching.bundle(member, word)


def description(session: RunSession, persona: Persona) -> Described:
    """A member as their own app would describe them: Patient and the newest Coverage."""
    grant = session.shared_grant(persona)
    client = replace(session.client(grant), memory=session.memo)
    own = session.patient_id(persona)
    patient = client.read("Patient", own)
    coverages = client.search("Coverage", [("beneficiary", own), ("_count", "100")])
    rows = [one for one in coverages.matches if one.get("resourceType") == "Coverage"]
    inconclusive_unless(
        patient.resource_type == "Patient" and rows,
        f"{persona.id}'s own demographics could not be read",
        patient.exchange,
        coverages.exchange,
    )
    active = [one for one in rows if one.get("status") == "active"]
    return matching.described(patient.body, (active or rows)[-1], f"payerproof-{persona.id}")


@dataclass(frozen=True)
class Whereabouts:
    """Logical ids of the personas' Patients, as far as they can be told."""

    ids: Mapping[str, str] = field(repr=False)
    """By persona."""

    def of(self, persona: str) -> str:
        """A persona's id, or an empty string."""
        return self.ids.get(persona, "")


def listed(session: RunSession, clinic: Organisation[Clinic]) -> tuple[Reply, ...]:
    """Every page of Patients that a clinic finds, once it has its way in."""

    def look() -> tuple[Reply, ...]:
        entered(session, clinic)
        client = clinic.client
        return tuple(client.pages(client.search("Patient", [("_count", "100")])))

    return observed(session, f"patients:{clinic.id}", look)


def whereabouts(session: RunSession) -> Whereabouts:
    """Ids of everybody named in [[clinics]], with as few logins as will do.

    Whom a clinic in the network treats is found among its Patients by name; who has a namesake, or
    is shared with nobody, logs in, where the payer file says how.
    """
    return observed(session, "whereabouts", lambda: _whereabouts(session))


def _whereabouts(session: RunSession) -> Whereabouts:
    target = session.target
    named = [name for one in target.clinics for name in (*one.treats, *one.treated)]
    people = [target.persona(name) for name in dict.fromkeys(named)]
    labels = [one.label for one in target.personas]
    found: dict[str, str] = {}
    for clinic in served_clinics(target):
        for page in listed(session, clinic_of(session, clinic)):
            for patient in page.matches:
                for one in people:
                    single = one.label and labels.count(one.label) == 1
                    if single and one.id in clinic.treats and one.label in _names(patient):
                        found.setdefault(one.id, str(patient.get("id", "")))
    for one in people:
        if one.id not in found and (own := _by_login(session, one)):
            found[one.id] = own
    return Whereabouts(found)


def _by_login(session: RunSession, persona: Persona) -> str:
    if persona.patient_id:
        return persona.patient_id
    if not can_log_in(session.target, persona) or acts_for(persona):
        return ""
    try:
        return session.patient_id(persona)
    except Inconclusive:
        return ""


def _names(patient: Mapping[str, Any]) -> set[str]:
    """A Patient's names as a portal would write them."""
    written: set[str] = set()
    for name in patient.get("name") or []:
        if isinstance(name, Mapping):
            given = [str(one) for one in name.get("given") or []]
            family = str(name.get("family") or "")
            written |= {f"{' '.join(given)} {family}", f"{(given or [''])[0]} {family}"}
            written.add(str(name.get("text") or ""))
    return written
