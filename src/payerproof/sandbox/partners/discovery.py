"""Discovery of the partners' API: its SMART configuration, and UDAP where the face declares it."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.gateways import Gateway, Gateways
from payerproof.sandbox.oauth.clients import ASSERTION_ALGORITHMS
from payerproof.sandbox.tls import mutual_context

if TYPE_CHECKING:
    from payerproof.sandbox.app import House
    from payerproof.sandbox.tenant import Tenant

_COMMUNITY = "Synthetic trust community, made for one run"
_LASTS = dt.timedelta(days=300)
MUTUAL_TLS = Gateway(mutual_context)
"""The host that lets nobody in without a certificate."""


def smart_configuration(tenant: Tenant) -> dict[str, Any]:
    """SMART configuration of a server for backend services only (SMART App Launch 2.2.0)."""
    return {
        "token_endpoint": tenant.partner_token_endpoint,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "scopes_supported": list(tenant.policies.partners.scopes_supported()),
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def mutual_tls_aliases(tenant: Tenant, gateways: Gateways) -> dict[str, str]:
    """Endpoints that ask for the client's certificate, by their usual name (RFC 8705 section 5)."""
    host = gateways.origin(MUTUAL_TLS)
    return {"token_endpoint": tenant.partner_token_endpoint.replace(tenant.origin, host, 1)}


def udap_metadata(tenant: Tenant) -> dict[str, Any]:
    """UDAP metadata (HL7 UDAP Security 1.1.0, Discovery) with its signed part.

    No client may register itself as yet: registration is by agreement with the plan, and the
    endpoint answers every software statement so.
    """
    endpoints = {
        "token_endpoint": tenant.partner_token_endpoint,
        "registration_endpoint": f"{tenant.partner_base}/oauth/register",
    }
    return {
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "udap_authorization_extensions_supported": ["hl7-b2b"],
        "udap_authorization_extensions_required": [],
        "udap_certifications_supported": [],
        "udap_certifications_required": [],
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": list(tenant.policies.partners.scopes_supported()),
        **endpoints,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "registration_endpoint_jwt_signing_alg_values_supported": ["RS256"],
        "signed_metadata": tenant.policies.partners.udap_signed(
            tenant.policies.partners.udap_claims(tenant.partner_fhir_base, endpoints),
            tenant.partner_fhir_base,
        ),
    }


def udap_claims(base: str, endpoints: dict[str, str]) -> dict[str, Any]:
    """What is signed (UDAP Security 1.1.0, Signed metadata elements): good for a day."""
    now = int(dt.datetime.now(dt.UTC).timestamp())
    return {
        "iss": base,
        "sub": base,
        "iat": now,
        "exp": now + 86400,
        "jti": uuid.uuid4().hex,
        **endpoints,
    }


def udap_signed(claims: dict[str, Any], base: str) -> str:
    """The claims as a JWT with the certificates of the signer (JWT headers)."""
    key, chain = certified(base)
    return jwt.encode({"alg": "RS256", "x5c": list(chain)}, claims, key)


@lru_cache(maxsize=8)
def certified(base: str) -> tuple[RSAKey, tuple[str, ...]]:
    """A key with a certificate whose subject alternative name is the FHIR base, and its chain."""
    authority, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _COMMUNITY)])
    now = dt.datetime.now(dt.UTC)

    def builder(subject: x509.Name, of: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(name)
        made = made.public_key(of.public_key()).serial_number(x509.random_serial_number())
        return made.not_valid_before(now).not_valid_after(now + _LASTS)

    root = builder(name, authority).add_extension(x509.BasicConstraints(True, 0), critical=True)
    leaf = builder(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "payer")]), key)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(base)])
    signed = [
        leaf.add_extension(names, critical=False).sign(authority, hashes.SHA256()),
        root.sign(authority, hashes.SHA256()),
    ]
    chain = (base64.b64encode(c.public_bytes(serialization.Encoding.DER)).decode() for c in signed)
    return RSAKey.import_key(key), tuple(chain)


async def smart_endpoint(request: Request) -> Response:
    """GET {partner fhir}/.well-known/smart-configuration."""
    tenant: Tenant = request.state.tenant
    policies = tenant.policies.partners
    document = policies.smart_configuration(tenant)
    if tenant.face.mutual_tls:
        house: House = request.state.house
        document["mtls_endpoint_aliases"] = policies.mutual_tls_aliases(tenant, house.gateways)
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})


async def udap_endpoint(request: Request) -> Response:
    """GET {partner fhir}/.well-known/udap: 404 where UDAP is not offered."""
    tenant: Tenant = request.state.tenant
    if not tenant.face.udap:
        return JSONResponse({"error": "UDAP is not offered here"}, 404)
    return JSONResponse(
        tenant.policies.partners.udap_metadata(tenant), headers={"Cache-Control": "no-cache"}
    )


async def registration_endpoint(request: Request) -> Response:
    """POST {partner}/oauth/register: no software statement is approved without an agreement."""
    tenant: Tenant = request.state.tenant
    if not tenant.face.udap:
        return JSONResponse({"error": "There is no such address here"}, 404)
    try:
        body = await request.json()
        statement = body["software_statement"]
    except (ValueError, KeyError, TypeError):
        return _not_registered("invalid_client_metadata", "software_statement is required")
    if not isinstance(statement, str) or statement.count(".") != 2:
        return _not_registered("invalid_software_statement", "It is not a signed JWT")
    return _not_registered("unapproved_software_statement", "Clients register by agreement here")


def _not_registered(error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    return JSONResponse(body, 400, {"Cache-Control": "no-store"})
