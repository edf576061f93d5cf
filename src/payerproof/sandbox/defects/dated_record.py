"""Types of the record that are cut at a day of their own, long after the floor of 2016-01-01."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data

_DAYS = (
    "effectiveDateTime",
    "performedDateTime",
    "occurrenceDateTime",
    "authoredOn",
    "onsetDateTime",
    "recordedDate",
    "whenHandedOver",
    "date",
)
_PERIODS = ("period", "performedPeriod", "effectivePeriod")


def _day(row: Resource) -> str:
    """First day of what a resource tells of; empty where it tells none."""
    for name in _DAYS:
        if name in row:
            return str(row[name])[:10]
    periods: list[dict[str, Any]] = [row[name] for name in _PERIODS if name in row]
    return str(periods[0].get("start", ""))[:10] if periods else ""


def _cut(name: str, kind: str, first: str, title: str) -> None:
    """Seed a load of one type that begins with a day."""

    def change(world: World) -> World:
        return world.edit(kind, lambda row: row if not _day(row) or _day(row) >= first else None)

    data(name, "patient_access", "Q-REST-27 AC-04-8", title)(change)


_cut(
    "encounters-since-the-new-system",
    "Encounter",
    "2024-01-01",
    "Encounters begin with the system that replaced the old one, in 2024",
)
_cut(
    "procedures-since-2023",
    "Procedure",
    "2023-01-01",
    "Procedures of the last years are served, and none from before 2023",
)
_cut(
    "observations-of-this-year",
    "Observation",
    "2026-01-01",
    "Observations are served for the current year",
)
_cut(
    "immunizations-of-two-years",
    "Immunization",
    "2025-01-01",
    "Immunizations from before 2025 stay in the State's registry",
)
_cut(
    "prescriptions-of-this-year",
    "MedicationRequest",
    "2026-01-01",
    "Prescriptions from before this year are archived, and not served",
)
_cut(
    "dispenses-of-this-year",
    "MedicationDispense",
    "2026-01-01",
    "What was dispensed before this year is archived, and not served",
)
_cut(
    "conditions-since-2024",
    "Condition",
    "2024-01-01",
    "Diagnoses first recorded before 2024 aren't served, those that go on neither",
)
_cut(
    "reports-of-this-year",
    "DiagnosticReport",
    "2026-01-01",
    "Reports from before this year aren't served",
)
_cut(
    "documents-of-this-year",
    "DocumentReference",
    "2026-01-01",
    "Documents from before this year aren't served",
)


@data(
    "undated-conditions-left-out",
    "patient_access",
    "Q-REST-27 AC-04-8",
    "The filter of dates drops what has no date of service: allergies, goals, devices",
)
def _undated(world: World) -> World:
    for kind in ("AllergyIntolerance", "Goal", "Device", "CareTeam"):
        world = world.edit(kind, lambda row: row if _day(row) else None)
    return world


def _codes(benefit: Resource) -> str:
    return str(benefit["type"])


def _medicare(world: World) -> frozenset[str]:
    """Patient ids of members of a Medicare Advantage plan (source of payment 111)."""
    return frozenset(
        one["beneficiary"]["reference"].partition("/")[2]
        for one in world.resources("Coverage")
        if one["type"]["coding"][0]["code"] == "111"
    )


def _drugs(name: str, title: str, keeps_from: str) -> None:
    def change(world: World) -> World:
        members = _medicare(world)

        def kept(claim: Resource) -> Resource | None:
            drug = "pharmacy" in _codes(claim) and world.patient_of(claim) in members
            day = min(str(line.get("servicedDate")) for line in claim["item"])
            return None if drug and day < keeps_from else claim

        return world.edit_claims(kept)

    data(name, "patient_access", "AC-04-8 AC-02-6", title)(change)


_drugs(
    "part-d-claims-of-the-former-manager",
    "Drug claims of Medicare members begin with the new benefit manager, at New Year 2026",
    "2026-01-01",
)
_drugs(
    "part-d-claims-left-with-the-manager",
    "Drug claims of Medicare members stay with the benefit manager; other members' are served",
    "9999",
)
