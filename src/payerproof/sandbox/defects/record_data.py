"""The rest of the record: results, allergies, coverage, identifiers and update times."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, edited

_EOB = "ExplanationOfBenefit"


def _edited(
    name: str,
    cites: str,
    title: str,
    kind: str,
    change: Callable[[Resource], Resource | None],
) -> None:
    """Seed a mapping that writes every resource of a type otherwise."""
    data(name, "patient_access", cites, title)(lambda world: edited(world, kind, change))


def _no_unit(observation: Resource) -> Resource:
    if "laboratory" in str(observation["category"]) and "valueQuantity" in observation:
        value = observation["valueQuantity"]["value"]
        return {**observation, "valueQuantity": {"value": value}}
    return observation


_edited(
    "laboratory-without-unit",
    "AC-02-6 Q-DATA-16",
    "Laboratory results are bare numbers without unit",
    "Observation",
    _no_unit,
)


def _no_laboratory(observation: Resource) -> Resource | None:
    return None if "laboratory" in str(observation["category"]) else observation


_edited(
    "laboratory-left-out",
    "AC-02-6 Q-REST-28",
    "Laboratory results are not loaded",
    "Observation",
    _no_laboratory,
)

_edited(
    "allergies-left-out",
    "AC-02-6 Q-REST-28",
    "Allergies are kept by the plan and not served",
    "AllergyIntolerance",
    lambda _resource: None,
)


def _unclassed(coverage: Resource) -> Resource:
    return {key: value for key, value in coverage.items() if key != "class"}


_edited(
    "coverage-without-class",
    "Q-DATA-28",
    "Coverage doesn't say which group and plan it is",
    "Coverage",
    _unclassed,
)


def _untyped(encounter: Resource) -> Resource:
    return {key: value for key, value in encounter.items() if key != "type"}


_edited(
    "encounters-without-type",
    "Q-DATA-09",
    "Encounters name the US Core profile and leave out the type that it requires",
    "Encounter",
    _untyped,
)


def _unknown_number(patient: Resource) -> Resource:
    return {**patient, "identifier": [{**patient["identifier"][0], "value": "unknown"}]}


_edited(
    "member-number-unknown",
    "Q-DATA-13",
    "The member number of every Patient is the word unknown",
    "Patient",
    _unknown_number,
)


def _dangling(claim: Resource) -> Resource:
    return {**claim, "facility": {"reference": "Location/facility-of-record"}}


_edited(
    "facility-reference-dangles",
    "Q-REST-24",
    "Claims refer to a Location that the server advertises and doesn't have",
    _EOB,
    _dangling,
)


def _loaded_at_once(world: World) -> World:
    def change(resource: Resource) -> Resource:
        meta = {**resource["meta"], "lastUpdated": "2026-11-21T03:00:00Z"}
        return {**resource, "meta": meta}

    for kind in world.types:
        world = world.edit(kind, change)
    return world


data(
    "all-updated-by-nightly-load",
    "patient_access",
    "Q-REST-19",
    "Every resource was last updated in the moment of the nightly load",
    twin="versions-counted-on",
)(_loaded_at_once)


def _with_offset(world: World) -> World:
    def change(resource: Resource) -> Resource:
        written = str(resource["meta"]["lastUpdated"]).replace("Z", "+00:00")
        return {**resource, "meta": {**resource["meta"], "lastUpdated": written}}

    for kind in world.types:
        world = world.edit(kind, change)
    return world


data(
    "instants-with-offset",
    "patient_access",
    "Q-DATA-11 Q-REST-19",
    "Instants are written with the offset +00:00 and not with Z",
    lawful=True,
)(_with_offset)
