"""What of a resource goes out: contained copies, attachment URLs, ``_elements``, ``_summary``."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.coding import THO
from payerproof.sandbox.data.world import SHARED_TYPES, Resource
from payerproof.sandbox.fhir.scopes import allows_include

_ALWAYS = ("resourceType", "id", "meta", "implicitRules")
_MANDATORY = {
    "AllergyIntolerance": ("patient",),
    "CarePlan": ("status", "intent", "subject"),
    "Condition": ("subject",),
    "Coverage": ("status", "beneficiary", "payor"),
    "DiagnosticReport": ("status", "code"),
    "DocumentReference": ("status", "content"),
    "Encounter": ("status", "class"),
    "ExplanationOfBenefit": (
        "status",
        "type",
        "use",
        "patient",
        "created",
        "insurer",
        "provider",
        "outcome",
        "insurance",
    ),
    "Goal": ("lifecycleStatus", "description", "subject"),
    "Immunization": ("status", "vaccineCode", "patient", "occurrenceDateTime"),
    "MedicationDispense": ("status", "medicationCodeableConcept", "medicationReference"),
    "MedicationRequest": (
        "status",
        "intent",
        "medicationCodeableConcept",
        "medicationReference",
        "subject",
    ),
    "Observation": ("status", "code"),
    "Procedure": ("status", "subject"),
    "Provenance": ("target", "recorded", "agent"),
    "QuestionnaireResponse": ("status",),
    "RelatedPerson": ("patient",),
    "ServiceRequest": ("status", "intent", "subject"),
}


def redact(access: Access, resource: Resource) -> Resource:
    """Drop contained member data whose type the token has no scope for, and references to it.

    Contained providers and drugs are part of the resource that holds them.
    """
    contained = resource.get("contained")
    if not contained:
        return resource
    dropped = {
        f"#{inner.get('id')}"
        for inner in contained
        if inner["resourceType"] not in SHARED_TYPES
        and not allows_include(access, inner["resourceType"])
    }
    if not dropped:
        return resource
    kept = [inner for inner in contained if f"#{inner.get('id')}" not in dropped]
    changed: Resource = _without_references(copy.deepcopy(resource), dropped)
    changed.pop("contained")
    return {**changed, "contained": kept} if kept else changed


def _without_references(value: Any, dropped: set[str]) -> Any:
    if isinstance(value, dict):
        if value.get("reference") in dropped:
            return {"display": "Withheld"}
        return {key: _without_references(inner, dropped) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_references(inner, dropped) for inner in value]
    return value


def absolute_attachments(resource: Resource, base: str) -> Resource:
    """Make the attachment URLs of a DocumentReference absolute, as clients need them."""
    if resource["resourceType"] != "DocumentReference":
        return resource
    contents = []
    for content in resource.get("content", ()):
        attachment = content.get("attachment", {})
        if str(attachment.get("url", "")).startswith("Binary/"):
            attachment = {**attachment, "url": f"{base}/{attachment['url']}"}
        contents.append({**content, "attachment": attachment})
    return {**resource, "content": contents}


def project(resource: Resource, elements: Sequence[str], summary: str) -> Resource:
    """Apply ``_elements`` or ``_summary`` (text, data) and mark the result as a subset.

    Elements that base R4 demands stay (R4 search 3.1.1.5.9).
    """
    mandatory = _MANDATORY.get(resource["resourceType"], ())
    if elements:
        keep = {*_ALWAYS, *mandatory, *elements}
    elif summary == "text":
        keep = {*_ALWAYS, *mandatory, "text"}
    elif summary == "data":
        keep = set(resource) - {"text"}
    else:
        return resource
    projected = {key: value for key, value in resource.items() if key in keep}
    tags = projected.get("meta", {}).get("tag", [])
    subset = {"system": THO + "v3-ObservationValue", "code": "SUBSETTED"}
    projected["meta"] = {**projected.get("meta", {}), "tag": [*tags, subset]}
    return projected
