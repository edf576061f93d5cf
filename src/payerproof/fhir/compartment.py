"""Who a resource is about (FHIR R4, Patient compartment)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SUBJECT_ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("patient",),
    "CarePlan": ("subject",),
    "CareTeam": ("subject",),
    "Claim": ("patient",),
    "ClaimResponse": ("patient",),
    "Condition": ("subject",),
    "Consent": ("patient",),
    "Coverage": ("beneficiary",),
    "CoverageEligibilityResponse": ("patient",),
    "Device": ("patient",),
    "DiagnosticReport": ("subject",),
    "DocumentReference": ("subject",),
    "Encounter": ("subject",),
    "EpisodeOfCare": ("patient",),
    "ExplanationOfBenefit": ("patient",),
    "FamilyMemberHistory": ("patient",),
    "Flag": ("subject",),
    "Goal": ("subject",),
    "ImagingStudy": ("subject",),
    "Immunization": ("patient",),
    "List": ("subject",),
    "MeasureReport": ("subject",),
    "MedicationAdministration": ("subject",),
    "MedicationDispense": ("subject",),
    "MedicationRequest": ("subject",),
    "MedicationStatement": ("subject",),
    "NutritionOrder": ("patient",),
    "Observation": ("subject",),
    "Procedure": ("subject",),
    "QuestionnaireResponse": ("subject",),
    "RelatedPerson": ("patient",),
    "RiskAssessment": ("subject",),
    "ServiceRequest": ("subject",),
    "Specimen": ("subject",),
    "VisionPrescription": ("patient",),
}
"""The elements that bind a resource of the Patient compartment to its member."""

SEARCH_PARAMETER: Mapping[str, str] = {"Coverage": "beneficiary", "Patient": "_id"}
"""The search parameter that selects a member's resources, where it is not ``patient``."""


def member_parameter(resource_type: str) -> str:
    """Return the search parameter by which one member's resources of a type are found."""
    return SEARCH_PARAMETER.get(resource_type, "patient")


def reference_id(reference: object) -> str:
    """Logical id of a Patient reference, relative or absolute; empty for anything else.

    A version (``/_history/2``) is taken off.
    """
    if not isinstance(reference, Mapping) or not isinstance(reference.get("reference"), str):
        return ""
    steps = str(reference["reference"]).partition("/_history/")[0].split("/")
    return steps[-1] if len(steps) >= 2 and steps[-2] == "Patient" else ""


def members_of(resource: Mapping[str, Any]) -> frozenset[str]:
    """Patient ids that a resource is about; empty where it is about no member."""
    kind = resource.get("resourceType")
    if kind == "Patient":
        return frozenset({str(resource["id"])} if resource.get("id") else ())
    elements = SUBJECT_ELEMENTS.get(str(kind), ())
    return frozenset(found for name in elements if (found := reference_id(resource.get(name))))


def resources_among(elements: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those objects that are resources: the outermost, in entries, contained, in parameters."""
    for element in elements:
        if isinstance(element.get("resourceType"), str):
            yield element


def elements_in(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a parsed JSON value, itself included, in the order of the text."""
    ahead = [value]
    while ahead:
        here = ahead.pop()
        if isinstance(here, dict):
            yield here
            inner = [one for one in here.values() if isinstance(one, dict | list)]
            ahead += inner[::-1]
        elif isinstance(here, list):
            ahead += here[::-1]
