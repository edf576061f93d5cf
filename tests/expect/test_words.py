"""Codes that stand alone, in lists that cost money or that nobody else has."""

from __future__ import annotations

from typing import Any

import pytest

from payerproof.expect.words import wordless

CDT = "http://www.ada.org/cdt"
NDC = "http://hl7.org/fhir/sid/ndc"
OWN = "https://payer.example/codes"


def _claim(*codings: dict[str, str], **more: str) -> dict[str, Any]:
    concept = {"coding": list(codings), **more}
    return {"resourceType": "ExplanationOfBenefit", "item": [{"productOrService": concept}]}


@pytest.mark.parametrize(
    "row",
    [
        _claim({"system": CDT, "code": "D0120"}),
        _claim({"system": NDC, "code": "00093-7214-01"}),
        _claim({"system": OWN, "code": "7"}, {"system": CDT, "code": "D0120"}),
        _claim({"system": CDT, "code": "D0120"}, text=" "),
        _claim({"system": CDT, "code": "D0120", "display": "D0120"}),
    ],
)
def test_a_number_alone_is_told(row: dict[str, Any]) -> None:
    every, bare = wordless([row])
    assert every.total() == bare.total() == 1


@pytest.mark.parametrize(
    "row",
    [
        _claim({"system": CDT, "code": "D0120"}, text="Dental check-up"),
        _claim({"system": CDT, "code": "D0120", "display": "Dental check-up"}),
        _claim({"system": OWN, "code": "7"}, {"system": "http://loinc.org", "code": "1-1"}),
        _claim({"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9"}),
        _claim({"code": "7"}),
        {"meta": {"tag": [{"coding": [{"system": OWN, "code": "7"}]}]}},
    ],
)
def test_words_and_free_lists_will_do(row: dict[str, Any]) -> None:
    assert not wordless([row])[1]
