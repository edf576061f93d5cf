"""Claims that break rules of CARIN Blue Button on lines: numbers, revenue codes, networks."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.data.coding import concept
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data

AREA = "carin_bb"
CITES = "AC-02-6"
_NETWORKS = ("billingnetworkstatus", "renderingnetworkstatus", "benefitpaymentstatus")


@data(
    "care-team-renumbered-at-export",
    AREA,
    CITES,
    "The care team is sorted and numbered anew, from ten on; lines keep the former numbers",
)
def _renumbered(world: World) -> World:
    def change(claim: Resource) -> Resource:
        for at, row in enumerate(claim.get("careTeam", ())):
            row["sequence"] = 10 * (at + 1)
        return claim

    return world.edit_claims(change)


@data(
    "supporting-info-of-lines-dropped",
    AREA,
    CITES,
    "Supporting information is left out for its length; lines still point at its rows",
)
def _dropped(world: World) -> World:
    def change(claim: Resource) -> Resource:
        rows = [row["sequence"] for row in claim.get("supportingInfo", ())]
        for line in claim.get("item", ()):
            if rows:
                line.setdefault("informationSequence", rows[-1:])
        if rows:
            claim["supportingInfo"] = claim["supportingInfo"][:-1]
        if not claim.get("supportingInfo"):
            claim.pop("supportingInfo", None)
        return claim

    return world.edit_claims(change)


@data(
    "pharmacy-claims-with-revenue-codes",
    AREA,
    CITES,
    "Drug claims carry the revenue code for pharmacy that hospital claims have; no text bars it",
    lawful=True,
)
def _revenue(world: World) -> World:
    def change(claim: Resource) -> Resource:
        if "pharmacy" in str(claim["type"]):
            for line in claim["item"]:
                line["revenue"] = concept("https://www.nubc.org/CodeSystem/RevenueCodes", "0250")
        return claim

    return world.edit_claims(change)


@data(
    "dental-claims-with-text-revenue",
    AREA,
    CITES,
    "The revenue of a dental line says «n/a» where there is none to say",
)
def _not_applicable(world: World) -> World:
    def change(claim: Resource) -> Resource:
        if "oral" in str(claim["type"]):
            for line in claim["item"]:
                line["revenue"] = {"text": "n/a"}
        return claim

    return world.edit_claims(change)


def _said(part: dict[str, Any], code: str) -> dict[str, Any]:
    if not any(name in str(part.get("category")) for name in _NETWORKS):
        return part
    system = part["reason"]["coding"][0]["system"]
    return {**part, "reason": concept(system, code)}


@data(
    "mixed-networks-called-out-of-network",
    AREA,
    CITES,
    "The first line was out of network and the others in it: the claim is called out of network",
)
def _first_line_decides(world: World) -> World:
    def change(claim: Resource) -> Resource:
        lines = claim.get("item", ())
        if len(lines) < 2:
            return claim
        for at, line in enumerate(lines):
            code = "innetwork" if at else "outofnetwork"
            line["adjudication"] = [_said(part, code) for part in line.get("adjudication", ())]
        if "adjudication" in claim:
            claim["adjudication"] = [_said(part, "outofnetwork") for part in claim["adjudication"]]
        return claim

    return world.edit_claims(change)
