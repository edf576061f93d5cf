"""The token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.apps import App
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import Issued, OAuthError

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_KNOWN = (
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
)


async def token_endpoint(request: Request) -> Response:
    """POST {token_endpoint}: exchange a code, or refresh."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.oauth
    try:
        form = await policies.token_form(request)
        if form.repeated.intersection(_KNOWN):
            raise OAuthError("invalid_request", "A parameter was sent more than once")
        grant_type = form.text("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request", "grant_type is missing")
        if not policies.grant_type_is_supported(grant_type):
            raise OAuthError("unsupported_grant_type", "This grant type is not offered")
        authorization = request.headers.get("authorization", "")
        app = policies.authenticate_client(tenant, authorization, form)
        answer = policies.exchange if grant_type == "authorization_code" else policies.refresh
        return policies.token_response(tenant, answer(tenant, app, form))
    except OAuthError as error:
        return policies.token_error(tenant, error)


def _invalid() -> OAuthError:
    return OAuthError("invalid_grant", "The code or refresh token is not valid for this request")


def exchange(tenant: Tenant, app: App, form: Parameters) -> Issued:
    """Exchange an authorization code; raises `OAuthError`."""
    policies = tenant.policies.oauth
    if not form.text("code"):
        raise OAuthError("invalid_request", "code is missing")
    code = tenant.grants.codes.get(form["code"])
    if code is None or not policies.code_is_for_client(code, app):
        raise _invalid()
    if policies.code_was_used(code):
        policies.on_code_replay(tenant, code)
        raise _invalid()
    code.used = True
    if (
        not policies.code_is_current(tenant, code)
        or not policies.code_is_for_redirect(code, form.text("redirect_uri"))
        or not policies.verifier_matches(code, form.text("code_verifier"))
        or not policies.connection_lives(tenant, code.connection)
    ):
        raise _invalid()
    return policies.issue(tenant, code.connection, code.connection.scopes, True)


def refresh(tenant: Tenant, app: App, form: Parameters) -> Issued:
    """Exchange a refresh token for new tokens, rotating it; raises `OAuthError`."""
    policies = tenant.policies.oauth
    if not form.text("refresh_token"):
        raise OAuthError("invalid_request", "refresh_token is missing")
    token = tenant.grants.refresh_tokens.get(form["refresh_token"])
    if token is None or not policies.refresh_is_for_client(token, app):
        raise _invalid()
    if policies.refresh_was_used(token):
        policies.on_refresh_replay(tenant, token)
        raise _invalid()
    if not policies.refresh_is_current(tenant, token) or not policies.refresh_lives(tenant, token):
        raise OAuthError("invalid_grant", "Access has ended; ask the member to connect again")
    scopes = policies.refreshed_scopes(token.connection, form.text("scope"))
    token.used = True
    return policies.issue(tenant, token.connection, scopes, False)
