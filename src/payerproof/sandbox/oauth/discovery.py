"""Discovery documents: SMART configuration, OpenID configuration, JWK Set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.clients import ASSERTION_ALGORITHMS

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

CAPABILITIES = (
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-standalone-patient",
    "permission-offline",
    "permission-patient",
    "permission-v1",
    "permission-v2",
)
AUTHENTICATION_METHODS = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt")


def _shared(tenant: Tenant) -> dict[str, Any]:
    """What both documents say: one truth."""
    policies = tenant.policies.oauth
    return {
        "issuer": tenant.issuer,
        "jwks_uri": f"{tenant.base}/oauth/jwks",
        "authorization_endpoint": f"{tenant.base}/oauth/authorize",
        "token_endpoint": tenant.token_endpoint,
        "introspection_endpoint": f"{tenant.base}/oauth/introspect",
        "revocation_endpoint": f"{tenant.base}/oauth/revoke",
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": list(policies.scopes_supported(tenant)),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }


def smart_configuration(tenant: Tenant) -> dict[str, Any]:
    """SMART configuration (SMART App Launch 2.2.0, Conformance)."""
    return {
        **_shared(tenant),
        "management_endpoint": f"{tenant.base}/portal/apps",
        "capabilities": list(CAPABILITIES),
    }


def openid_configuration(tenant: Tenant) -> dict[str, Any]:
    """OpenID Provider metadata (OpenID Connect Discovery 1.0 section 3)."""
    return {
        **_shared(tenant),
        "userinfo_endpoint": f"{tenant.base}/oauth/userinfo",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "prompt_values_supported": ["none", "login", "consent"],
    }


def jwks(_tenant: Tenant) -> dict[str, Any]:
    """JWK Set of the keys that sign id_tokens."""
    return keys.public_keys()


def document_response(_tenant: Tenant, document: dict[str, Any]) -> Response:
    """A discovery document: JSON whatever was asked for; may be cached briefly."""
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})


async def smart_endpoint(request: Request) -> Response:
    """GET {fhir}/.well-known/smart-configuration."""
    tenant: Tenant = request.state.tenant
    if tenant.authenticator is not None:
        return await tenant.authenticator.smart_response()
    policies = tenant.policies.oauth
    document = policies.smart_configuration(tenant)
    if tenant.face.brands:
        document |= tenant.policies.public.brands_announced(tenant)
    return policies.document_response(tenant, document)


async def openid_endpoint(request: Request) -> Response:
    """GET {issuer}/.well-known/openid-configuration."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.oauth
    return policies.document_response(tenant, policies.openid_configuration(tenant))


async def jwks_endpoint(request: Request) -> Response:
    """GET {jwks_uri}."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.oauth
    return policies.document_response(tenant, policies.jwks(tenant))
