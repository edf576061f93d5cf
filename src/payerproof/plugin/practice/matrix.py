"""Every clinic against every member: who gets whose data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.compartment import members_of
from payerproof.fhir.reply import Reply
from payerproof.plugin.first_trip import LoginTrouble
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import (
    MATCH,
    Entry,
    entered,
    listed,
    offers,
    whereabouts,
)
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona, Target
from payerproof.target.needs import shared_with

CLAIMS = "ExplanationOfBenefit"
NOBODY = "payerproof-nobody"
"""An id that belongs to nobody."""

SHARED = "shared"
OUTSIDE = "out of network"
LEFT = "no member any more"
CHOSE = "opted out"
ENDED = "no longer treated"
STRANGER = "never treated"


def why(target: Target, clinic: Clinic, persona: Persona) -> str:
    """Why a clinic ought, or ought not, to get a persona's data, by the payer file."""
    if persona in shared_with(target, clinic):
        return SHARED
    if not clinic.in_network:
        return OUTSIDE
    if persona.id in clinic.treated:
        return ENDED
    if persona.id not in clinic.treats:
        return STRANGER
    return CHOSE if persona.opted_out else LEFT


@dataclass(frozen=True)
class Cell:
    """One clinic and one member."""

    clinic: str
    persona: str
    patient: str = field(repr=False)
    why: str
    reply: Reply
    """The clinic's read of the member's Patient."""

    @property
    def open(self) -> bool:
        """True where the Patient came."""
        return self.reply.resource_type == "Patient"


@dataclass(frozen=True)
class Matrix:
    """What every clinic was given, of everybody whose id can be told."""

    cells: tuple[Cell, ...]
    entries: Mapping[str, Entry]
    """By clinic."""
    patients: Mapping[str, tuple[Reply, ...]]
    """By clinic, its search for Patients."""
    claims: Mapping[str, Reply]
    """By clinic, its search for the claims of everybody, named one by one."""
    nobody: Mapping[str, Reply]
    """By clinic, its read of a Patient that isn't there."""
    refused: tuple[str, ...] = ()
    """Clinics that were given no token."""

    def having(self, reason: str) -> tuple[Cell, ...]:
        """Cells of one reason."""
        return tuple(cell for cell in self.cells if cell.why == reason)

    def must_serve_somebody(self) -> None:
        """End the check as inconclusive where no clinic got anything: silence says nothing then."""
        inconclusive_unless(
            any(cell.open for cell in self.having(SHARED)),
            "no clinic was given any member it treats, so that others are closed says nothing",
            *(cell.reply.exchange for cell in self.having(SHARED)[:4]),
        )

    def allowed(self, clinic: str) -> frozenset[str]:
        """Patient ids that a clinic may meet."""
        return frozenset(
            cell.patient for cell in self.cells if cell.clinic == clinic and cell.why == SHARED
        )

    def withheld(self, clinic: str) -> frozenset[str]:
        """Patient ids that a clinic may not meet, of those that can be told."""
        return frozenset(
            cell.patient for cell in self.cells if cell.clinic == clinic and cell.why != SHARED
        )

    def listed(self, clinic: str) -> tuple[str, ...]:
        """Ids in a clinic's attribution Group; none where it has no such Group."""
        return self.entries[clinic].members if clinic in self.entries else ()

    def named(self, reply: Reply) -> Iterator[str]:
        """Ids of the members whom a reply's resources are about."""
        for resource in reply.resources:
            yield from members_of(resource)


def matrix(session: RunSession) -> Matrix:
    """Let every clinic look for everybody."""
    target = session.target
    known = whereabouts(session).ids
    people = [target.persona(name) for name in known]
    cells: list[Cell] = []
    entries: dict[str, Entry] = {}
    patients: dict[str, tuple[Reply, ...]] = {}
    claims: dict[str, Reply] = {}
    nobody: dict[str, Reply] = {}
    refused: list[str] = []
    for clinic in target.clinics:
        asking = clinic_of(session, clinic)
        try:
            entries[clinic.id] = entered(session, asking)
        except LoginTrouble:
            refused.append(clinic.id)
            continue
        patients[clinic.id] = listed(session, asking)
        if not clinic.treats and clinic.in_network and offers(asking, MATCH):
            continue  # it may have said, in an earlier run, that it is about to treat somebody
        cells += _row(session, asking, people, known)
        everybody = [("patient", ",".join(known.values())), ("_count", "200")]
        claims[clinic.id] = asking.client.search(CLAIMS, everybody)
        nobody[clinic.id] = asking.client.read("Patient", NOBODY)
    return Matrix(tuple(cells), entries, patients, claims, nobody, tuple(refused))


def _row(
    session: RunSession,
    clinic: Organisation[Clinic],
    people: list[Persona],
    known: Mapping[str, str],
) -> Iterator[Cell]:
    client = clinic.client
    for persona in people:
        patient = known[persona.id]
        reason = why(session.target, clinic.partner, persona)
        reply = client.read("Patient", patient)
        yield Cell(clinic.id, persona.id, patient, reason, reply)
