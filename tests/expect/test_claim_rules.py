"""CARIN Blue Button's rules on claims, kept and broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payerproof.expect import claim_rules

BASE = "https://payer.example/fhir"
COVERAGE = {"resourceType": "Coverage", "id": "c", "payor": [{"reference": "Organization/o"}]}


def _concept(code: str, system: str = "http://s") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _claim(number: str = "1", **more: Any) -> dict[str, Any]:
    plain = {
        "resourceType": "ExplanationOfBenefit",
        "identifier": [{"type": _concept("uc"), "value": number}],
        "status": "active",
        "use": "claim",
        "type": _concept("oral"),
        "outcome": "complete",
        "insurer": {"reference": f"{BASE}/Organization/o"},
        "insurance": [{"focal": True, "coverage": {"reference": "Coverage/c"}}],
        "meta": {"profile": ["http://x/C4BB-ExplanationOfBenefit-Oral|2.1.0"]},
        "total": [{"category": _concept("submitted"), "amount": {"value": 1, "currency": "USD"}}],
    }
    return {**plain, **more}


ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DENIED = {"payment": {"type": _concept("denied")}}
PAID = {"category": _concept("paidtoprovider"), "amount": {"value": 5, "currency": "USD"}}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (claim_rules.without_known_type, _claim(type=_concept("unknown", ABSENT))),
        (claim_rules.without_known_type, _claim(type={"text": "dental"})),
        (claim_rules.not_complete, _claim(outcome="queued")),
        (claim_rules.without_unique_id, _claim(identifier=[{"value": "1"}])),
        (claim_rules.without_one_focus, _claim(insurance=[{"focal": False}])),
        (
            claim_rules.only_basis,
            _claim(meta={"profile": ["http://x/C4BB-ExplanationOfBenefit-Oral-Basis|2.1.0"]}),
        ),
        (claim_rules.without_currency, _claim(total=[{"amount": {"value": 1}}])),
        (claim_rules.denied_and_paid, _claim(**DENIED, adjudication=[PAID])),
    ],
)
def test_a_rule_finds_what_breaks_it(
    rule: Callable[[list[dict[str, Any]]], list[Any]], broken: dict[str, Any]
) -> None:
    assert rule([_claim(), broken]) == [broken]


def test_the_insurer_is_a_payor_of_the_focal_coverage() -> None:
    other = _claim(insurer={"reference": "Organization/p"})
    unknown = _claim(insurance=[{"focal": True, "coverage": {"reference": "Coverage/x"}}])
    assert claim_rules.insured_by_others([_claim(), other, unknown], [COVERAGE], BASE) == [other]


def _link(code: str, number: str) -> list[dict[str, Any]]:
    return [{"relationship": _concept(code), "reference": {"value": number}}]


def test_versions_name_each_other() -> None:
    first = _claim("1", status="cancelled", related=_link("replacedby", "2"))
    second = _claim("2", related=_link("prior", "1"))
    assert claim_rules.has_links([first, second])
    assert not claim_rules.unlinked([first, second])
    assert claim_rules.unlinked([_claim("1"), second])
    assert claim_rules.unlinked([first])
    assert claim_rules.unlinked([first, _claim("2")])


NDC = "http://hl7.org/fhir/sid/ndc"


def _mixed(code: str, product: str, *ingredients: str) -> dict[str, Any]:
    line: dict[str, Any] = {"productOrService": {"coding": [{"code": product}]}}
    if ingredients:
        line["detail"] = [
            {"productOrService": {"coding": [{"system": NDC, "code": one}]}} for one in ingredients
        ]
    category = {"coding": [{"code": "compoundcode"}]}
    info = {"category": category, "code": {"coding": [{"code": code}]}}
    return {"supportingInfo": [info], "item": [line]}


def test_compounds_name_their_ingredients() -> None:
    right = _mixed("2", "compound", "00093-7214-01")
    plain = _mixed("1", "00093-7214-01")
    assert claim_rules.compounds([right, plain]) == [right]
    assert claim_rules.without_ingredients([right, plain]) == []


@pytest.mark.parametrize(
    "claim",
    [
        _mixed("2", "compound"),
        _mixed("2", "00093-7214-01", "00093-7214-01"),
        _mixed("1", "compound", "00093-7214-01"),
    ],
)
def test_compounds_that_do_not_are_told(claim: dict[str, Any]) -> None:
    assert claim_rules.without_ingredients([claim]) == [claim]
