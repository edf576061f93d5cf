"""Where money hides in records that clinics may have.

It stands beside the world that members see: `with_partner_records` lays it over.
"""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from payerproof.sandbox.data.authorizations import authorization_tables
from payerproof.sandbox.data.coding import THO, Json, concept
from payerproof.sandbox.data.maker import instant
from payerproof.sandbox.data.world import World

AMOUNT_HELD = "https://payer.sandbox.example/fhir/StructureDefinition/amount-paid"
DOCUMENT_KINDS = "https://payer.sandbox.example/document-kind"
LogicalIds = Callable[[str, str], str]

_laid: WeakKeyDictionary[World, World] = WeakKeyDictionary()


def with_partner_records(world: World, logical_id: LogicalIds) -> World:
    """Lay what only clinics and payers could be told of over a world; made once per world."""
    if world not in _laid:
        facts = authorization_tables()["planted"]
        _laid[world] = world.with_resources(*_planted(world, logical_id, facts))
    return _laid[world]


def _planted(world: World, logical_id: LogicalIds, facts: Mapping[str, Any]) -> list[Json]:
    """Put amounts where a list of paths would not look for them."""
    member, number = facts["claim"]["member"], facts["claim"]["n"]
    claim_id = logical_id("ExplanationOfBenefit", f"{member}/claim/{number}")
    found = world.resource("ExplanationOfBenefit", claim_id)
    made: list[Json] = []
    if found is not None:
        claim = copy.deepcopy(found)
        claim["processNote"] = [{"number": 1, "type": "display", "text": facts["note"]}]
        amount = {"value": facts["extension"], "currency": "USD"}
        claim["extension"] = [{"url": AMOUNT_HELD, "valueMoney": amount}]
        made.append(claim)
        made += _remittance(world, logical_id, member, number, facts["remittance"])
    for one in facts["coverages"]:
        coverage = next(iter(world.record(world.people[one].patient, "Coverage")), None)
        if coverage is not None:
            share = {"value": facts["copay"], "currency": "USD"}
            kind = concept(THO + "coverage-copay-type", "gpvisit")
            cost = [{"type": kind, "valueMoney": share}]
            made.append({**coverage, "costToBeneficiary": cost})
    return made


def _remittance(
    world: World, logical_id: LogicalIds, member: str, number: int, text: str
) -> list[Json]:
    key, day = f"{member}/remittance/{number}", date(2023, 3, 4)
    meta = {"versionId": "1", "lastUpdated": instant(day, 16, 7)}
    binary: Json = {
        "resourceType": "Binary",
        "id": logical_id("Binary", key),
        "meta": meta,
        "contentType": "text/plain",
        "data": b64encode(text.encode()).decode(),
    }
    document: Json = {
        "resourceType": "DocumentReference",
        "id": logical_id("DocumentReference", key),
        "meta": meta,
        "status": "current",
        "type": concept(DOCUMENT_KINDS, "remittance-advice"),
        "subject": {"reference": f"Patient/{world.people[member].patient}"},
        "date": instant(day, 16),
        "content": [{"attachment": {"contentType": "text/plain", "url": f"Binary/{binary['id']}"}}],
    }
    return [binary, document]
