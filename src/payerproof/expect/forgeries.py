"""Access tokens that nobody issued, made from one that was (OWASP, RFC 8725)."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from payerproof.smart.identity import forge, parts

ELSEWHERE = "https://payerproof.invalid/jwks.json"
"""An address that never resolves: a server that fetches keys from it gets nothing."""


def unsigned(token: str) -> tuple[str, ...]:
    """The token with algorithm ``none`` in several spellings, without a signature."""
    header, payload = parts(token) or ({}, {})
    return tuple(forge({**header, "alg": name}, payload) for name in ("none", "None", "NONE"))


def edited(token: str, **claims: object) -> str:
    """The token with token claims replaced, under its old signature."""
    header, payload = parts(token) or ({}, {})
    return forge(header, {**payload, **claims}, token.rpartition(".")[2])


def with_public_key_as_secret(token: str, jwks: Mapping[str, Any]) -> tuple[str, ...]:
    """The token signed by HS256 with each public key as the secret, in its usual spellings."""
    header, payload = parts(token) or ({}, {})
    return tuple(
        _by_hand({**header, "alg": "HS256"}, payload, secret)
        for secret in _spellings(jwks, header.get("kid"))
    )


def with_own_key(token: str, place: str) -> str:
    """The token signed by a key of ours that the header's `place` points to.

    `place` is ``kid``, ``jku``, ``x5u`` or ``jwk``.
    """
    header, payload = parts(token) or ({}, {})
    alg = str(header.get("alg", "RS256"))
    key: RSAKey | ECKey = (
        ECKey.generate_key(f"P-{alg[2:]}") if alg.startswith("ES") else RSAKey.generate_key(2048)
    )
    pointers: dict[str, Any] = {
        "kid": "payerproof-own-key",
        "jku": ELSEWHERE,
        "x5u": ELSEWHERE,
        "jwk": key.as_dict(private=False),
    }
    made = {**header, place: pointers[place]}
    return jwt.encode(made, dict(payload), key, algorithms=[alg])


def _by_hand(header: Mapping[str, Any], payload: Mapping[str, Any], secret: bytes) -> str:
    """Sign by HS256; the library rightly refuses to take a public key for a secret."""
    made = forge(header, payload)
    digest = hmac.digest(secret, made.rpartition(".")[0].encode("ascii"), "sha256")
    return made + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _spellings(jwks: Mapping[str, Any], kid: object) -> Iterator[bytes]:
    """Each public key as PEM, as PEM without its last line end, and as JWK; the token's first."""
    listed = sorted(jwks.get("keys", []), key=lambda key: key.get("kid") != kid)
    for key in KeySet.import_key_set({"keys": listed}).keys:
        if isinstance(key, RSAKey | ECKey):
            pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            yield pem
            yield pem.strip()
            yield json.dumps(key.as_dict(private=False)).encode()
