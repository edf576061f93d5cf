"""UserInfo (OpenID Connect Core 5.3): who signed in, without personal details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.oauth.minting import subject

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def userinfo_document(tenant: Tenant, access: Access) -> dict[str, Any]:
    """`sub`, and `fhirUser` where granted; no name, address or birth date is ever in it."""
    document = {"sub": subject(tenant, access.user)}
    if "fhirUser" in access.scopes:
        document["fhirUser"] = f"{tenant.fhir_base}/{access.fhir_user}"
    return document


async def userinfo_endpoint(request: Request) -> Response:
    """GET or POST {userinfo_endpoint} with an access token of scope openid."""
    tenant: Tenant = request.state.tenant
    found = tenant.authenticate(request)
    if isinstance(found, Access) and "openid" not in found.scopes:
        challenge = 'Bearer realm="userinfo", error="insufficient_scope", scope="openid"'
        found = Refusal(403, "insufficient_scope", "openid", {"WWW-Authenticate": challenge})
    if isinstance(found, Refusal):
        return JSONResponse({"error": found.error}, found.status, found.headers)
    document = tenant.policies.oauth.userinfo_document(tenant, found)
    return JSONResponse(document, headers={"Cache-Control": "no-store"})
