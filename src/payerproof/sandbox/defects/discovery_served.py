"""Faults in how discovery documents and the pages they name are served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, transport
from payerproof.sandbox.oauth.discovery import smart_configuration

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

SMART = "/fhir/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "discovery", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "discovery", tuple(cites.split()), title, change, lawful=True))


def _path(tenant: Tenant, request: Request) -> str:
    return str(request.scope["path"][len(tenant.name) + 1 :])


def _missing(path: str) -> Change:
    def rewrite(tenant: Tenant, request: Request) -> Response | None:
        page = "<!doctype html><title>Not found</title><h1>Page not found</h1>"
        return HTMLResponse(page, 404) if _path(tenant, request) == path else None

    return transport(rewrite=rewrite)


_defect(
    "smart-configuration-missing",
    "Q-DISC-01 Q-DISC-10",
    "There is no SMART configuration: its address answers with a page that says not found",
    _missing(SMART),
    twin="smart-configuration-with-charset",
)
_defect(
    "openid-configuration-missing",
    "Q-DISC-09",
    "openid is offered, but there is no OpenID configuration under the issuer",
    _missing(OPENID),
)


def _behind_token(tenant: Tenant, request: Request) -> Response | None:
    if _path(tenant, request) != SMART or "authorization" in request.headers:
        return None
    headers = {"WWW-Authenticate": 'Bearer realm="gateway"'}
    return JSONResponse({"message": "Unauthorized"}, 401, headers)


_defect(
    "smart-configuration-needs-a-token",
    "Q-DISC-01",
    "The SMART configuration is only given to whoever brings a token",
    transport(rewrite=_behind_token),
)


def _by_accept(tenant: Tenant, request: Request) -> Response | None:
    accept = request.headers.get("accept", "*/*")
    if _path(tenant, request) != SMART or "application/json" in accept or "*/*" in accept:
        return None
    return Response("Not Acceptable", 406, media_type="text/plain")


_defect(
    "smart-configuration-by-accept",
    "Q-DISC-01",
    "Whoever asks for FHIR JSON is refused the SMART configuration",
    transport(rewrite=_by_accept),
    twin="smart-configuration-with-charset",
)


def _served(kind: str, *, mark: bytes = b"", indent: int | None = None) -> Change:
    def answer(_tenant: Tenant, document: dict[str, Any]) -> Response:
        headers = {"Cache-Control": "public, max-age=300", "Content-Type": kind}
        return Response(mark + json.dumps(document, indent=indent).encode(), headers=headers)

    return oauth(document_response=answer)


_defect(
    "discovery-documents-as-html",
    "Q-DISC-01",
    "The discovery documents are JSON but say that they are HTML",
    _served("text/html; charset=utf-8"),
    twin="smart-configuration-with-charset",
)
_defect(
    "discovery-documents-with-byte-order-mark",
    "Q-DISC-01",
    "The discovery documents begin with a byte order mark, which JSON must not have",
    _served("application/json", mark=b"\xef\xbb\xbf"),
    twin="smart-configuration-with-charset",
)
_twin(
    "smart-configuration-with-charset",
    "Q-DISC-01",
    "The discovery documents name their character set and are indented",
    _served("application/json; charset=utf-8", indent=2),
)
_twin(
    "smart-configuration-with-more-members",
    "Q-DISC-05",
    "The SMART configuration has members of the payer's own and a capability of its own by URI",
    oauth(
        smart_configuration=lambda tenant: {
            "x_environment": "synthetic",
            **smart_configuration(tenant),
            "service_documentation": f"{tenant.base}/portal/apps",
            "capabilities": [
                "https://payer.example/capability/member-picker",
                *reversed(smart_configuration(tenant)["capabilities"]),
            ],
        }
    ),
)


def _browsers_crash(tenant: Tenant, request: Request) -> Response | None:
    page = "text/html" in request.headers.get("accept", "")
    if _path(tenant, request) == "/portal/apps" and page:
        return Response("Internal error", 500, media_type="text/plain")
    return None


_defect(
    "management-page-fails-in-browsers",
    "Q-DISC-08",
    "The page that lists a member's apps answers scripts, and fails for whoever accepts HTML",
    transport(rewrite=_browsers_crash),
)


def _post_refused(tenant: Tenant, request: Request) -> Response | None:
    if _path(tenant, request) == "/oauth/authorize" and request.method == "POST":
        return Response("Method Not Allowed", 405, {"Allow": "GET"}, "text/plain")
    return None


_defect(
    "authorize-post-claimed-in-vain",
    "Q-DISC-05",
    "The capability authorize-post is claimed, and a POST to the authorization endpoint refused",
    transport(rewrite=_post_refused),
)
