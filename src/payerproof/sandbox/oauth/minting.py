"""Rules on what is handed out: access tokens in both formats, id_tokens, the token response."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.model import (
    AccessToken,
    Connection,
    Issued,
    OAuthError,
    RefreshToken,
)
from payerproof.sandbox.oauth.store import new_secret

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type (RFC 9068), not a secret
ID_TOKEN_TYPE = "JWT"  # noqa: S105 - a media type, not a secret


def new_access_token(
    tenant: Tenant, connection: Connection, scopes: tuple[str, ...]
) -> tuple[str, AccessToken]:
    """Return an access token in the format of the face, and its record in the store."""
    policies, now = tenant.policies.oauth, tenant.clock.now()
    expires = now + policies.access_token_lifetime
    key = new_secret()
    record = AccessToken(key, connection, scopes, now, expires)
    tenant.grants.access_tokens[key] = record
    if tenant.face.opaque:
        return key, record
    claims = policies.access_token_claims(tenant, record)
    return keys.sign(claims, ACCESS_TOKEN_TYPE), record


def access_token_claims(tenant: Tenant, record: AccessToken) -> dict[str, Any]:
    """Token claims of a self-contained access token (RFC 9068): no name, nothing about health."""
    grant = record.connection.grant
    return {
        "iss": tenant.issuer,
        "sub": subject(tenant, grant.user),
        "aud": tenant.fhir_base,
        "client_id": grant.client_id,
        "scope": " ".join(record.scopes),
        "patient": grant.patient,
        "iat": int(record.issued),
        "exp": int(record.expires),
        "jti": record.key,
    }


def subject(tenant: Tenant, user: str) -> str:
    """Identifier of a person at this issuer that isn't their user name."""
    return hashlib.sha256(f"{tenant.issuer} {user}".encode()).hexdigest()[:32]


def new_refresh_token(tenant: Tenant, connection: Connection) -> RefreshToken:
    """Issue a refresh token; it never outlives the grant."""
    now = tenant.clock.now()
    expires = min(now + tenant.policies.oauth.refresh_token_lifetime, connection.grant.expires)
    token = RefreshToken(new_secret(), connection, now, expires)
    tenant.grants.refresh_tokens[token.key] = token
    return token


def id_token_claims(
    tenant: Tenant, connection: Connection, scopes: tuple[str, ...]
) -> dict[str, Any]:
    """Token claims of an id_token (OpenID Connect Core 2; SMART fhirUser): no personal details."""
    now = tenant.clock.now()
    claims: dict[str, Any] = {
        "iss": tenant.issuer,
        "sub": subject(tenant, connection.grant.user),
        "aud": connection.grant.client_id,
        "iat": int(now),
        "exp": int(now + tenant.policies.oauth.id_token_lifetime),
        "auth_time": int(connection.auth_time),
    }
    if connection.nonce:
        claims["nonce"] = connection.nonce
    if "fhirUser" in scopes:
        claims["fhirUser"] = f"{tenant.fhir_base}/{connection.grant.fhir_user}"
    return claims


def signed_id_token(claims: dict[str, Any]) -> str:
    """The id_token as RS256 JWS (SMART App Launch 2.2.0, fhirUser)."""
    return keys.sign(claims, ID_TOKEN_TYPE)


def issue(tenant: Tenant, connection: Connection, scopes: tuple[str, ...], first: bool) -> Issued:
    """Hand out tokens for a connection; the id_token only at the `first` exchange."""
    policies = tenant.policies.oauth
    token, record = policies.new_access_token(tenant, connection, scopes)
    refresh = ""
    if policies.refresh_is_issued(connection.scopes):
        refresh = policies.new_refresh_token(tenant, connection).key
    identity = ""
    if first and "openid" in scopes:
        claims = policies.id_token_claims(tenant, connection, scopes)
        identity = policies.signed_id_token(claims)
    lifetime = int(record.expires - record.issued)
    return Issued(connection, scopes, token, lifetime, refresh, identity)


def token_document(_tenant: Tenant, issued: Issued) -> dict[str, Any]:
    """JSON of a successful token response (SMART App Launch 2.2.0, Obtain access token)."""
    document: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": " ".join(issued.scopes),
        "patient": issued.connection.grant.patient,
    }
    if issued.refresh_token:
        document["refresh_token"] = issued.refresh_token
    if issued.id_token:
        document["id_token"] = issued.id_token
    return document


def token_headers() -> dict[str, str]:
    """Headers of every token response (RFC 6749 section 5.1)."""
    return {"Cache-Control": "no-store", "Pragma": "no-cache"}


def token_response(tenant: Tenant, issued: Issued) -> Response:
    """Successful token response."""
    policies = tenant.policies.oauth
    return JSONResponse(policies.token_document(tenant, issued), headers=policies.token_headers())


def token_error(tenant: Tenant, error: OAuthError) -> Response:
    """Token error response (RFC 6749 section 5.2)."""
    headers = tenant.policies.oauth.token_headers()
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="token"'
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, headers)
