"""MA-PD: the formulary with its tiers and what has to be done before a drug is paid.

42 CFR 422.119(b)(2)(ii); US Drug Formulary 2.1.0, profiles FormularyItem and PayerInsurancePlan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.claims import codes, mappings
from payerproof.suite import (
    OpenApi,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

Row = Mapping[str, Any]
LIMITS = {
    "prior-authorization": "usdf-PriorAuthorization-extension",
    "step-therapy": "usdf-StepTherapyLimit-extension",
    "quantity-limit": "usdf-QuantityLimit-extension",
}
TIER = "usdf-DrugTierID-extension"
PLAN = "usdf-PayerInsurancePlan"


@check("patient-access.formulary-ma-pd/tiers", needs=("formulary",))
def test_each_drug_has_its_tier(formulary: OpenApi) -> None:
    """Each drug of the formulary names its tier, and a plan tells what the tier costs."""
    # given the drugs of each plan, and the tiers that plans put a price on
    items = _items(formulary)
    plans = [row for row in formulary.known("InsurancePlan") if PLAN in str(row.get("meta"))]
    not_applicable_unless(plans, "The formulary shows no plan.")
    priced = {tier for plan in plans for tier in _priced(plan)}
    # when tiers are looked for
    without = [row for row in items if not _tiers(row)]
    unpriced = {tier for row in items for tier in _tiers(row)} - priced
    # then each drug has one, and each has its cost
    expect.that(
        not without and not unpriced,
        f"a tier for each of {len(items)} drugs, and what it costs",
        f"{len(without)} without a tier, {len(unpriced)} tiers without a cost",
        *_from(formulary),
    )


@check("patient-access.formulary-ma-pd/utilization-management", needs=("formulary",))
@each("limit", tuple(LIMITS))
def test_limits_are_told(formulary: OpenApi, limit: str) -> None:
    """The formulary tells which drugs need an authorization, a step before, or have a limit."""
    items = _items(formulary)
    told = [row for row in items if any(True for _ in _extensions(row, LIMITS[limit]))]
    expect.that(
        bool(told),
        f"drugs that say whether there is {limit.replace('-', ' ')}",
        f"{len(told)} of {len(items)} say so",
        *_from(formulary),
    )


def _items(formulary: OpenApi) -> list[Row]:
    formulary.must_answer()
    items = [row for row in formulary.known("Basic") if "formulary-item" in codes(row.get("code"))]
    inconclusive_unless(items, "the formulary shows no drug of a plan", *_from(formulary))
    return items


def _extensions(row: Row, name: str) -> Iterator[Row]:
    for one in mappings(row.get("extension")):
        if str(one.get("url") or "").endswith("/" + name):
            yield one


def _tiers(row: Row) -> frozenset[str]:
    return codes([one.get("valueCodeableConcept") for one in _extensions(row, TIER)])


def _priced(plan: Row) -> Iterator[str]:
    for drugs in mappings(plan.get("plan")):
        for cost in mappings(drugs.get("specificCost")):
            for benefit in mappings(cost.get("benefit")):
                yield from codes(benefit.get("type")) if benefit.get("cost") else ()


def _from(formulary: OpenApi) -> tuple[str, ...]:
    return tuple(page.exchange for page in formulary.pages("Basic"))
