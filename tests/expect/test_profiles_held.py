"""Resources are held to R4 and to what they name, and versions to those published."""

from __future__ import annotations

from typing import Any

from payerproof.expect.profiles import CARIN, R4, US_CORE, judged, odd_versions, versions_of

COVERAGE = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-Coverage"


def _coverage(profile: str = COVERAGE, **more: Any) -> dict[str, Any]:
    plain = {
        "resourceType": "Coverage",
        "id": "c",
        "meta": {"lastUpdated": "2026-01-01T00:00:00Z", "profile": [profile]},
        "status": "active",
        "beneficiary": {"reference": "Patient/p"},
        "payor": [{"reference": "Organization/o"}],
    }
    return {**plain, **more}


def test_r4_alone_judges_without_the_profiles_named() -> None:
    assert not judged([_coverage()], R4).errors
    assert judged([_coverage(status="on")], R4).errors


def test_a_guide_judges_what_names_its_profiles() -> None:
    found = judged([_coverage()], CARIN)
    assert found.count == 1
    assert found.errors
    assert "Coverage." in found.told
    assert judged([_coverage()], US_CORE).count == 0


def test_versions_that_were_never_published() -> None:
    assert odd_versions([_coverage(f"{COVERAGE}|9.9.9")]) == {f"{COVERAGE}|9.9.9"}
    assert not odd_versions([_coverage(f"{COVERAGE}|2.1.0"), _coverage()])
    assert not odd_versions([_coverage("https://payer.example/own|7")])
    assert versions_of([_coverage(f"{COVERAGE}|2.1.0"), _coverage()], CARIN) == {"2.1.0"}
