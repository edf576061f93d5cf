"""The drug formulary as Drug Formulary 2.1.0 resources, from the drugs of the fixtures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from payerproof.sandbox.data.build import shipped_facts
from payerproof.sandbox.data.coding import RXNORM, THO, Json, concept, reference
from payerproof.sandbox.data.network import postal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.faces import Face
from payerproof.sandbox.public.tables import (
    FORMULARY,
    ITEM_BENEFIT,
    ITEM_FORMULARY,
    ITEM_PERIOD,
    ITEM_STATUS,
    ITEM_TIER,
    PLAN_NET,
    USDF,
)

UPDATED = "2026-11-10T05:00:00Z"
_PERIOD = {"start": "2026-01-01", "end": "2026-12-31"}
_TIERS = FORMULARY + "CodeSystem/usdf-DrugTierCS-TEMPORARY-TRIAL-USE"
_BENEFITS = FORMULARY + "CodeSystem/usdf-PharmacyBenefitTypeCS-TEMPORARY-TRIAL-USE"
_COSTS = (("generic", 5), ("preferred-brand", 35), ("specialty", 120))
"""Tiers with the copayment of a month, in dollars."""
_LIMITS = ("PriorAuthorization", "StepTherapyLimit", "QuantityLimit")
Ids = Callable[[str, str], str]


@lru_cache(maxsize=16)
def build_formulary(face: Face) -> World:
    """Make the formulary of every plan in the ids of a face."""
    network, ids = shipped_facts().network, face.logical_id
    made: list[Resource] = [_area(ids, network["payer"])]
    made += [_drug(ids, drug) for drug in network["drugs"]]
    for plan in network["plans"]:
        made += [_plan(ids, plan), _formulary(ids, plan)]
        made += [_item(ids, plan, drug, at) for at, drug in enumerate(network["drugs"])]
    return World({}, made)


def _resource(ids: Ids, kind: str, key: str, profile: str, elements: Json) -> Resource:
    return {
        "resourceType": kind,
        "id": ids(kind, f"formulary/{key}"),
        "meta": {"versionId": "1", "lastUpdated": UPDATED, "profile": [USDF + profile]},
        **elements,
    }


def _ref(ids: Ids, kind: str, key: str) -> Json:
    return reference(kind, ids(kind, f"formulary/{key}"))


def _area(ids: Ids, payer: Mapping[str, Any]) -> Resource:
    elements = {"status": "active", "name": "Service area", "address": postal(payer["address"])}
    return _resource(ids, "Location", "area", "InsurancePlanLocation", elements)


def _drug(ids: Ids, drug: Mapping[str, Any]) -> Resource:
    code = {"system": RXNORM, "code": drug["rxnorm"], "display": drug["text"]}
    form = concept("https://payer.sandbox.example/dose-form", drug["text"].split()[-1])
    elements = {"code": {"coding": [code]}, "status": "active", "doseForm": form}
    return _resource(ids, "MedicationKnowledge", drug["key"], "FormularyDrug", elements)


def _identifier(value: str) -> list[Json]:
    return [{"system": "https://payer.sandbox.example/plan", "value": value}]


def _plan(ids: Ids, plan: Mapping[str, Any]) -> Resource:
    products = {"111": "mediadvhmo", "511": "qhp", "211": "medi"}
    formulary = _ref(ids, "InsurancePlan", f"{plan['key']}/drugs")
    drug = concept(THO + "insurance-plan-type", "drug")
    drug["coding"][0]["display"] = "Drug"  # part of the profile's pattern
    share = {"type": concept(_TIERS, _COSTS[-1][0]), "cost": [_coinsurance(20)]}
    contact = {
        "name": {"text": "Member services"},
        "telecom": [{"system": "phone", "value": "202-555-0100"}],
    }
    cost = {
        "category": concept(_BENEFITS, "1-month-in-retail"),
        "benefit": [
            *(
                {"type": concept(_TIERS, tier), "cost": [_copay(dollars)]}
                for tier, dollars in _COSTS[:-1]
            ),
            share,
        ],
    }
    elements = {
        "identifier": _identifier(plan["group"]),
        "status": "active",
        "type": [concept(PLAN_NET + "CodeSystem/InsuranceProductTypeCS", products[plan["sopt"]])],
        "name": plan["name"],
        "period": _PERIOD,
        "coverageArea": [_ref(ids, "Location", "area")],
        "contact": [contact],
        "coverage": [
            {
                "extension": [{"url": ITEM_FORMULARY, "valueReference": formulary}],
                "type": concept(THO + "v3-ActCode", "DRUGPOL"),
                "benefit": [{"type": drug}],
            }
        ],
        "plan": [{"type": drug, "specificCost": [cost]}],
    }
    return _resource(ids, "InsurancePlan", plan["key"], "PayerInsurancePlan", elements)


def _coinsurance(percent: int) -> Json:
    options = FORMULARY + "CodeSystem/usdf-CostShareOptionCS-TEMPORARY-TRIAL-USE"
    return {
        "type": concept(
            FORMULARY + "CodeSystem/usdf-BenefitCostTypeCS-TEMPORARY-TRIAL-USE", "coinsurance"
        ),
        "qualifiers": [concept(options, "after-deductible")],
        "value": {
            "value": percent,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    }


def _copay(dollars: int) -> Json:
    options = FORMULARY + "CodeSystem/usdf-CostShareOptionCS-TEMPORARY-TRIAL-USE"
    return {
        "type": concept(
            FORMULARY + "CodeSystem/usdf-BenefitCostTypeCS-TEMPORARY-TRIAL-USE", "copay"
        ),
        "qualifiers": [concept(options, "after-deductible")],
        "value": {"value": dollars, "unit": "$", "system": "urn:iso:std:iso:4217", "code": "USD"},
    }


def _formulary(ids: Ids, plan: Mapping[str, Any]) -> Resource:
    elements = {
        "identifier": _identifier(f"{plan['group']}-DRUGS"),
        "status": "active",
        "type": [concept(THO + "v3-ActCode", "DRUGPOL")],
        "name": f"Drugs of {plan['name']}",
        "period": _PERIOD,
    }
    return _resource(ids, "InsurancePlan", f"{plan['key']}/drugs", "Formulary", elements)


def _managed(at: int) -> list[Json]:
    """What has to be done before a drug is paid: by turns nothing, or one of the three limits."""
    return [
        {"url": f"{USDF}{name}-extension", "valueBoolean": at % 4 == turn}
        for turn, name in enumerate(_LIMITS, start=1)
    ]


def _item(ids: Ids, plan: Mapping[str, Any], drug: Mapping[str, Any], at: int) -> Resource:
    formulary = _ref(ids, "InsurancePlan", f"{plan['key']}/drugs")
    retail = concept(_BENEFITS, "1-month-in-retail")
    elements = {
        "extension": [
            {"url": ITEM_FORMULARY, "valueReference": formulary},
            {"url": ITEM_STATUS, "valueCode": "active"},
            {"url": ITEM_PERIOD, "valuePeriod": _PERIOD},
            {"url": ITEM_BENEFIT, "valueCodeableConcept": retail},
            {
                "url": ITEM_TIER,
                "valueCodeableConcept": concept(_TIERS, _COSTS[at % len(_COSTS)][0]),
            },
            *_managed(at),
        ],
        "code": concept(FORMULARY + "CodeSystem/usdf-InsuranceItemTypeCS", "formulary-item"),
        "subject": _ref(ids, "MedicationKnowledge", drug["key"]),
    }
    return _resource(ids, "Basic", f"{plan['key']}/{drug['key']}", "FormularyItem", elements)
