"""Resources are held to R4 and to what they name, and versions to those published."""

from __future__ import annotations

from typing import Any

from payerproof.expect.prior_auth import AUTHORIZATION_PROFILE, declares_pdex
from payerproof.expect.profiles import (
    CARIN,
    PDEX,
    R4,
    US_CORE,
    fits_some,
    judged,
    odd_versions,
    versions_of,
)

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


def _authorization(*profiles: str) -> dict[str, Any]:
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": "a",
        "meta": {"lastUpdated": "2026-01-01T00:00:00Z", "profile": list(profiles)},
        "status": "active",
        "use": "preauthorization",
    }


def test_a_prior_authorization_is_held_to_the_profile_of_pdex() -> None:
    found = judged([_authorization(AUTHORIZATION_PROFILE)], PDEX)
    assert found.count == 1
    assert any("insurer" in one.message for one in found.errors)
    assert not fits_some(_authorization(), [AUTHORIZATION_PROFILE], "")


def test_pdex_is_declared_as_a_guide_or_by_its_profile() -> None:
    guide = "http://hl7.org/fhir/us/davinci-pdex/ImplementationGuide/hl7.fhir.us.davinci-pdex|2.1.0"
    listed = {"supportedProfile": [f"{AUTHORIZATION_PROFILE}|2.1.0"]}
    assert declares_pdex({"implementationGuide": [guide]})
    assert declares_pdex({"rest": [{"resource": [listed]}]})
    plan_net = guide.replace("davinci-pdex/", "davinci-pdex-plan-net/")
    assert not declares_pdex({"implementationGuide": [plan_net], "rest": []})
