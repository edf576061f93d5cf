"""Codes and people without a name, links by other names, and extensions of the payer's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payerproof.sandbox.data.coding import NDC, NPI
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, seed, with_fhir
from payerproof.sandbox.fhir import paging
from payerproof.sandbox.fhir.call import Asked, Call
from payerproof.sandbox.tenant import TenantSpec

AREA = "quirks"
OWN = "https://payer.sandbox.example/fhir/StructureDefinition/"


def _everywhere(world: World, change: Callable[[Any], Any]) -> World:
    for kind in world.types:
        world = world.edit(kind, change)
    return world


def _unnamed(value: Any, systems: tuple[str, ...]) -> Any:
    """A value whose codes of these systems (none: all) have neither display nor text."""
    if isinstance(value, list):
        return [_unnamed(one, systems) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _unnamed(one, systems) for name, one in value.items()}
    codings = made.get("coding", ())
    if any(not systems or one.get("system") in systems for one in codings):
        made.pop("text", None)
    if "code" in made and "system" in made and (not systems or made["system"] in systems):
        made.pop("display", None)
    return made


@data(
    "drug-codes-without-names",
    AREA,
    "Q-DATA-04",
    "Drugs are told by their NDC alone: no display and no text, so that apps need a dictionary",
)
def _drugs(world: World) -> World:
    return _everywhere(world, lambda row: _unnamed(row, (NDC,)))


@data(
    "codes-without-names",
    AREA,
    "Q-DATA-04",
    "No code has a display, and no concept a text",
)
def _codes(world: World) -> World:
    return _everywhere(world, lambda row: _unnamed(row, ()))


def _nameless(kind: str) -> Callable[[World], World]:
    def change(world: World) -> World:
        def bare(row: Resource) -> Resource:
            known = any(one.get("system") == NPI for one in row.get("identifier", ()))
            return {k: v for k, v in row.items() if k != "name"} if known else row

        return world.edit(kind, bare)

    return change


data(
    "practitioners-by-number-alone",
    AREA,
    "Q-DATA-04",
    "Practitioners are served with their NPI and without their name",
)(_nameless("Practitioner"))
data(
    "organizations-by-number-alone",
    AREA,
    "Q-DATA-04",
    "Organizations are served with their NPI and without their name",
)(_nameless("Organization"))


@data(
    "extensions-of-the-plans-own",
    AREA,
    "Q-DATA-15",
    "Members and coverages carry extensions whose definitions are published nowhere",
    lawful=True,
)
def _own(world: World) -> World:
    def tagged(row: Resource) -> Resource:
        more = {"url": OWN + "line-of-business", "valueString": "north"}
        return {**row, "extension": [*row.get("extension", ()), more]}

    for kind in ("Patient", "Coverage", "Encounter"):
        world = world.edit(kind, tagged)
    return world


def _renamed(call: Call, asked: Asked, key: str, size: int, matched: int) -> Any:
    links = paging.page_links(call, asked, key, size, matched)
    return [("prev" if name == "previous" else name, url) for name, url in links]


def _in_small_pages(spec: TenantSpec) -> TenantSpec:
    small = replace(spec, face=replace(spec.face, page_size=5))
    return with_fhir(small, {"page_links": _renamed})


seed(
    "small-pages-with-prev",
    AREA,
    "Q-REST-07",
    "Pages hold five entries, and the link back to an earlier one is called prev",
    _in_small_pages,
    lawful=True,
)
