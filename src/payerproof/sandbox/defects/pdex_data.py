"""Devices, dispensed drugs and Provenance otherwise than PDex's profiles want them.

Written from PDex 2.1.0, the profiles pdex-device, pdex-medicationdispense and pdex-provenance, and
from R4's words on meta.profile and supportedProfile.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payerproof.sandbox.data.coding import PDEX, concept
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, seed, with_fhir
from payerproof.sandbox.fhir.call import FaceFacts
from payerproof.sandbox.tenant import TenantSpec

_AREA = "patient_access"
_PROFILES = "PDex:profiles"
_FORMAT = PDEX + "CodeSystem/ProvenancePayerDataSource"
_LISTED = {"pdex-device", "pdex-medicationdispense", "pdex-provenance"}
Change = Callable[[Resource], Resource]


def _seed(name: str, title: str, kind: str, change: Change, *, lawful: bool = False) -> None:
    def edited(world: World) -> World:
        return world.edit(kind, change)

    data(name, _AREA, _PROFILES, title, lawful=lawful)(edited)


def _without_ndc(one: Resource) -> Resource:
    drug = dict(one["medicationCodeableConcept"])
    drug["coding"] = [row for row in drug["coding"] if "rxnorm" in row["system"]]
    return {**one, "medicationCodeableConcept": drug}


def _unnamed(one: Resource) -> Resource:
    meta = dict(one["meta"])
    meta["profile"] = [row for row in meta["profile"] if not row.startswith(PDEX)]
    return {**one, "meta": meta}


def _of_own_format(one: Resource) -> Resource:
    for entity in one.get("entity", ()):
        for extension in entity.get("extension", ()):
            extension["valueCodeableConcept"] = concept(_FORMAT, "claims-system-7")
    return one


def _by_somebody_gone(one: Resource) -> Resource:
    for agent in one["agent"]:
        agent["who"] = {"reference": "Organization/retired-system"}
    return one


def _dropping(name: str) -> Change:
    return lambda one: {key: value for key, value in one.items() if key != name}


_seed(
    "dispenses-without-ndc",
    "Dispensed drugs name PDex's profile and have no NDC, which it demands",
    "MedicationDispense",
    _without_ndc,
)
_seed(
    "provenance-of-own-format",
    "The format that a resource was made from is a code that PDex's list doesn't have",
    "Provenance",
    _of_own_format,
)
_seed(
    "provenance-by-somebody-gone",
    "Provenance names organizations that can't be read",
    "Provenance",
    _by_somebody_gone,
)
_seed(
    "dispenses-listed-and-not-served",
    "The statement lists PDex's profile of dispensed drugs; none names it or has an NDC",
    "MedicationDispense",
    lambda one: _unnamed(_without_ndc(one)),
)
_seed(
    "substitution-never-told",
    "No dispensed drug tells whether it was substituted",
    "MedicationDispense",
    _dropping("substitution"),
)
_seed(
    "devices-without-distinct-identifier",
    "No device has its distinct identification code",
    "Device",
    _dropping("distinctIdentifier"),
)


def _unlisted(statement: dict[str, Any], _face: FaceFacts) -> dict[str, Any]:
    made = copy.deepcopy(statement)
    for one in made["rest"][0]["resource"]:
        listed = one.get("supportedProfile", [])
        kept = [row for row in listed if row.rpartition("/")[2] not in _LISTED]
        one.update({"supportedProfile": kept} if listed else {})
    return made


def _unprofiled(world: World) -> World:
    """The same resources as US Core alone wants them."""
    world = world.edit("Device", lambda one: _dropping("distinctIdentifier")(_unnamed(one)))
    world = world.edit("MedicationDispense", lambda one: _unnamed(_without_ndc(one)))
    return world.edit("Provenance", _unnamed)


def _us_core_alone(spec: TenantSpec) -> TenantSpec:
    spec = replace(spec, reshape=(*spec.reshape, _unprofiled))
    return with_fhir(spec, {"capability": _unlisted})


seed(
    "us-core-without-pdex",
    _AREA,
    _PROFILES,
    "Devices, dispensed drugs and Provenance follow US Core alone; nothing lists PDex's profiles",
    _us_core_alone,
    lawful=True,
)
