"""PDex's profiles of what it adds to US Core: devices, dispensed drugs, and where data came from.

A payer is held to them where resources name them, or its CapabilityStatement lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payerproof.expect.advertised import resources_of
from payerproof.expect.must_support import Unseen, unseen
from payerproof.expect.profiles import PDEX, named
from payerproof.guides.duties import Duties
from payerproof.guides.library import DEFAULTS

KINDS: Mapping[str, str] = {
    "Device": "pdex-device",
    "MedicationDispense": "pdex-medicationdispense",
    "Provenance": "pdex-provenance",
}
"""Type -> last step of the address of its profile."""

_VERSION = DEFAULTS["hl7.fhir.us.davinci-pdex"]
Row = Mapping[str, Any]


def profile_of(kind: str) -> str:
    """Address of the profile of a type."""
    return f"{PDEX}StructureDefinition/{KINDS[kind]}"


def lists_profile(statement: Row, kind: str) -> bool:
    """Whether a CapabilityStatement lists the profile of a type as supported."""
    listed = resources_of(statement).get(kind, {}).get("supportedProfile") or []
    return any(str(one).partition("|")[0] == profile_of(kind) for one in listed)


def naming(rows: Sequence[Row], kind: str) -> list[Row]:
    """Those that name the profile of their type."""
    address = profile_of(kind)
    return [row for row in rows if any(one.partition("|")[0] == address for one in named(row))]


def never_seen(rows: Sequence[Row], kind: str) -> Unseen:
    """The must-support elements of a type's profile that none of the resources populates."""
    return unseen(rows, Duties("pdex", _VERSION, {}, (), ()), kind, profile_of(kind))
