"""Rules on bearer tokens at the FHIR API (RFC 6750)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.minting import ACCESS_TOKEN_TYPE
from payerproof.sandbox.oauth.model import AccessToken

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


def presented_token(request: Request) -> str | None:
    """The token of the Authorization header; never one of the query or of a form body.

    None when there isn't one, or when the header isn't exactly one well-formed Bearer token.
    """
    headers = request.headers.getlist("authorization")
    match = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    return match[1] if match else None


def access_token_record(tenant: Tenant, token: str) -> AccessToken | None:
    """Find the record of a presented access token: of this tenant, and of no other."""
    if tenant.face.opaque:
        return tenant.grants.access_tokens.get(token)
    claims = keys.verified_claims(token, ACCESS_TOKEN_TYPE)
    if claims is None or not tenant.policies.oauth.token_is_for_us(tenant, claims):
        return None
    jti = claims.get("jti")
    return tenant.grants.access_tokens.get(jti) if isinstance(jti, str) else None


def token_is_for_us(tenant: Tenant, claims: dict[str, object]) -> bool:
    """Issuer and audience of a self-contained token are this payer's own."""
    return claims.get("iss") == tenant.issuer and claims.get("aud") == tenant.fhir_base


def token_is_current(tenant: Tenant, record: AccessToken) -> bool:
    """Not past `exp`."""
    return tenant.clock.now() < record.expires


def token_lives(tenant: Tenant, record: AccessToken) -> bool:
    """Neither expired nor revoked, and its connection alive; asked anew at each request."""
    policies = tenant.policies.oauth
    return (
        policies.token_is_current(tenant, record)
        and not record.revoked
        and policies.connection_lives(tenant, record.connection)
    )


def access_of(record: AccessToken) -> Access:
    """What a living token opens."""
    grant = record.connection.grant
    return Access(
        grant_id=grant.id,
        client_id=grant.client_id,
        user=grant.user,
        patient=grant.patient,
        scopes=record.scopes,
        fhir_user=grant.fhir_user,
        sensitive=grant.sensitive,
    )


def refusal(error: str, description: str) -> Refusal:
    """The 401 of RFC 6750: no error code when no token was presented at all."""
    challenge = 'Bearer realm="fhir"'
    if error:
        challenge += f', error="{error}", error_description="{description}"'
    headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
    return Refusal(401, error, description, headers)


def authenticate(tenant: Tenant, request: Request) -> Access | Refusal:
    """Judge the bearer token of a request."""
    policies = tenant.policies.oauth
    if "authorization" not in request.headers:
        return policies.refusal("", "An access token is required")
    token = policies.presented_token(request)
    record = policies.access_token_record(tenant, token) if token else None
    if record is None or not policies.token_lives(tenant, record):
        return policies.refusal("invalid_token", "The access token is not valid")
    return policies.access_of(record)
