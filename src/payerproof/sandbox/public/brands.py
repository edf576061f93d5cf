"""The payer's brand as apps show it: SMART App Launch 2.2.0, User-access Brands and Endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_CHANGED = "2026-11-01T08:00:00-05:00"
_URL = "urn:ietf:rfc:3986"
_PORTAL = "http://hl7.org/fhir/StructureDefinition/organization-portal"
_VERSION = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version"
_CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
_PAYLOAD = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type"
_CATEGORY = "http://hl7.org/fhir/smart-app-launch/CodeSystem/user-access-category"


def announced(tenant: Tenant) -> dict[str, Any]:
    """What the SMART configuration says of it."""
    return {
        "user_access_brand_bundle": f"{tenant.base}/brands.json",
        "user_access_brand_identifier": {"system": _URL, "value": _website(tenant)},
    }


def brand_bundle(tenant: Tenant) -> dict[str, Any]:
    """The Bundle: one brand and the endpoint of its members' API."""
    rows = (brand(tenant), endpoint(tenant))
    entries = [
        {"fullUrl": f"{tenant.base}/{one['resourceType']}/{one['id']}", "resource": one}
        for one in rows
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _CHANGED,
        "entry": entries,
    }


def brand(tenant: Tenant) -> dict[str, Any]:
    """The brand (Organization) with its portal."""
    reference = {"reference": "Endpoint/members"}
    return {
        "resourceType": "Organization",
        "id": "plan",
        "meta": {"lastUpdated": _CHANGED},
        "extension": [
            {
                "url": _PORTAL,
                "extension": [
                    {"url": "portalName", "valueString": f"My {tenant.face.plan_name}"},
                    {"url": "portalUrl", "valueUrl": f"{tenant.base}/portal/apps"},
                    {"url": "portalEndpoint", "valueReference": reference},
                ],
            }
        ],
        "identifier": [{"system": _URL, "value": _website(tenant)}],
        "active": True,
        "type": [{"coding": [{"system": _CATEGORY, "code": "insurance", "display": "Insurance"}]}],
        "name": tenant.face.plan_name,
        "telecom": [{"system": "url", "value": _website(tenant)}],
        "endpoint": [reference],
    }


def endpoint(tenant: Tenant) -> dict[str, Any]:
    """The members' API (Endpoint)."""
    return {
        "resourceType": "Endpoint",
        "id": "members",
        "meta": {"lastUpdated": _CHANGED},
        "extension": [{"url": _VERSION, "valueCode": "4.0.1"}],
        "status": "active",
        "connectionType": {"system": _CONNECTION, "code": "hl7-fhir-rest"},
        "name": f"{tenant.face.plan_name}, FHIR R4",
        "contact": [{"system": "url", "value": f"{_website(tenant)}/developers"}],
        "payloadType": [{"coding": [{"system": _PAYLOAD, "code": "none"}]}],
        "address": tenant.fhir_base,
    }


def _website(tenant: Tenant) -> str:
    return f"https://{tenant.face.name}.plan.example"


async def brands_endpoint(request: Request) -> Response:
    """GET /brands.json: for anybody; 404 where the face has none."""
    tenant: Tenant = request.state.tenant
    if not tenant.face.brands:
        return JSONResponse({"error": "There is no such address here"}, 404)
    headers = {"Cache-Control": "public, max-age=300", "ETag": 'W/"1"'}
    bundle = tenant.policies.public.brand_bundle(tenant)
    return JSONResponse(bundle, 200, headers, "application/fhir+json")


def routes() -> list[Route]:
    """Its address, below the tenant."""
    return [Route("/brands.json", brands_endpoint)]
