"""Prior authorizations (PDex 2.2.0), and where money hides in records that clinics may have.

These stand beside the world that members see: `with_partner_records` lays them over it.
"""

from __future__ import annotations

import copy
import tomllib
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from payerproof.sandbox.data.coding import (
    ACT_CODE,
    CARC,
    CONFIDENTIALITY,
    HCPCS,
    ICD10,
    THO,
    Json,
    coding,
    concept,
)
from payerproof.sandbox.data.facts import fixtures_folder
from payerproof.sandbox.data.maker import instant
from payerproof.sandbox.data.world import World

PDEX = "http://hl7.org/fhir/us/davinci-pdex/"
PRIOR_AUTHORIZATION = PDEX + "StructureDefinition/pdex-priorauthorization"
AMOUNT_HELD = "https://payer.sandbox.example/fhir/StructureDefinition/amount-paid"
DOCUMENT_KINDS = "https://payer.sandbox.example/document-kind"
LogicalIds = Callable[[str, str], str]

_REVIEW = {"approved": "A1", "denied": "A3", "pended": "A4"}
_laid: WeakKeyDictionary[World, World] = WeakKeyDictionary()


@lru_cache(maxsize=1)
def authorization_facts() -> Mapping[str, Any]:
    """Read the fixture, once per process."""
    path = fixtures_folder() / "payers" / "authorizations.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def with_partner_records(world: World, logical_id: LogicalIds) -> World:
    """Lay what only clinics and payers are told of over a world; made once per world."""
    if world not in _laid:
        facts = authorization_facts()
        made: list[Json] = []
        for row in facts["authorizations"]:
            if world.people[row["member"]].patient and _coverage(world, row["member"]):
                made += _authorization(world, logical_id, row)
        made += _planted(world, logical_id, facts["planted"])
        _laid[world] = world.with_resources(*made)
    return _laid[world]


def _coverage(world: World, member: str) -> Json | None:
    return next(iter(world.record(world.people[member].patient, "Coverage")), None)


def _patient(world: World, member: str) -> Json:
    return {"reference": f"Patient/{world.people[member].patient}"}


def _meta(day: date, spread: int, profiles: list[str], sensitivity: str = "") -> Json:
    meta: Json = {"versionId": "1", "lastUpdated": instant(day, 16, spread), "profile": profiles}
    if sensitivity == "part2":
        meta["security"] = [coding(CONFIDENTIALITY, "R"), coding(ACT_CODE, "42CFRPart2")]
    return meta


def _authorization(world: World, logical_id: LogicalIds, row: Mapping[str, Any]) -> list[Json]:
    key, decided = f"{row['member']}/authorization/{row['n']}", row["decided"]
    coverage = _coverage(world, row["member"])
    assert coverage is not None
    problem = _problem(row["diagnosis"])
    claim: Json = {
        "resourceType": "ExplanationOfBenefit",
        "id": logical_id("ExplanationOfBenefit", key),
        "meta": _meta(decided, row["n"], [PRIOR_AUTHORIZATION], row.get("sensitivity", "")),
        "identifier": [
            {
                "system": "https://payer.sandbox.example/authorization-number",
                "value": f"PA-{world.people[row['member']].member_number[3:]}-{row['n']}",
            }
        ],
        "status": "active",
        "type": concept(THO + "claim-type", "professional"),
        "use": "preauthorization",
        "patient": _patient(world, row["member"]),
        "created": decided.isoformat(),
        "insurer": {"reference": f"Organization/{logical_id('Organization', 'payer')}"},
        "provider": {"reference": f"Organization/{logical_id('Organization', row['provider'])}"},
        "outcome": "queued" if row["status"] == "pended" else "complete",
        "diagnosis": [
            {"sequence": 1, "diagnosisCodeableConcept": concept(ICD10, problem["icd10"])}
        ],
        "insurance": [{"focal": True, "coverage": {"reference": f"Coverage/{coverage['id']}"}}],
        "item": [_item(row)],
    }
    if row["status"] == "approved":
        claim["preAuthRef"] = [claim["identifier"][0]["value"]]
        period = {"start": decided.isoformat(), "end": row["until"].isoformat()}
        claim["preAuthRefPeriod"] = [period]
    if "document" not in row:
        return [claim]
    return [claim, *_document(world, logical_id, row["member"], key, decided, row["document"])]


def _problem(key: str) -> Mapping[str, str]:
    from payerproof.sandbox.data.build import shipped_facts

    return shipped_facts().problems[key]


def _item(row: Mapping[str, Any]) -> Json:
    extension = PDEX + "StructureDefinition/extension-"
    decision = {
        "url": extension + "reviewAction",
        "extension": [
            {
                "url": extension + "reviewActionCode",
                "valueCodeableConcept": concept(
                    "https://codesystem.x12.org/005010/306", _REVIEW[row["status"]]
                ),
            }
        ],
    }
    kinds = PDEX + "CodeSystem/PDexAdjudicationDiscriminator"
    adjudication: list[Json] = []
    if row["status"] == "approved":
        units = {"category": concept(kinds, "allowedunits"), "value": 1}
        adjudication.append({"extension": [decision], **units})
    if "reason" in row:
        why = {"category": concept(kinds, "denialreason"), "reason": concept(CARC, row["reason"])}
        adjudication.append({"extension": [decision], **why})
    if "submitted" in row:
        amount = {"value": row["submitted"], "currency": "USD"}
        submitted = concept(THO + "adjudication", "submitted")
        adjudication.append({"extension": [decision], "category": submitted, "amount": amount})
    item: Json = {"sequence": 1, "productOrService": concept(HCPCS, row["code"])}
    return {**item, "adjudication": adjudication} if adjudication else item


def _document(
    world: World,
    logical_id: LogicalIds,
    member: str,
    key: str,
    day: date,
    text: str,
    kind: str = "",
) -> list[Json]:
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
        "type": concept(DOCUMENT_KINDS, kind or "authorization-attachment"),
        "subject": _patient(world, member),
        "date": instant(day, 16),
        "content": [{"attachment": {"contentType": "text/plain", "url": f"Binary/{binary['id']}"}}],
    }
    return [binary, document]


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
        key, day = f"{member}/remittance/{number}", date(2023, 3, 4)
        text = facts["remittance"]
        made += _document(world, logical_id, member, key, day, text, "remittance-advice")
    for one in facts["coverages"]:
        coverage = _coverage(world, one)
        if coverage is not None:
            share = {"value": facts["copay"], "currency": "USD"}
            kind = concept(THO + "coverage-copay-type", "gpvisit")
            cost = [{"type": kind, "valueMoney": share}]
            made.append({**coverage, "costToBeneficiary": cost})
    return made
