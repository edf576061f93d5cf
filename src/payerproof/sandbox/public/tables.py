"""Search parameters of the open APIs, compiled from Plan-Net 1.2.0 and Drug Formulary 2.1.0."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from payerproof.sandbox.fhir.parameters import Kind, Parameter

PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/"
FORMULARY = "http://hl7.org/fhir/us/davinci-drug-formulary/"
NETWORK = PLAN_NET + "StructureDefinition/network-reference"
AREA = PLAN_NET + "StructureDefinition/location-reference"
USDF = FORMULARY + "StructureDefinition/usdf-"
ITEM_STATUS = USDF + "AvailabilityStatus-extension"
ITEM_PERIOD = USDF + "AvailabilityPeriod-extension"
ITEM_FORMULARY = USDF + "FormularyReference-extension"
ITEM_BENEFIT = USDF + "PharmacyBenefitType-extension"
ITEM_TIER = USDF + "DrugTierID-extension"

Tables = Mapping[str, Mapping[str, Parameter]]
Pairs = Mapping[str, tuple[tuple[str, str], ...]]


def _extension(url: str, element: str) -> str:
    return f"extension:{url}|{element}"


def _rows(kind: Kind, **paths: str) -> dict[str, tuple[Kind, tuple[str, ...]]]:
    return {name.replace("_", "-"): (kind, tuple(path.split())) for name, path in paths.items()}


_ADDRESS = _rows(
    "string",
    address="address",
    address_city="address.city",
    address_state="address.state",
    address_postalcode="address.postalCode",
)
_COMMON: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "_id": ("token", ("id",)),
    "_lastUpdated": ("date", ("meta.lastUpdated",)),
}

_DIRECTORY = {
    "Endpoint": _rows("reference", organization="managingOrganization"),
    "HealthcareService": {
        **_rows(
            "reference",
            location="location",
            coverage_area="coverageArea",
            organization="providedBy",
            endpoint="endpoint",
        ),
        **_rows("string", name="name"),
        **_rows("token", service_category="category", service_type="type", specialty="specialty"),
    },
    "InsurancePlan": {
        **_rows(
            "reference",
            administered_by="administeredBy",
            owned_by="ownedBy",
            coverage_area="coverageArea",
        ),
        **_rows("string", name="name alias"),
        **_rows("token", plan_type="plan.type", identifier="identifier", type="type"),
    },
    "Location": {
        **_rows(
            "reference", partof="partOf", organization="managingOrganization", endpoint="endpoint"
        ),
        **_rows("token", type="type"),
        **_ADDRESS,
    },
    "Organization": {
        **_rows("reference", partof="partOf", endpoint="endpoint"),
        "coverage-area": ("reference", (_extension(AREA, "valueReference"),)),
        **_rows("string", address="address", name="name alias"),
        **_rows("token", type="type"),
    },
    "OrganizationAffiliation": {
        **_rows(
            "reference",
            primary_organization="organization",
            participating_organization="participatingOrganization",
            location="location",
            service="healthcareService",
            network="network",
            endpoint="endpoint",
        ),
        **_rows("token", role="code", specialty="specialty"),
    },
    "Practitioner": _rows("string", name="name", family="name.family", given="name.given"),
    "PractitionerRole": {
        **_rows(
            "reference",
            practitioner="practitioner",
            organization="organization",
            location="location",
            service="healthcareService",
            endpoint="endpoint",
        ),
        "network": ("reference", (_extension(NETWORK, "valueReference"),)),
        **_rows("token", role="code", specialty="specialty"),
    },
}

_FORMULARY = {
    "InsurancePlan": {
        **_rows("token", identifier="identifier", status="status", type="type"),
        **_rows("date", period="period"),
        **_rows("string", name="name"),
        "coverage-type": ("token", ("coverage.type",)),
        "formulary-coverage": ("reference", ("coverage.extension.valueReference",)),
        **_rows("reference", coverage_area="coverageArea"),
    },
    "Basic": {
        **_rows("token", code="code"),
        **_rows("reference", subject="subject"),
        "status": ("token", (_extension(ITEM_STATUS, "valueCode"),)),
        "period": ("date", (_extension(ITEM_PERIOD, "valuePeriod"),)),
        "formulary": ("reference", (_extension(ITEM_FORMULARY, "valueReference"),)),
        "pharmacy-benefit-type": ("token", (_extension(ITEM_BENEFIT, "valueCodeableConcept"),)),
        "drug-tier": ("token", (_extension(ITEM_TIER, "valueCodeableConcept"),)),
    },
    "MedicationKnowledge": {
        **_rows("token", status="status", code="code", doseform="doseForm"),
        "drug-name": ("string", ("code.coding.display", "synonym")),
    },
    "Location": _ADDRESS,
}

_TARGETS = {
    "organization": ("Organization",),
    "location": ("Location",),
    "coverage-area": ("Location",),
    "endpoint": ("Endpoint",),
    "service": ("HealthcareService",),
    "practitioner": ("Practitioner",),
    "network": ("Organization",),
    "administered-by": ("Organization",),
    "owned-by": ("Organization",),
    "primary-organization": ("Organization",),
    "participating-organization": ("Organization",),
    "partof": ("Organization", "Location"),
    "subject": ("MedicationKnowledge",),
    "formulary": ("InsurancePlan",),
    "formulary-coverage": ("InsurancePlan",),
}


def _made(tables: Mapping[str, Mapping[str, tuple[Kind, tuple[str, ...]]]]) -> Tables:
    return MappingProxyType(
        {
            kind: MappingProxyType(
                {
                    name: Parameter(name, row[0], row[1], _TARGETS.get(name, ()))
                    for name, row in {**_COMMON, **rows}.items()
                }
            )
            for kind, rows in tables.items()
        }
    )


TABLES: Mapping[str, Tables] = MappingProxyType(
    {"directory": _made(_DIRECTORY), "formulary": _made(_FORMULARY)}
)
"""API to resource type to parameter name to parameter."""

REVERSE: Mapping[str, Pairs] = MappingProxyType(
    {
        "directory": MappingProxyType(
            {
                "HealthcareService": (
                    ("PractitionerRole", "service"),
                    ("OrganizationAffiliation", "service"),
                ),
                "Location": (
                    ("HealthcareService", "location"),
                    ("InsurancePlan", "coverage-area"),
                    ("OrganizationAffiliation", "location"),
                    ("PractitionerRole", "location"),
                ),
                "Organization": (
                    ("Endpoint", "organization"),
                    ("HealthcareService", "organization"),
                    ("InsurancePlan", "administered-by"),
                    ("InsurancePlan", "owned-by"),
                    ("OrganizationAffiliation", "primary-organization"),
                    ("OrganizationAffiliation", "participating-organization"),
                    ("PractitionerRole", "organization"),
                    ("PractitionerRole", "network"),
                ),
                "Practitioner": (("PractitionerRole", "practitioner"),),
            }
        ),
        "formulary": MappingProxyType({}),
    }
)
"""API to resource type to what ``_revinclude`` may name."""

_PLAN_NET_PROFILES = {
    **{kind: (kind,) for kind in _DIRECTORY},
    "Organization": ("Network", "Organization"),
}
_FORMULARY_PROFILES = {
    "Basic": ("FormularyItem",),
    "InsurancePlan": ("PayerInsurancePlan", "Formulary"),
    "Location": ("InsurancePlanLocation",),
    "MedicationKnowledge": ("FormularyDrug",),
}
PROFILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "directory": {
        kind: tuple(f"{PLAN_NET}StructureDefinition/plannet-{name}" for name in names)
        for kind, names in _PLAN_NET_PROFILES.items()
    },
    "formulary": {
        kind: tuple(f"{USDF}{name}" for name in names)
        for kind, names in _FORMULARY_PROFILES.items()
    },
}
"""By API and type, the profiles that its statement lists."""
