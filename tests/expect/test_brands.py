"""Brands bundles: each thing that one can lack is told, and what is whole lacks nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from payerproof.expect.brands import (
    ABSENT,
    VERSION,
    brand_lacks,
    bundle_lacks,
    endpoint_lacks,
    named_by,
    resources,
)

WHOLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "timestamp": "2026-11-01T00:00:00Z",
    "entry": [
        {
            "resource": {
                "resourceType": "Organization",
                "id": "plan",
                "name": "Plan",
                "telecom": [{"system": "url", "value": "https://plan.example"}],
                "identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://plan.example"}],
                "endpoint": [{"reference": "Endpoint/one"}],
            }
        },
        {
            "resource": {
                "resourceType": "Endpoint",
                "id": "one",
                "status": "active",
                "connectionType": {"code": "hl7-fhir-rest"},
                "extension": [{"url": VERSION, "valueCode": "4.0.1"}],
                "contact": [{"system": "url", "value": "https://plan.example/dev"}],
                "address": "https://plan.example/fhir",
            }
        },
    ],
}
Change = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], Any]


def lacking(change: Change) -> list[str]:
    bundle = copy.deepcopy(WHOLE)
    brand, endpoint = (entry["resource"] for entry in bundle["entry"])
    change(bundle, brand, endpoint)
    return [
        *bundle_lacks(bundle),
        *(part for one in resources(bundle, "Organization") for part in brand_lacks(one)),
        *(part for one in resources(bundle, "Endpoint") for part in endpoint_lacks(one)),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda *_: None, []),
        (lambda bundle, *_: bundle.update(type="searchset"), ["type collection"]),
        (lambda bundle, *_: bundle.pop("timestamp"), ["timestamp"]),
        (lambda bundle, *_: bundle["entry"].pop(1), ["an endpoint"]),
        (
            lambda _, brand, __: brand.pop("endpoint"),
            ["a brand that refers to each endpoint"],
        ),
        (lambda _, brand, __: brand.pop("name"), ["name"]),
        (
            lambda _, brand, __: brand.update(telecom=[{"system": "phone", "value": "1"}]),
            ["website"],
        ),
        (lambda *parts: parts[2].pop("status"), ["status"]),
        (lambda *parts: parts[2].pop("extension"), ["FHIR version"]),
        (lambda *parts: parts[2].pop("contact"), ["a website for developers"]),
        (lambda *parts: parts[2].update(address="http://plan.example"), ["an https address"]),
        (
            lambda *parts: parts[2].update(connectionType={"code": "dicom-wado-rs"}),
            ["connectionType hl7-fhir-rest"],
        ),
    ],
)
def test_what_is_lacking_is_told(change: Change, told: list[str]) -> None:
    assert lacking(change) == told


@pytest.mark.parametrize(("reason", "told"), [("asked-declined", []), ("masked", ["website"])])
def test_a_reason_for_no_website(reason: str, told: list[str]) -> None:
    absent = {"extension": [{"url": ABSENT, "valueCode": reason}]}
    entry = [{"system": "url", "_value": absent}]
    assert lacking(lambda _, brand, __: brand.update(telecom=entry)) == told


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ({"system": "urn:ietf:rfc:3986", "value": "https://plan.example"}, 1),
        ({"value": "https://plan.example"}, 1),
        ({"system": "urn:oid:1", "value": "https://plan.example"}, 0),
        ({"value": "https://other.example"}, 0),
        ({}, 0),
        ("https://plan.example", 0),
    ],
)
def test_the_brand_that_is_named(identifier: Any, found: int) -> None:
    assert len(named_by(WHOLE, identifier)) == found


@pytest.mark.parametrize("entry", [None, "x", [None], [{"resource": "x"}], [{}]])
def test_odd_bundles_are_no_error(entry: Any) -> None:
    assert "a brand" in bundle_lacks({"resourceType": "Bundle", "entry": entry})
