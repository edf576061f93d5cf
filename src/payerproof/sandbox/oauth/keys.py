"""Signing keys of the authorization server (RS256, as SMART asks for id_tokens)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeyParameters, KeySet, RSAKey

ALGORITHM = "RS256"


@lru_cache(maxsize=1)
def signing_key() -> RSAKey:
    """The one private key of this process, made at the first use."""
    key = RSAKey.generate_key(2048)
    parameters: KeyParameters = {"kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}
    return RSAKey.import_key(key.as_dict(private=True), parameters)


def public_keys() -> dict[str, Any]:
    """JWK Set (RFC 7517) with the public half only."""
    return {"keys": [signing_key().as_dict(private=False)]}


def sign(claims: dict[str, Any], kind: str) -> str:
    """Sign token claims as a compact JWS; `kind` is the ``typ`` header."""
    key = signing_key()
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": kind}, claims, key)


def verified_claims(token: str, kind: str) -> dict[str, Any] | None:
    """Token claims of a JWS that this server signed as `kind`, or None.

    Algorithm and key are ours, never the header's: ``alg`` none, HMAC with the public key,
    ``jwk``, ``jku`` and ``x5u`` headers don't help a forger (RFC 8725 section 3). Says nothing of
    expiry or revocation: whoever asks looks these up anew each time.
    """
    claims = _signed_by_us(token, kind)
    return None if claims is None else dict(claims)


@lru_cache(maxsize=4096)
def _signed_by_us(token: str, kind: str) -> dict[str, Any] | None:
    """A signature is good or bad for ever, so each token's is checked once."""
    try:
        read = jwt.decode(token, KeySet([signing_key()]), algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return read.claims if read.header.get("typ") == kind else None
