"""Defects of claims' lines: what they point at, and how they were paid (CARIN Blue Button)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.sandbox.data.coding import concept
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data

_CLAIMS = "ExplanationOfBenefit"


def _status(code: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change what an adjudication says of the network it was paid in."""

    def changed(part: dict[str, Any]) -> dict[str, Any]:
        if "benefitpaymentstatus" not in str(part.get("category")):
            return part
        system = part["reason"]["coding"][0]["system"]
        return {**part, "reason": concept(system, code)}

    return changed


@data(
    "line-numbers-of-the-old-system",
    "carin_bb",
    "AC-02-6",
    "A line names its diagnoses by the numbers of the old system, which start at a hundred",
)
def _old_numbers(world: World) -> World:
    def change(claim: Resource) -> Resource:
        for line in claim.get("item", ()):
            if "diagnosisSequence" in line:
                line["diagnosisSequence"] = [100 + n for n in line["diagnosisSequence"]]
        return claim

    return world.edit(_CLAIMS, change)


@data(
    "oral-claims-with-revenue-codes",
    "carin_bb",
    "AC-02-6",
    "The mapping of hospital claims fills the revenue code of dental claims too",
)
def _revenue(world: World) -> World:
    def change(claim: Resource) -> Resource:
        if "oral" in str(claim["type"]):
            for line in claim["item"]:
                line["revenue"] = concept("https://www.nubc.org/CodeSystem/RevenueCodes", "0512")
        return claim

    return world.edit(_CLAIMS, change)


@data(
    "mixed-networks-called-in-network",
    "carin_bb",
    "AC-02-6",
    "A claim with lines in and out of network is called in network as a whole",
)
def _mixed(world: World) -> World:
    def change(claim: Resource) -> Resource:
        for at, line in enumerate(claim.get("item", ())):
            code = "outofnetwork" if at % 2 else "innetwork"
            line["adjudication"] = list(map(_status(code), line.get("adjudication", ())))
        if "adjudication" in claim:
            claim["adjudication"] = list(map(_status("innetwork"), claim["adjudication"]))
        return claim

    return world.edit(_CLAIMS, change)
