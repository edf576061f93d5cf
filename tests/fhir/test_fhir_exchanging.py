"""What another payer sends: a Consent that conforms to HRex, and answers read tolerantly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from payerproof.expect.profiles import validator
from payerproof.fhir.exchanging import (
    consent,
    group_kind,
    identifies,
    matched_patient,
    organisation,
)
from payerproof.fhir.matching import Described

MEMBER = Described({"resourceType": "Patient", "id": "one"}, {})


def _reply(body: dict[str, Any], *, ok: bool = True) -> Any:
    return SimpleNamespace(body=body, ok=ok)


def test_the_consent_conforms_to_its_profile() -> None:
    word = consent(
        MEMBER,
        source={"identifier": {"system": "https://payer.example", "value": "P"}},
        recipient=organisation("1999999992", "Other"),
        period=("2026-01-01", "2026-12-31"),
    )
    found = validator().judge(word)
    assert not found.errors
    assert any("hrex-consent" in one for one in found.profiles)


def test_a_match_is_read_off_its_answer() -> None:
    answer = _reply(
        {"parameter": [{"name": "MemberId", "valueReference": {"reference": "Patient/7"}}]}
    )
    assert identifies(answer)
    assert matched_patient(answer) == "7"


def test_a_refusal_identifies_nobody() -> None:
    assert not identifies(_reply({"resourceType": "OperationOutcome"}, ok=False))
    assert matched_patient(_reply({"parameter": "odd"})) == ""


def test_a_group_says_what_it_is_of() -> None:
    assert group_kind({"code": {"coding": [{"code": "match"}]}}) == "match"
    assert group_kind({}) == ""
