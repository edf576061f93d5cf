"""Identity tokens and key sets (OpenID Connect Core 1.0 section 3.1.3.7)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384"]


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and payload of a JWT without verifying it; None where it is no JWT."""
    pieces = token.split(".")
    if len(pieces) != 3:
        return None
    try:
        header, payload = (json.loads(_decode(piece)) for piece in pieces[:2])
    except ValueError:
        return None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    return header, payload


def signature_trouble(token: str, jwks: Mapping[str, Any]) -> str:
    """Say why a token's signature does not verify against a key set; empty where it does."""
    known = parts(token)
    if known is None:
        return "it is not a JWT of three parts"
    header, _ = known
    kids = [key.get("kid") for key in jwks.get("keys", [])]
    if header.get("kid") is not None and header["kid"] not in kids:
        return "its kid is not in the key set"
    try:
        jws.deserialize_compact(token, KeySet.import_key_set(dict(jwks)), algorithms=ALGORITHMS)  # type: ignore[arg-type]  # a TypedDict stands there, any key set comes here
    except (JoseError, ValueError) as trouble:
        return f"its signature does not verify ({type(trouble).__name__})"
    return ""


def forge(header: Mapping[str, Any], payload: Mapping[str, Any], signature: str = "") -> str:
    """Build a JWT with any header, payload and signature, valid or not."""
    return ".".join((_encode(header), _encode(payload), signature))


def _decode(piece: str) -> bytes:
    return base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))


def _encode(value: Mapping[str, Any]) -> str:
    data = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
