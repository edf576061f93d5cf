"""Findings tell what is wrong and nothing about the member."""

from __future__ import annotations

import copy

import pytest

from payerproof.guides.validator import Validator

from .people import MEMBER


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def test_no_member_data_in_findings_unless_asked(validator: Validator) -> None:
    value = copy.deepcopy(MEMBER)
    value["birthDate"] = "1974-02-31"
    value["name"][0]["family"] = {"secret": "Lopez"}
    text = str([f.row() for f in validator.judge(value).findings])
    assert "1974" not in text
    assert "Lopez" not in text
    shown = Validator(reveal=True).judge(value)
    assert "1974-02-31" in str([f.row() for f in shown.findings])


def test_no_code_in_findings_that_no_list_has(validator: Validator) -> None:
    value = copy.deepcopy(MEMBER)
    value["gender"] = "F20.9"
    value["maritalStatus"] = {"coding": [{"system": "http://example.org/ours", "code": "F20.9"}]}
    value["communication"] = [{"language": {"coding": [{"system": "urn:x", "code": "male"}]}}]
    value["managingOrganization"] = {"reference": "Ada Lopez/1"}
    value["Ada Lopez"] = True
    found = [f.row() for f in validator.judge(value).findings]
    said = str([{k: v for k, v in row.items() if k != "location"} for row in found])
    assert "a code of 5 characters" in said
    assert "http://example.org/ours, a code of 5 characters" in said
    assert "urn:x|male" in said
    assert "F20" not in said
    assert "Lopez" not in said
    shown = str([f.row() for f in Validator(reveal=True).judge(value).findings])
    assert "http://example.org/ours|F20.9" in shown
