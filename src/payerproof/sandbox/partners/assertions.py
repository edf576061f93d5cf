"""Rules on a backend client's assertion (SMART App Launch 2.2.0, Asymmetric Authentication).

The client proves who it is by a short-lived JWT that it signs with RS384 or ES384: issuer and
subject its client id, audience the token endpoint, at most five minutes to go, and a `jti` that is
taken once.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from payerproof.sandbox.external import IssuerUnreachable, json_object
from payerproof.sandbox.oauth.clients import (
    ASSERTION_ALGORITHMS,
    ASSERTION_TYPE,
    LONGEST_ASSERTION,
    SKEW,
)
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import OAuthError
from payerproof.sandbox.partners.clients import PartnerClient, keys_of

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Json = dict[str, Any]


def refused() -> OAuthError:
    """The one answer to every failed authentication: it doesn't tell what was wrong."""
    return OAuthError("invalid_client", "Unknown client, or client authentication failed", 401)


def unverified(assertion: str) -> tuple[Json, Json]:
    """Read header and token claims of an assertion nobody has verified, to find its client."""
    try:
        parts = [
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in assertion.split(".")[:2]
        ]
        header, claims = parts
    except (ValueError, TypeError):
        return {}, {}
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else ({}, {})


def client_named(tenant: Tenant, claims: Json) -> PartnerClient | None:
    """The registered client that an assertion claims to come from."""
    issuer = claims.get("iss")
    return tenant.clients.get(issuer) if isinstance(issuer, str) else None


def is_let_in(tenant: Tenant, client: PartnerClient) -> bool:
    """Whether the payer deals with a client; a deactivated one is cut off at once."""
    return client.client_id not in tenant.deactivated


async def keys_for(tenant: Tenant, client: PartnerClient, header: Json) -> KeySet | None:
    """The client's public keys: as registered, or fetched anew from the registered address.

    A `jku` header is only ever compared with the registered address, never followed.
    """
    address = tenant.jwks_address(client)
    if "jku" in header and header["jku"] != address:
        return None
    if not address:
        return keys_of(client).public
    try:
        raw = await to_thread.run_sync(tenant.fetch, address, None, {"Accept": "application/json"})
        return KeySet.import_key_set({"keys": json_object(raw).get("keys", [])})
    except (IssuerUnreachable, JoseError, ValueError, TypeError):
        return None


def signed_claims(keys: KeySet, assertion: str) -> Json | None:
    """Token claims of an assertion that one of these keys has signed with RS384 or ES384."""
    try:
        read = jwt.decode(assertion, keys, algorithms=list(ASSERTION_ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return read.claims if "kid" in read.header else None


def names_client(client: PartnerClient, claims: Json) -> bool:
    """Issuer and subject are both the client id."""
    return bool(claims.get("iss") == claims.get("sub") == client.client_id)


def audience_is_ours(tenant: Tenant, claims: Json) -> bool:
    """The audience is the token endpoint of this API, alone or as one of a list."""
    aud = claims.get("aud")
    return tenant.partner_token_endpoint in (aud if isinstance(aud, list) else [aud])


def is_current(tenant: Tenant, claims: Json) -> bool:
    """Not expired, and at most five minutes to go; by real time."""
    expires, now = claims.get("exp"), tenant.clock.wall()
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        return False
    return now - SKEW < expires <= now + LONGEST_ASSERTION + SKEW


def is_fresh(tenant: Tenant, client: PartnerClient, claims: Json) -> bool:
    """A `jti` is taken once while its assertion is valid."""
    jti, now = claims.get("jti"), tenant.clock.wall()
    if not isinstance(jti, str) or not jti:
        return False
    seen = tenant.partners.assertions_seen
    for key in [key for key, expires in seen.items() if expires < now]:
        del seen[key]
    if (client.client_id, jti) in seen:
        return False
    seen[client.client_id, jti] = float(claims["exp"]) + SKEW
    return True


async def authenticated_client(tenant: Tenant, form: Parameters) -> PartnerClient:
    """Return the client that a token request comes from; raises `OAuthError` invalid_client."""
    policies = tenant.policies.partners
    if form.text("client_assertion_type") != ASSERTION_TYPE:
        raise refused()
    assertion = form.text("client_assertion")
    header, claimed = unverified(assertion)
    client = client_named(tenant, claimed)
    if client is None or form.text("client_id") not in ("", client.client_id):
        raise refused()
    keys = await policies.keys_for(tenant, client, header)
    claims = policies.signed_claims(keys, assertion) if keys is not None else None
    if (
        claims is None
        or not policies.is_let_in(tenant, client)
        or not policies.names_client(client, claims)
        or not policies.audience_is_ours(tenant, claims)
        or not policies.is_current(tenant, claims)
        or not policies.is_fresh(tenant, client, claims)
    ):
        raise refused()
    return client
