"""Token revocation by the app (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.apps import App
from payerproof.sandbox.oauth.forms import Parameters, form_parameters
from payerproof.sandbox.oauth.introspect import find_token
from payerproof.sandbox.oauth.model import AccessToken, OAuthError, RefreshToken

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def revoking_app(tenant: Tenant, authorization: str, form: Parameters) -> App:
    """The app that gives a token back, authenticated as its type asks; raises `OAuthError`."""
    return tenant.policies.oauth.authenticate_client(tenant, authorization, form)


def revoke_token(tenant: Tenant, record: AccessToken | RefreshToken) -> None:
    """Revoking either token of a connection ends the connection: all its tokens die at once.

    RFC 7009 section 2.1 asks so for a refresh token, and allows it for an access token. The
    member's grant stays, as it is the app that gave its tokens back.
    """
    tenant.grants.end_connection(record.connection, "revoked by the app")


async def revocation_endpoint(request: Request) -> Response:
    """POST {revocation_endpoint}: 200 for any token, known or not (section 2.2)."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.oauth
    try:
        form = await form_parameters(request)
        authorization = request.headers.get("authorization", "")
        app = policies.revoking_app(tenant, authorization, form)
        if not form.text("token"):
            raise OAuthError("invalid_request", "token is missing")
    except OAuthError as error:
        return policies.token_error(tenant, error)
    record = find_token(tenant, form["token"])
    if record is not None and policies.connection_is_of(record.connection, app):
        policies.revoke_token(tenant, record)
    return Response(status_code=200, headers=policies.token_headers())
