"""The token endpoint for backend services (SMART App Launch 2.2.0, Backend Services)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.access import Refusal
from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.forms import form_parameters
from payerproof.sandbox.oauth.minting import ACCESS_TOKEN_TYPE
from payerproof.sandbox.oauth.model import OAuthError
from payerproof.sandbox.oauth.resource import presented_token, refusal
from payerproof.sandbox.oauth.store import new_secret
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.scopes import RESOURCE_TYPES

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

TYPES = (*RESOURCE_TYPES, "Group")
"""Types that a system scope may name."""

_FORM = re.compile(r"system/(\*|[A-Z][A-Za-z]+)\.(read|rs|r|s)")
_KNOWN = ("grant_type", "scope", "client_id", "client_assertion", "client_assertion_type")


@dataclass(frozen=True)
class SystemToken:
    """What was issued to a client; `key` finds it (the token itself, or the JWT's ``jti``)."""

    key: str = field(repr=False)
    client_id: str
    scopes: tuple[str, ...]
    issued: float
    expires: float


def scope_is_offered(_client: PartnerClient, scope: str) -> bool:
    """Reading and searching, by the system, of a type there is: v1 ``.read`` or v2 letters."""
    found = _FORM.fullmatch(scope)
    return found is not None and found[1] in ("*", *TYPES)


def scope_allows(scopes: tuple[str, ...], kind: str, verb: str) -> bool:
    """Whether scopes open a type for ``r`` (read) or ``s`` (search)."""
    for scope in scopes:
        found = _FORM.fullmatch(scope)
        if found is not None and found[1] in ("*", kind):
            letters = "rs" if found[2] == "read" else found[2]
            if verb in letters:
                return True
    return False


def scopes_supported() -> tuple[str, ...]:
    """Every scope that a client may be given."""
    return tuple(f"system/{kind}.{verbs}" for kind in ("*", *TYPES) for verbs in ("rs", "read"))


def granted(tenant: Tenant, client: PartnerClient, asked: str) -> tuple[str, ...]:
    """Scopes granted: those asked that are on offer; raises `OAuthError` where none is."""
    offered = tenant.policies.partners.scope_is_offered
    found = tuple(
        dict.fromkeys(scope for scope in asked.split() if scope and offered(client, scope))
    )
    if not found:
        raise OAuthError("invalid_scope", "None of the scopes is on offer to this client")
    return found


def issue(tenant: Tenant, client: PartnerClient, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Make the token response: no refresh token, and five minutes at most."""
    now, lifetime = tenant.clock.now(), tenant.policies.partners.token_lifetime
    record = SystemToken(new_secret(), client.client_id, scopes, now, now + lifetime)
    tenant.partners.tokens[record.key] = record
    token = record.key if tenant.face.opaque else keys.sign(_claims(tenant, record), "at+jwt")
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(lifetime),
        "scope": " ".join(scopes),
    }


def _claims(tenant: Tenant, record: SystemToken) -> dict[str, Any]:
    return {
        "iss": tenant.partner_base,
        "sub": record.client_id,
        "aud": tenant.partner_fhir_base,
        "client_id": record.client_id,
        "scope": " ".join(record.scopes),
        "iat": int(record.issued),
        "exp": int(record.expires),
        "jti": record.key,
    }


async def token_endpoint(request: Request) -> Response:
    """POST {partner}/oauth/token: client_credentials, and nothing else."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.partners
    try:
        form = await form_parameters(request)
        if form.repeated.intersection(_KNOWN):
            raise OAuthError("invalid_request", "A parameter was sent more than once")
        if not form.text("grant_type"):
            raise OAuthError("invalid_request", "grant_type is missing")
        if form.text("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "This grant type is not offered")
        client = await policies.authenticated_client(tenant, form)
        if not form.text("scope"):
            raise OAuthError("invalid_request", "scope is missing")
        scopes = policies.granted(tenant, client, form["scope"])
    except OAuthError as error:
        body = {"error": error.error, "error_description": error.description}
        return JSONResponse(body, error.status, _NEVER_KEPT)
    return JSONResponse(policies.issue(tenant, client, scopes), headers=_NEVER_KEPT)


_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def token_record(tenant: Tenant, token: str) -> SystemToken | None:
    """Find what was issued as this token: by this payer, for this API."""
    if tenant.face.opaque:
        return tenant.partners.tokens.get(token)
    claims = keys.verified_claims(token, ACCESS_TOKEN_TYPE)
    if claims is None or claims.get("aud") != tenant.partner_fhir_base:
        return None
    if claims.get("iss") != tenant.partner_base:
        return None
    return tenant.partners.tokens.get(str(claims.get("jti")))


def token_is_current(tenant: Tenant, record: SystemToken) -> bool:
    """Not past its end."""
    return tenant.clock.now() < record.expires


def authenticate(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    """Judge the bearer token of a request; asked anew each time, so that a cut-off counts."""
    policies = tenant.policies.partners
    if "authorization" not in request.headers:
        return refusal("", "An access token is required")
    token = presented_token(request)
    record = policies.token_record(tenant, token) if token else None
    client = tenant.clients.get(record.client_id) if record is not None else None
    if (
        record is None
        or client is None
        or not policies.token_is_current(tenant, record)
        or not policies.is_let_in(tenant, client)
    ):
        return refusal("invalid_token", "The access token is not valid")
    return record
