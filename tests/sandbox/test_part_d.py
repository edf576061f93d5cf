"""What a plan with Part D owes its members: 42 CFR 422.119(b)(2)."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer
from test_authorizations import rows
from test_public import Anybody

from payerproof.sandbox.faces import FACES

WANTED = ("DrugTierID", "PriorAuthorization", "StepTherapyLimit", "QuantityLimit")


@pytest.mark.parametrize("face", FACES)
def test_drug_claims_tell_what_was_paid_and_what_is_owed(face):
    """(b)(2)(i): adjudicated claims with remittances and cost-sharing."""
    fills = [one for one in rows(DefectPayer(face)) if "'pharmacy'" in str(one["type"])]
    assert len(fills) >= 2
    for one in fills:
        amounts = {row["category"]["coding"][0]["code"]: row["amount"] for row in one["total"]}
        assert amounts["paidtoprovider"]["value"] > 0
        assert amounts["memberliability"]["value"] >= 0
        assert one["item"][0]["productOrService"]["coding"][0]["code"]


@pytest.mark.parametrize("user", ["ada", "bruno", "fay"])
def test_a_members_coverage_leads_to_the_plans_formulary(user):
    """(b)(2)(ii): the drugs of the plan, with tier and utilization management."""
    (coverage,) = DefectPayer("plain").record(user, "Coverage")
    kinds = {one["type"]["coding"][0]["code"]: one["value"] for one in coverage["class"]}
    anybody = Anybody()
    query = f"InsurancePlan?identifier={kinds['group']}&_include=InsurancePlan:formulary-coverage"
    found = anybody.rows("formulary", query)
    formulary = next(one for one in found if "DRUGPOL" in str(one["type"]))
    items = anybody.rows("formulary", f"Basic?formulary=InsurancePlan/{formulary['id']}&_count=100")
    assert items
    for one in items:
        urls = {extension["url"].rpartition("/")[2] for extension in one["extension"]}
        assert {f"usdf-{name}-extension" for name in WANTED} <= urls
    assert "True" in str(items)
