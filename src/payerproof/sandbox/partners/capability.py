"""The CapabilityStatement of the partners' API (PDex 2.2.0, Bulk Data 2.0.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payerproof.sandbox.data.coding import PDEX
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.partners.groups import PARAMETERS as GROUP_PARAMETERS
from payerproof.sandbox.partners.kickoff import EXPORTED

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_BULK = "http://hl7.org/fhir/uv/bulkdata/"
_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_HREX = "http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/"
_ATR = "http://hl7.org/fhir/us/davinci-atr/OperationDefinition/"
_PARAMETER_TYPES = {"characteristic-value-reference": "reference"}


def as_made(_tenant: Tenant, statement: dict[str, Any]) -> dict[str, Any]:
    """Publish the statement as it was made."""
    return statement


def capability_statement(tenant: Tenant) -> dict[str, Any]:
    """Make the statement, as far as the face offers v1, v2 or both."""
    token = {"url": "token", "valueUri": tenant.partner_token_endpoint}
    uris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": "Sandbox partner API"},
        "implementation": {
            "description": "Synthetic members only",
            "url": tenant.partner_fhir_base,
        },
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "instantiates": [
            _BULK + "CapabilityStatement/bulk-data",
            PDEX + "CapabilityStatement/pdex-provider-access-server",
        ],
        "implementationGuide": [
            PDEX + "ImplementationGuide/hl7.fhir.us.davinci-pdex|2.2.0",
            _BULK + "ImplementationGuide/hl7.fhir.uv.bulkdata|2.0.0",
        ],
        "rest": [
            {
                "mode": "server",
                "documentation": "For clinics in the network and for other payers.",
                "security": {
                    "extension": [{"url": uris, "extension": [token]}],
                    "service": [{"coding": [{"system": _SECURITY, "code": "SMART-on-FHIR"}]}],
                },
                "resource": [
                    _resource(tenant, kind) for kind in sorted(EXPORTED) if kind != "Group"
                ]
                + [_group(tenant)],
            }
        ],
    }


def _resource(tenant: Tenant, kind: str) -> dict[str, Any]:
    if kind == "Binary":
        return {"type": kind, "interaction": [{"code": "read"}]}
    made: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": one.name, "type": one.kind} for one in PARAMETERS[kind].values()],
    }
    if kind == "Patient":
        made["operation"] = [{"name": "member-match", "definition": _HREX + "member-match"}]
        if tenant.face.patient_export:
            definition = _BULK + "OperationDefinition/patient-export"
            made["operation"].append({"name": "patient-export", "definition": definition})
    return made


def _group(tenant: Tenant) -> dict[str, Any]:
    operations = [
        ("davinci-data-export", _ATR + "davinci-data-export"),
        ("group-export", _BULK + "OperationDefinition/group-export"),
        ("bulk-member-match", PDEX + "OperationDefinition/BulkMemberMatch"),
    ]
    if tenant.face.provider_access != "v1":
        operations.append(
            ("provider-member-match", PDEX + "OperationDefinition/ProviderMemberMatch")
        )
    return {
        "type": "Group",
        "supportedProfile": [PDEX + "StructureDefinition/pdex-provider-group"],
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [
            {"name": name, "type": _PARAMETER_TYPES.get(name, "token")} for name in GROUP_PARAMETERS
        ],
        "operation": [{"name": name, "definition": where} for name, where in operations],
    }
