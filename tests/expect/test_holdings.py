"""What an export comes to, and that a quick look never misses what a long one finds."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from payerproof.expect.holdings import Holdings, read_holdings
from payerproof.expect.money import money_in
from payerproof.expect.money_sieve import may_tell_of_money
from payerproof.guides.bulk import Settings, judge_files
from tests.guides.people import CLAIM

PLAIN: dict[str, Any] = {
    "resourceType": "ExplanationOfBenefit",
    "id": "c1",
    "use": "claim",
    "patient": {"reference": "Patient/ada"},
    "insurance": [{"coverage": {"reference": "Coverage/v1"}}],
    "item": [{"sequence": 1, "quantity": {"value": 2}}],
}
MONEY: dict[str, dict[str, Any]] = {
    "amount of an adjudication": {"item": [{"adjudication": [{"amount": {"value": 4}}]}]},
    "currency in an unknown place": {"extension": [{"url": "x", "foo": {"currency": "USD"}}]},
    "net of a line": {"item": [{"net": {"value": 12.5}}]},
    "unit price": {"item": [{"unitPrice": {"value": 1}}]},
    "money of a benefit": {"benefitBalance": [{"financial": [{"usedMoney": {"value": 9}}]}]},
    "payment by its number": {"payment": {"identifier": {"value": "7"}}},
    "a share of cost as a quantity": {
        "extension": [
            {"url": "https://plan.example/deductible", "valueQuantity": {"value": 5, "unit": "x"}}
        ]
    },
    "out of pocket as a quantity": {
        "extension": [{"url": "https://plan.example/out-of-pocket", "valueQuantity": {"value": 5}}]
    },
    "patient's pay as a quantity": {
        "supportingInfo": [
            {"category": {"coding": [{"code": "patientpay"}]}, "valueQuantity": {"value": 5}}
        ]
    },
    "a quantity in dollars": {"foo": {"value": 5, "unit": "USD"}},
    "a decimal under a name": {
        "extension": [{"url": "https://plan.example/amount-paid", "valueDecimal": 12.5}]
    },
    "what a category counts": {
        "item": [{"adjudication": [{"category": {"coding": [{"code": "copay"}]}, "value": 20}]}]
    },
    "a narrative in dollars": {"text": {"div": "<div>You pay $ 20</div>"}},
    "a narrative in euros": {"text": {"div": "<div>€20</div>"}},
    "a note in words": {"processNote": [{"text": "The plan paid 20.00 on Monday"}]},
    "a note on a remittance": {"processNote": [{"text": "see ERA of May"}]},
    "a note that is escaped": {"processNote": [{"text": "owes 12.50"}]},
    "a display": {"type": {"coding": [{"display": "charged 11.20"}]}},
    "an attachment": {"content": [{"attachment": {"data": "UmVtaXR0YW5jZSBhZHZpY2U="}}]},
}


@pytest.mark.parametrize("name", MONEY)
def test_each_kind_of_money_is_found_and_passes_the_sieve(name: str) -> None:
    resource = {**copy.deepcopy(PLAIN), **MONEY[name]}
    assert list(money_in(resource))
    assert may_tell_of_money(orjson.dumps(resource))


def test_the_sieve_holds_back_what_speaks_of_no_money() -> None:
    assert not list(money_in(PLAIN))
    assert not may_tell_of_money(orjson.dumps(PLAIN))


def test_the_sieve_lets_escaped_characters_through() -> None:
    assert may_tell_of_money(b'{"text": {"div": "\\u0024 20"}}')


def test_whatever_is_left_of_a_claim_the_sieve_misses_no_money() -> None:
    for resource in _without_each_element(CLAIM):
        found = list(money_in(resource))
        assert may_tell_of_money(orjson.dumps(resource)) or not found


def _without_each_element(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, element in resource.items():
        if name != "resourceType":
            yield {"resourceType": resource["resourceType"], name: element}
            yield {key: value for key, value in resource.items() if key != name}


LINES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "ada"},
    {"resourceType": "Patient", "id": "bo"},
    {"resourceType": "Patient", "id": "bo"},
    {"resourceType": "Coverage", "id": "v1", "beneficiary": {"reference": "Patient/ada"}},
    PLAIN,
    {**PLAIN, "id": "c2", "use": "preauthorization", "total": [{"amount": {"currency": "USD"}}]},
    {
        "resourceType": "Condition",
        "id": "d1",
        "subject": {"reference": "Patient/ada"},
        "asserter": {"reference": "https://plan.example/fhir/Patient/cho"},
        "encounter": {"reference": "Encounter/gone"},
        "evidence": [{"detail": [{"reference": "Condition/gone"}]}],
    },
    {
        "resourceType": "Provenance",
        "id": "p1",
        "contained": [{"resourceType": "Patient", "id": "dee"}],
        "target": [{"reference": "ExplanationOfBenefit/c1"}],
    },
]


def _bytes(rows: list[dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(row) for row in rows]


def test_members_and_strangers_are_told_apart() -> None:
    content = read_holdings(_bytes(LINES)).content(["ada", "bo"])
    assert (content.strangers, content.strangers_lines) == (2, 2)
    assert content.alone == 1  # bo comes twice and has neither coverage nor claims
    assert content.members == 2


def test_ids_are_counted_by_type() -> None:
    content = read_holdings(_bytes(LINES)).content(["ada", "bo"])
    assert {kind: n for kind, n in content.twice if n} == {"Patient": 1}
    assert {kind: n for kind, n in content.lost if n} == {"Patient": 1, "Condition": 1}


def test_money_of_prior_authorizations_stands_apart() -> None:
    content = read_holdings(_bytes(LINES)).content(["ada", "bo"])
    assert (content.claims, content.prior_authorizations) == (1, 1)
    assert not content.money_of("remittance", "cost sharing")
    assert sum(content.money_of(prior=True).values()) == 1


def test_escapes_change_nothing() -> None:
    written = [line.replace(b"Patient/", b"Pa\\u0074ient\\/") for line in _bytes(LINES)]
    assert written != _bytes(LINES)
    assert read_holdings(written) == read_holdings(_bytes(LINES))


def test_a_line_that_is_no_json_is_left_out() -> None:
    assert read_holdings([b"{", b"[]", *_bytes(LINES)]).resources == len(LINES)


def test_parts_add_up_to_the_whole(tmp_path: Any) -> None:
    rows = [{**row, "id": f"{row['id']}-{n}"} for n in range(40) for row in LINES[3:6]]
    path = tmp_path / "all.ndjson"
    path.write_bytes(b"\n".join(_bytes(rows)) + b"\n")
    whole, part = Holdings(), Holdings()
    for at, line in enumerate(_bytes(rows)):
        (whole if at < 50 else part).see(line, orjson.loads(line))
    whole.merge(part)
    together = judge_files([path], Settings(beside=Holdings), 1).beside
    assert together == whole
    assert together.content(["ada"]) == whole.content(["ada"])
