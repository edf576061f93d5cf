"""Odd but lawful: data in another order or written otherwise."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data


@data(
    "rows-in-another-order",
    "patient_access",
    "Q-REST-05",
    "Searches without _sort give their rows in the reverse of the usual order",
    lawful=True,
)
def _reversed(world: World) -> World:
    rows = [row for kind in world.types for row in world.resources(kind)]
    return World(world.people, reversed(rows))


def _everywhere(world: World, change: Callable[[Resource], Resource]) -> World:
    for kind in world.types:
        world = world.edit(kind, change)
    return world


@data(
    "narratives-left-out",
    "patient_access",
    "Q-DATA-21 N-LEAK-09",
    "Resources have no narrative",
    lawful=True,
)
def _no_text(world: World) -> World:
    def change(resource: Resource) -> Resource:
        return {name: value for name, value in resource.items() if name != "text"}

    return _everywhere(world, change)


@data(
    "versions-counted-on",
    "patient_access",
    "Q-REST-19",
    "Resources are in their seventh version",
    lawful=True,
)
def _seventh(world: World) -> World:
    def change(resource: Resource) -> Resource:
        return {**resource, "meta": {**resource["meta"], "versionId": "7"}}

    return _everywhere(world, change)


@data(
    "created-with-time-and-zone",
    "patient_access",
    "Q-DATA-10 Q-DATA-11",
    "The created date of a claim has a time of day, with its zone",
    lawful=True,
)
def _with_time(world: World) -> World:
    def change(claim: Resource) -> Resource:
        return {**claim, "created": f"{claim['created']}T12:00:00Z"}

    return world.edit_claims(change)


@data(
    "names-in-capitals",
    "patient_access",
    "Q-DATA-21",
    "The names of members are kept in capitals, as the old system wrote them",
    lawful=True,
)
def _in_capitals(world: World) -> World:
    def change(patient: Resource) -> Resource:
        name = patient["name"][0]
        given = [one.upper() for one in name["given"]]
        written = {**name, "family": name["family"].upper(), "given": given}
        return {**patient, "name": [written]}

    return world.edit("Patient", change)
