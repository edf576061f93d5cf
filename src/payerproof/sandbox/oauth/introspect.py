"""Token introspection (RFC 7662; SMART App Launch 2.2.0, Token introspection)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.apps import App
from payerproof.sandbox.oauth.forms import Parameters, form_parameters
from payerproof.sandbox.oauth.minting import subject
from payerproof.sandbox.oauth.model import AccessToken, Connection, OAuthError, RefreshToken

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def client_may_manage_tokens(app: App) -> bool:
    """Introspection needs client authentication; a public client cannot give it."""
    return app.type != "public"


def introspecting_app(tenant: Tenant, authorization: str, form: Parameters) -> App:
    """The authenticated app that asks about a token; raises `OAuthError` for anybody else."""
    policies = tenant.policies.oauth
    app = policies.authenticate_client(tenant, authorization, form)
    if not policies.client_may_manage_tokens(app):
        raise OAuthError("invalid_client", "Client authentication is required", 401)
    return app


def connection_is_of(connection: Connection, app: App) -> bool:
    """An app learns about, and revokes, its own tokens only."""
    return connection.grant.client_id == app.client_id


def introspection_document(
    tenant: Tenant, record: AccessToken | RefreshToken | None, app: App
) -> dict[str, Any]:
    """What the asking app is told; ``active`` false and nothing else where in doubt."""
    policies = tenant.policies.oauth
    if record is None or not policies.connection_is_of(record.connection, app):
        return {"active": False}
    if isinstance(record, AccessToken):
        lives, scopes = policies.token_lives(tenant, record), record.scopes
    else:
        lives = (
            not record.used
            and policies.refresh_is_current(tenant, record)
            and policies.refresh_lives(tenant, record)
        )
        scopes = record.connection.scopes
    if not lives:
        return {"active": False}
    grant = record.connection.grant
    document: dict[str, Any] = {
        "active": True,
        "scope": " ".join(scopes),
        "client_id": grant.client_id,
        "iat": int(record.issued),
        "exp": int(record.expires),
        "patient": grant.patient,
    }
    if isinstance(record, AccessToken):
        document["token_type"] = "Bearer"  # noqa: S105 - the type's name
    if "openid" in record.connection.scopes:
        document["iss"] = tenant.issuer
        document["sub"] = subject(tenant, grant.user)
        if "fhirUser" in record.connection.scopes:
            document["fhirUser"] = f"{tenant.fhir_base}/{grant.fhir_user}"
    return document


def find_token(tenant: Tenant, token: str) -> AccessToken | RefreshToken | None:
    """Find a presented token of either kind, whatever the hint said."""
    record = tenant.policies.oauth.access_token_record(tenant, token)
    return record or tenant.grants.refresh_tokens.get(token)


async def introspection_endpoint(request: Request) -> Response:
    """POST {introspection_endpoint}."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.oauth
    try:
        form = await form_parameters(request)
        authorization = request.headers.get("authorization", "")
        app = policies.introspecting_app(tenant, authorization, form)
        if not form.text("token"):
            raise OAuthError("invalid_request", "token is missing")
    except OAuthError as error:
        return policies.token_error(tenant, error)
    record = find_token(tenant, form["token"])
    document = policies.introspection_document(tenant, record, app)
    return JSONResponse(document, headers=policies.token_headers())
