"""The CapabilityStatement of the API: what the table of parameters says, as R4 wants it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.sandbox.data.authorizations import PRIOR_AUTHORIZATION
from payerproof.sandbox.data.coding import CARIN_PROFILE, PDEX, US_CORE_PROFILE
from payerproof.sandbox.fhir.call import FaceFacts
from payerproof.sandbox.fhir.docref import DEFINITION
from payerproof.sandbox.fhir.parameters import INCLUDES, PARAMETERS, REVINCLUDES

_CARIN = "http://hl7.org/fhir/us/carin-bb/"
_CORE = "http://hl7.org/fhir/us/core/"
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_COMBINATIONS = (
    "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
)
_PROFILES = {
    "AllergyIntolerance": ("us-core-allergyintolerance",),
    "CarePlan": ("us-core-careplan",),
    "CareTeam": ("us-core-careteam",),
    "Condition": (
        "us-core-condition-encounter-diagnosis",
        "us-core-condition-problems-health-concerns",
    ),
    "Coverage": ("us-core-coverage",),
    "Device": ("us-core-implantable-device",),
    "DiagnosticReport": ("us-core-diagnosticreport-lab", "us-core-diagnosticreport-note"),
    "DocumentReference": ("us-core-documentreference",),
    "Encounter": ("us-core-encounter",),
    "Goal": ("us-core-goal",),
    "Immunization": ("us-core-immunization",),
    "Location": ("us-core-location",),
    "Medication": ("us-core-medication",),
    "MedicationDispense": ("us-core-medicationdispense",),
    "MedicationRequest": ("us-core-medicationrequest",),
    "Observation": (
        "us-core-observation-lab",
        "us-core-blood-pressure",
        "us-core-body-height",
        "us-core-body-weight",
        "us-core-heart-rate",
        "us-core-smokingstatus",
        "us-core-observation-screening-assessment",
    ),
    "Organization": ("us-core-organization",),
    "Patient": ("us-core-patient",),
    "Practitioner": ("us-core-practitioner",),
    "PractitionerRole": ("us-core-practitionerrole",),
    "Procedure": ("us-core-procedure",),
    "Provenance": ("us-core-provenance",),
    "QuestionnaireResponse": ("us-core-questionnaireresponse",),
    "RelatedPerson": ("us-core-relatedperson",),
    "ServiceRequest": ("us-core-servicerequest",),
    "Specimen": ("us-core-specimen",),
}
_CARIN_PROFILES = {
    "Coverage": ("C4BB-Coverage",),
    "ExplanationOfBenefit": (
        "C4BB-ExplanationOfBenefit-Inpatient-Institutional",
        "C4BB-ExplanationOfBenefit-Outpatient-Institutional",
        "C4BB-ExplanationOfBenefit-Oral",
        "C4BB-ExplanationOfBenefit-Pharmacy",
        "C4BB-ExplanationOfBenefit-Professional-NonClinician",
    ),
    "Organization": ("C4BB-Organization",),
    "Patient": ("C4BB-Patient",),
    "Practitioner": ("C4BB-Practitioner",),
    "RelatedPerson": ("C4BB-RelatedPerson",),
}
_PDEX_PROFILES = {
    "Device": ("pdex-device",),
    "MedicationDispense": ("pdex-medicationdispense",),
    "Provenance": ("pdex-provenance",),
}
_COMBINED = {
    "AllergyIntolerance": ("patient+clinical-status",),
    "CarePlan": ("patient+category", "patient+category+status", "patient+category+date"),
    "CareTeam": ("patient+status", "patient+role"),
    "Condition": (
        "patient+category",
        "patient+code",
        "patient+clinical-status",
        "patient+category+encounter",
        "patient+onset-date",
        "patient+recorded-date",
    ),
    "Device": ("patient+type", "patient+status"),
    "DiagnosticReport": (
        "patient+category",
        "patient+code",
        "patient+category+date",
        "patient+code+date",
        "patient+status",
    ),
    "DocumentReference": (
        "patient+type",
        "patient+category",
        "patient+category+date",
        "patient+status",
        "patient+type+period",
    ),
    "Encounter": ("patient+date", "patient+class", "patient+type", "patient+status"),
    "Goal": ("patient+lifecycle-status", "patient+target-date", "patient+description"),
    "Immunization": ("patient+status", "patient+date"),
    "MedicationDispense": ("patient+status", "patient+status+type"),
    "MedicationRequest": (
        "patient+intent",
        "patient+intent+status",
        "patient+intent+encounter",
        "patient+intent+authoredon",
    ),
    "Observation": (
        "patient+category",
        "patient+code",
        "patient+category+date",
        "patient+code+date",
        "patient+category+status",
    ),
    "Patient": ("birthdate+name", "gender+name", "birthdate+family", "family+gender"),
    "Procedure": ("patient+date", "patient+status", "patient+code+date"),
    "RelatedPerson": ("patient+name",),
    "ServiceRequest": (
        "patient+category",
        "patient+code",
        "patient+category+authored",
        "patient+code+authored",
        "patient+status",
    ),
}


def as_made(statement: dict[str, Any], face: FaceFacts) -> dict[str, Any]:  # noqa: ARG001
    """Publish the statement as it was made."""
    return statement


def own_oauth_uris(tenant_base: str) -> dict[str, str]:
    """Where a payer's own OAuth endpoints are, by the names of the SMART extension."""
    names = ("authorize", "token", "introspect", "revoke")
    return {name: f"{tenant_base}/oauth/{name}" for name in names} | {
        "manage": f"{tenant_base}/portal/apps"
    }


def capability_statement(base: str, oauth_uris: Mapping[str, str]) -> dict[str, Any]:
    """Make the statement for a FHIR base; `oauth_uris` are its OAuth endpoints by name."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": "Sandbox payer API"},
        "implementation": {"description": "Synthetic members only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "instantiates": [
            f"{_CARIN}CapabilityStatement/c4bb",
            f"{_CORE}CapabilityStatement/us-core-server",
        ],
        "implementationGuide": [
            f"{_CARIN}ImplementationGuide/hl7.fhir.us.carin-bb|2.1.0",
            f"{_CORE}ImplementationGuide/hl7.fhir.us.core|6.1.0",
        ],
        "rest": [
            {
                "mode": "server",
                "documentation": "Read-only access for members and the apps they choose.",
                "security": _security(oauth_uris),
                "resource": [
                    *(_resource(kind) for kind in sorted(PARAMETERS)),
                    {"type": "Binary", "interaction": [{"code": "read"}]},
                ],
                "interaction": [],
            }
        ],
    }


def _security(oauth_uris: Mapping[str, str]) -> dict[str, Any]:
    return {
        "extension": [
            {
                "url": _OAUTH_URIS,
                "extension": [
                    {"url": name, "valueUri": address} for name, address in oauth_uris.items()
                ],
            }
        ],
        "cors": True,
        "service": [{"coding": [{"system": _SECURITY, "code": "SMART-on-FHIR"}]}],
    }


def _resource(kind: str) -> dict[str, Any]:
    profiles = [CARIN_PROFILE + name for name in _CARIN_PROFILES.get(kind, ())]
    profiles += [US_CORE_PROFILE + name for name in _PROFILES.get(kind, ())]
    profiles += [f"{PDEX}StructureDefinition/{name}" for name in _PDEX_PROFILES.get(kind, ())]
    profiles += [PRIOR_AUTHORIZATION] if kind == "ExplanationOfBenefit" else []
    made: dict[str, Any] = {
        "type": kind,
        "supportedProfile": profiles,
        "interaction": [{"code": code} for code in ("read", "vread", "search-type")],
        "versioning": "versioned",
        "readHistory": False,
        "referencePolicy": ["literal"],
        "searchInclude": [f"{kind}:{name}" for name in INCLUDES.get(kind, ())],
        "searchRevInclude": [f"{source}:{name}" for source, name in REVINCLUDES.get(kind, ())],
        "searchParam": [
            {"name": parameter.name, "type": parameter.kind}
            for parameter in PARAMETERS[kind].values()
        ],
    }
    if kind == "ExplanationOfBenefit":
        made["searchInclude"].append("ExplanationOfBenefit:*")
    if kind == "DocumentReference":
        made["operation"] = [{"name": "docref", "definition": DEFINITION}]
    if kind in _COMBINED:
        made["extension"] = [_combination(text) for text in _COMBINED[kind]]
    return {name: value for name, value in made.items() if value != []}


def _combination(text: str) -> dict[str, Any]:
    required = [{"url": "required", "valueString": name} for name in text.split("+")]
    return {"url": _COMBINATIONS, "extension": required}
