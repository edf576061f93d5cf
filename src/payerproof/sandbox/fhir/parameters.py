"""The search parameters and includes that the sandbox offers, as one table.

Facts compiled from FHIR R4 4.0.1, US Core 6.1.0 (server CapabilityStatement) and CARIN BB 2.1.0:
per resource type and parameter its kind and the elements it looks at. Paths are element names
joined by dots; ``extension:URL|element`` looks into an extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["token", "reference", "date", "string"]


@dataclass(frozen=True)
class Parameter:
    """One search parameter. `targets` are the types a reference may name; `system` is the code
    system that is implied where the element is a plain ``code``."""

    name: str
    kind: Kind
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    system: str = ""


def _token(*paths: str, system: str = "") -> tuple[Kind, tuple[str, ...], tuple[str, ...], str]:
    return "token", paths, (), system


def _date(*paths: str) -> tuple[Kind, tuple[str, ...], tuple[str, ...], str]:
    return "date", paths, (), ""


def _string(*paths: str) -> tuple[Kind, tuple[str, ...], tuple[str, ...], str]:
    return "string", paths, (), ""


def _ref(path: str, *targets: str) -> tuple[Kind, tuple[str, ...], tuple[str, ...], str]:
    return "reference", (path,), targets, ""


_PROVIDERS = ("Practitioner", "Organization", "PractitionerRole")
_HL7 = "http://hl7.org/fhir/"
_SUBJECT = {"patient": _ref("subject", "Patient"), "subject": _ref("subject", "Patient")}
_COMMON = {"_id": _token("id"), "_lastUpdated": _date("meta.lastUpdated")}

_TABLE = {
    "AllergyIntolerance": {
        "patient": _ref("patient", "Patient"),
        "clinical-status": _token("clinicalStatus"),
    },
    "CarePlan": {
        **_SUBJECT,
        "category": _token("category"),
        "date": _date("period"),
        "status": _token("status", system=_HL7 + "request-status"),
    },
    "CareTeam": {
        **_SUBJECT,
        "role": _token("participant.role"),
        "status": _token("status", system=_HL7 + "care-team-status"),
        "participant": _ref("participant.member", "Practitioner", "Patient", "RelatedPerson"),
    },
    "Condition": {
        **_SUBJECT,
        "category": _token("category"),
        "clinical-status": _token("clinicalStatus"),
        "code": _token("code"),
        "encounter": _ref("encounter", "Encounter"),
        "onset-date": _date("onsetDateTime", "onsetPeriod"),
        "abatement-date": _date("abatementDateTime", "abatementPeriod"),
        "recorded-date": _date("recordedDate"),
        "asserted-date": _date(
            "extension:http://hl7.org/fhir/StructureDefinition/condition-assertedDate|valueDateTime"
        ),
    },
    "Coverage": {
        "patient": _ref("beneficiary", "Patient"),
        "beneficiary": _ref("beneficiary", "Patient"),
        "subscriber": _ref("subscriber", "Patient", "RelatedPerson"),
        "payor": _ref("payor", "Organization", "Patient", "RelatedPerson"),
        "identifier": _token("identifier"),
        "status": _token("status", system=_HL7 + "fm-status"),
    },
    "Device": {
        "patient": _ref("patient", "Patient"),
        "type": _token("type"),
        "status": _token("status", system=_HL7 + "device-status"),
    },
    "DiagnosticReport": {
        **_SUBJECT,
        "category": _token("category"),
        "code": _token("code"),
        "date": _date("effectiveDateTime", "effectivePeriod"),
        "status": _token("status", system=_HL7 + "diagnostic-report-status"),
    },
    "DocumentReference": {
        **_SUBJECT,
        "category": _token("category"),
        "type": _token("type"),
        "date": _date("date"),
        "period": _date("context.period"),
        "status": _token("status", system=_HL7 + "document-reference-status"),
    },
    "Encounter": {
        **_SUBJECT,
        "class": _token("class"),
        "date": _date("period"),
        "identifier": _token("identifier"),
        "location": _ref("location.location", "Location"),
        "status": _token("status", system=_HL7 + "encounter-status"),
        "type": _token("type"),
        "discharge-disposition": _token("hospitalization.dischargeDisposition"),
    },
    "ExplanationOfBenefit": {
        "patient": _ref("patient", "Patient"),
        "provider": _ref("provider", *_PROVIDERS),
        "care-team": _ref("careTeam.provider", *_PROVIDERS),
        "coverage": _ref("insurance.coverage", "Coverage"),
        "insurer": _ref("insurer", "Organization"),
        "payee": _ref("payee.party", "Organization", "Patient", "Practitioner", "RelatedPerson"),
        "identifier": _token("identifier"),
        "type": _token("type"),
        "status": _token("status", system=_HL7 + "explanationofbenefit-status"),
        "created": _date("created"),
        "service-date": _date("billablePeriod", "item.servicedDate", "item.servicedPeriod"),
        "service-start-date": _date(
            "billablePeriod.start", "item.servicedDate", "item.servicedPeriod.start"
        ),
        "billable-period-start": _date("billablePeriod.start"),
    },
    "Goal": {
        **_SUBJECT,
        "lifecycle-status": _token("lifecycleStatus", system=_HL7 + "goal-status"),
        "target-date": _date("target.dueDate"),
        "description": _token("description"),
    },
    "Immunization": {
        "patient": _ref("patient", "Patient"),
        "date": _date("occurrenceDateTime"),
        "status": _token("status", system=_HL7 + "event-status"),
    },
    "Location": {
        "name": _string("name", "alias"),
        "address": _string("address"),
        "address-city": _string("address.city"),
        "address-state": _string("address.state"),
        "address-postalcode": _string("address.postalCode"),
    },
    "Medication": {"code": _token("code")},
    "MedicationDispense": {
        **_SUBJECT,
        "status": _token(
            "status", system="http://terminology.hl7.org/CodeSystem/medicationdispense-status"
        ),
        "type": _token("type"),
        "medication": _ref("medicationReference", "Medication"),
    },
    "MedicationRequest": {
        **_SUBJECT,
        "status": _token("status", system=_HL7 + "CodeSystem/medicationrequest-status"),
        "intent": _token("intent", system=_HL7 + "CodeSystem/medicationrequest-intent"),
        "encounter": _ref("encounter", "Encounter"),
        "authoredon": _date("authoredOn"),
        "medication": _ref("medicationReference", "Medication"),
    },
    "Observation": {
        **_SUBJECT,
        "category": _token("category"),
        "code": _token("code"),
        "date": _date("effectiveDateTime", "effectivePeriod"),
        "status": _token("status", system=_HL7 + "observation-status"),
    },
    "Organization": {
        "name": _string("name", "alias"),
        "address": _string("address"),
        "identifier": _token("identifier"),
    },
    "Patient": {
        "identifier": _token("identifier"),
        "name": _string("name"),
        "family": _string("name.family"),
        "given": _string("name.given"),
        "birthdate": _date("birthDate"),
        "death-date": _date("deceasedDateTime"),
        "gender": _token("gender", system=_HL7 + "administrative-gender"),
    },
    "Practitioner": {"name": _string("name"), "identifier": _token("identifier")},
    "PractitionerRole": {
        "practitioner": _ref("practitioner", "Practitioner"),
        "organization": _ref("organization", "Organization"),
        "specialty": _token("specialty"),
    },
    "Procedure": {
        **_SUBJECT,
        "code": _token("code"),
        "date": _date("performedDateTime", "performedPeriod"),
        "status": _token("status", system=_HL7 + "event-status"),
    },
    "Provenance": {
        "target": _ref("target", "*"),
    },
    "QuestionnaireResponse": {
        **_SUBJECT,
        "status": _token("status", system=_HL7 + "questionnaire-answers-status"),
        "authored": _date("authored"),
        "questionnaire": _ref("questionnaire", "Questionnaire"),
    },
    "RelatedPerson": {"patient": _ref("patient", "Patient"), "name": _string("name")},
    "ServiceRequest": {
        **_SUBJECT,
        "category": _token("category"),
        "code": _token("code"),
        "authored": _date("authoredOn"),
        "status": _token("status", system=_HL7 + "request-status"),
    },
    "Specimen": {**_SUBJECT, "type": _token("type")},
}

PARAMETERS: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        kind: MappingProxyType(
            {name: Parameter(name, *spec) for name, spec in {**_COMMON, **rows}.items()}
        )
        for kind, rows in _TABLE.items()
    }
)
"""Resource type to parameter name to parameter; the keys are the types that can be searched."""

READABLE = (*PARAMETERS, "Binary")
"""Types that can be read by id."""

INCLUDES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CareTeam": ("participant",),
        "Coverage": ("payor", "subscriber"),
        "ExplanationOfBenefit": (
            "patient",
            "provider",
            "care-team",
            "coverage",
            "insurer",
            "payee",
        ),
        "MedicationDispense": ("medication",),
        "MedicationRequest": ("medication",),
        "PractitionerRole": ("practitioner", "organization"),
    }
)
"""Resource type to the reference parameters that ``_include`` may name."""

_NO_PROVENANCE = {"Location", "Medication", "Organization", "Practitioner", "PractitionerRole"}
REVINCLUDES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        **{
            kind: (("Provenance", "target"),)
            for kind in PARAMETERS
            if kind not in _NO_PROVENANCE | {"Provenance"}
        },
        "Practitioner": (
            ("PractitionerRole", "practitioner"),
            ("ExplanationOfBenefit", "care-team"),
        ),
        "Organization": (("ExplanationOfBenefit", "provider"), ("Coverage", "payor")),
    }
)
"""Resource type to the (type, reference parameter) pairs that ``_revinclude`` may name."""
