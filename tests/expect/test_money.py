"""Money is found by datatype and by how amounts are written, wherever it stands."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from payerproof.expect.money import all_money, money_in

MONEY = {"value": 12.5, "currency": "USD"}
CLAIM: dict[str, Any] = {
    "resourceType": "ExplanationOfBenefit",
    "use": "claim",
    "item": [
        {"sequence": 1, "quantity": {"value": 2}, "productOrService": {"coding": [{"code": "1"}]}}
    ],
    "text": {"div": "<div><p>Visit of 12.05.2026, 2 units.</p></div>"},
}


def category(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"total": [{"category": category("submitted"), "amount": MONEY}]}, "remittance"),
        ({"payment": {"amount": MONEY}}, "remittance"),
        ({"payment": {"identifier": {"value": "4711"}}}, "remittance"),
        ({"item": [{"net": {"value": 3}}]}, "remittance"),
        (
            {
                "item": [
                    {"detail": [{"adjudication": [{"category": category("copay"), "value": 20}]}]}
                ]
            },
            "cost sharing",
        ),
        ({"extension": [{"url": "https://x/paid-amount", "valueDecimal": 3.5}]}, "remittance"),
        ({"extension": [{"url": "https://x/copay", "valueMoney": MONEY}]}, "cost sharing"),
        ({"contained": [{"resourceType": "Coverage", "costToBeneficiary": []}]}, "cost sharing"),
        ({"text": {"div": "<div>The plan paid <b>$</b> 120.00</div>"}}, "remittance"),
        ({"text": {"div": "<div>Your copay was 20.00</div>"}}, "cost sharing"),
        ({"processNote": [{"text": "Check no. 12 of 1 May"}]}, "remittance"),
        ({"supportingInfo": [{"valueQuantity": {"value": 5, "code": "USD"}}]}, "remittance"),
        ({"benefitBalance": [{"category": category("1")}]}, "cost sharing"),
    ],
)
def test_money_is_found(more: dict[str, Any], kind: str) -> None:
    found = list(money_in({**CLAIM, **more}))
    if "contained" in more:
        found = list(money_in(more["contained"][0]))
    assert {one.kind for one in found} >= {kind}
    assert "12.5" not in str(found)


def test_attachments_and_financial_resources() -> None:
    text = base64.b64encode(b"Remittance advice").decode()
    assert list(money_in({"resourceType": "Binary", "contentType": "text/plain", "data": text}))
    assert list(money_in({"resourceType": "ClaimResponse"}))
    document = {"resourceType": "DocumentReference", "content": [{"attachment": {"data": text}}]}
    assert list(money_in(document))


def test_what_is_no_money_is_left_alone() -> None:
    units = {"category": category("allowedunits"), "value": 2}
    assert not list(money_in({**CLAIM, "item": [{"adjudication": [units]}]}))
    assert not list(
        money_in({"resourceType": "Observation", "valueQuantity": {"value": 5, "code": "mg"}})
    )
    assert not list(money_in({"resourceType": "Procedure", "note": [{"text": "no charge nurse"}]}))


def test_prior_authorizations_may_keep_what_was_asked_for() -> None:
    asked = {"category": category("submitted"), "amount": MONEY}
    paid = {"category": category("benefit"), "amount": MONEY}
    prior = {**CLAIM, "use": "preauthorization", "item": [{"adjudication": [asked]}]}
    assert not list(money_in(prior))
    prior = {**prior, "item": [{"adjudication": [asked, paid]}]}
    assert {one.of_prior_authorization for one in money_in(prior)} == {True}
    assert not all_money([prior])
