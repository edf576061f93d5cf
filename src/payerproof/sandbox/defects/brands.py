"""User-access brands that apps cannot read, show, or follow (SMART App Launch 2.2.0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, public, transport
from payerproof.sandbox.public import brands
from payerproof.sandbox.tenant import Tenant, TenantSpec
from payerproof.sandbox.transport import cors_headers

AREA = "discovery"
CITES = "AC-08-1"
Json = dict[str, Any]
Edit = Callable[[Json], Json]


def _named(spec: TenantSpec) -> TenantSpec:
    return replace(spec, face=replace(spec.face, brands=True))


def _seed(name: str, title: str, change: Change, *, lawful: bool = False) -> None:
    seed(name, AREA, CITES, title, both(_named, change), lawful=lawful)


def _login(tenant: Tenant, request: Request) -> Response | None:
    if request.scope["path"] != f"/{tenant.name}/brands.json":
        return None
    challenge = {"WWW-Authenticate": 'Bearer realm="brands"'}
    return None if "authorization" in request.headers else JSONResponse({}, 401, challenge)


def _gone(tenant: Tenant, request: Request) -> Response | None:
    here = request.scope["path"] == f"/{tenant.name}/brands.json"
    return JSONResponse({"error": "There is no such address here"}, 404) if here else None


def _for_no_script(path: str, origin: str) -> dict[str, str]:
    return {} if path == "/brands.json" else cors_headers(path, origin)


_seed("brands-behind-a-login", "The bundle of brands asks for a token", transport(rewrite=_login))
_seed("brands-announced-and-absent", "The bundle of brands isn't there", transport(rewrite=_gone))
_seed(
    "brands-for-no-browser-app",
    "The bundle of brands may not be read by apps of other origins in a browser",
    transport(cors_headers=_for_no_script),
)


def _bundle(edit: Callable[[Tenant, Json], Json]) -> Change:
    return public(brand_bundle=lambda tenant: edit(tenant, brands.brand_bundle(tenant)))


def _each(kind: str, edit: Edit) -> Change:
    """Change the resources of a type in the bundle."""

    def changed(_tenant: Tenant, bundle: Json) -> Json:
        rows = [
            {**row, "resource": edit(row["resource"])}
            if row["resource"]["resourceType"] == kind
            else row
            for row in bundle["entry"]
        ]
        return {**bundle, "entry": rows}

    return _bundle(changed)


def _without(*names: str) -> Edit:
    return lambda one: {name: value for name, value in one.items() if name not in names}


def _no_time(_tenant: Tenant, bundle: Json) -> Json:
    return _without("timestamp")(bundle)


def _no_endpoint(_tenant: Tenant, bundle: Json) -> Json:
    rows = [row for row in bundle["entry"] if row["resource"]["resourceType"] != "Endpoint"]
    return {**bundle, "entry": rows}


def _of_another(one: Json) -> Json:
    return {**one, "identifier": [{**one["identifier"][0], "value": "https://other.example"}]}


def _elsewhere(one: Json) -> Json:
    return {**one, "address": "https://old-api.plan.example/fhir"}


_seed("brands-without-time", "The bundle of brands has no timestamp", _bundle(_no_time))
_seed(
    "brands-without-name",
    "The brand has neither a name nor a website",
    _each("Organization", _without("name", "telecom")),
)
_seed(
    "brands-by-another-identifier",
    "The SMART configuration names an identifier that no brand has",
    _each("Organization", _of_another),
)
_seed(
    "brands-without-endpoint", "The brand names an endpoint that isn't there", _bundle(_no_endpoint)
)
_seed(
    "brands-lead-to-another-api",
    "The brand's endpoint is the address of an API that was given up",
    _each("Endpoint", _elsewhere),
)
_seed(
    "brands-endpoint-of-no-version",
    "The brand's endpoint doesn't tell which FHIR it speaks, nor how to connect",
    _each("Endpoint", _without("extension", "connectionType")),
)
_seed(
    "brands-as-they-should-be",
    "A bundle of brands is announced, open and right",
    public(),
    lawful=True,
)
