"""Faults of an API that judges self-contained access tokens by itself, and trusts their claims.

Each makes the payer's access tokens JWTs, whatever the face: a gateway that reads claims can't be
wrong about tokens that have none. A forged token is answered with what its claims say; it has to
carry the `jti` of a token that lives.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import both, oauth, self_contained
from payerproof.sandbox.oauth import keys, resource

if TYPE_CHECKING:
    from starlette.requests import Request

    from payerproof.sandbox.tenant import Tenant

Claims = dict[str, Any]
Verify = Callable[[str, Claims], bool]
"""Whether a token (compact form, header) counts as signed by the payer."""


def _read(token: str) -> tuple[Claims, Claims] | None:
    """Header and claims of a JWS, unverified; None for anything else."""
    try:
        head, claims, _ = token.split(".")
        found = [json.loads(base64.urlsafe_b64decode(text + "===")) for text in (head, claims)]
    except ValueError:
        return None
    return (found[0], found[1]) if all(isinstance(part, dict) for part in found) else None


def _signed_by(token: str, jwk: Claims) -> bool:
    """Whether a token is signed with a public RSA key given as JWK, by the payer's algorithm."""
    registry = jws.JWSRegistry(algorithms=[keys.ALGORITHM])
    registry.max_header_length = 8192  # a key in the header is long
    try:
        jws.deserialize_compact(token, RSAKey.import_key(jwk), registry=registry)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def _hmac_signed(token: str, header: Claims) -> bool:
    """Whether a token is signed by HMAC with the payer's public key (PEM) for a secret."""
    text, _, signature = token.rpartition(".")
    secret = keys.signing_key().as_pem(private=False)
    return header.get("alg") == "HS256" and any(
        hmac.compare_digest(_part(hmac.digest(key, text.encode(), "sha256")), signature)
        for key in (secret, secret.strip())
    )


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _gateway(verify: Verify) -> Callable[[Tenant, Request], Access | Refusal]:
    """Judge a token by `verify` where the proper check refuses it, and believe its claims."""

    def authenticate(tenant: Tenant, request: Request) -> Access | Refusal:
        judged = resource.authenticate(tenant, request)
        token = resource.presented_token(request)
        parts = _read(token) if token else None
        if isinstance(judged, Access) or token is None or parts is None:
            return judged
        header, claims = parts
        record = tenant.grants.access_tokens.get(str(claims.get("jti")))
        if record is None or not resource.token_lives(tenant, record):
            return judged
        if not resource.token_is_for_us(tenant, claims) or not verify(token, header):
            return judged
        access = resource.access_of(record)
        scopes = tuple(str(claims.get("scope", "")).split())
        return replace(access, patient=str(claims.get("patient", "")), scopes=scopes)

    return authenticate


def _defect(name: str, title: str, verify: Verify) -> None:
    change = both(self_contained, oauth(authenticate=_gateway(verify)))
    twin = "access-tokens-are-jwts"
    register(Defect(name, "authorization", ("N-OAUTH-13",), title, change, twin=twin))


_defect(
    "jwt-unsigned-accepted",
    "An access token with algorithm none needs no signature",
    lambda _token, header: str(header.get("alg", "")).lower() == "none",
)
_defect(
    "jwt-signature-not-verified",
    "The claims of an access token are read without verifying its signature",
    lambda _token, header: header.get("alg") == keys.ALGORITHM,
)
_defect(
    "jwt-hmac-with-the-public-key-accepted",
    "An access token signed by HMAC with the published key for a secret is accepted",
    _hmac_signed,
)


def _own_key(token: str, header: Claims) -> bool:
    jwk = header.get("jwk")
    return isinstance(jwk, dict) and jwk.get("kty") == "RSA" and _signed_by(token, jwk)


_defect(
    "jwt-with-its-own-key-accepted",
    "An access token is verified with the key in its own header",
    _own_key,
)
_defect(
    "jwt-of-an-unknown-key-accepted",
    "An access token passes unverified when its kid isn't among the payer's keys",
    lambda _token, header: (
        header.get("alg") == keys.ALGORITHM and header.get("kid") != keys.signing_key().kid
    ),
)


def _fetched_elsewhere(_token: str, header: Claims) -> bool:
    return header.get("alg") == keys.ALGORITHM and bool(header.get("jku") or header.get("x5u"))


_defect(
    "jwt-that-names-a-key-address-accepted",
    "An access token that says where its key is kept passes when that can't be fetched",
    _fetched_elsewhere,
)
