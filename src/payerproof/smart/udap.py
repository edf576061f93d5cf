"""Signed metadata of UDAP: a JWT by which a server vouches for its endpoints.

UDAP Security 1.1.0, Discovery, Signed metadata elements; JWT headers; RFC 7515 section 4.1.6 (x5c).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from payerproof.smart.identity import parts

ALGORITHMS = ["RS256", "ES256", "RS384", "ES384"]
"""Signature algorithms that UDAP Security 1.1.0 names (JWT headers)."""
LONGEST = timedelta(days=366)
"""No more than one year after it was issued, a leap year among them."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint")
"""What is signed: the first where the metadata have it, the others always."""


class _Roomy(jws.JWSRegistry):
    """Takes headers that hold a chain of certificates; the library stops at 512 bytes."""

    max_header_length = 64 * 1024
    max_payload_length = 1024 * 1024


@dataclass(frozen=True)
class SignedMetadata:
    """The JWT of ``signed_metadata``, taken apart and not yet believed."""

    token: str = field(repr=False)
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    chain: tuple[x509.Certificate, ...] = field(repr=False)
    """Certificates of the header ``x5c``, that of the signer first; empty where unreadable."""

    @property
    def uris(self) -> tuple[str, ...]:
        """URIs in the subject alternative names of the signer's certificate."""
        if not self.chain:
            return ()
        try:
            names = self.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except (x509.ExtensionNotFound, ValueError):
            return ()
        return tuple(names.value.get_values_for_type(x509.UniformResourceIdentifier))


def signed_metadata(document: Mapping[str, Any]) -> SignedMetadata | None:
    """The signed part of UDAP metadata; None where it is no JWT."""
    token = document.get("signed_metadata")
    taken = parts(token) if isinstance(token, str) else None
    if taken is None:
        return None
    header, claims = taken
    return SignedMetadata(str(token), header, claims, _chain(header.get("x5c")))


def signature_trouble(signed: SignedMetadata, now: datetime) -> str:
    """Say why the signature proves nothing; empty where the first certificate's key made it.

    Each certificate has to be in date and, where the chain goes on, be signed by the next one.
    Whether the last belongs to a community one trusts is the reader's to decide.
    """
    if signed.header.get("alg") not in ALGORITHMS:
        return f"its alg is {signed.header.get('alg')!r}, none of {', '.join(ALGORITHMS)}"
    if not signed.chain:
        return "its header x5c holds no readable certificates"
    try:
        registry = _Roomy(algorithms=ALGORITHMS)
        jws.deserialize_compact(signed.token, _key(signed.chain[0]), registry=registry)
    except (JoseError, ValueError) as trouble:
        return f"its signature does not verify ({type(trouble).__name__})"
    for one, issuer in zip(signed.chain, signed.chain[1:], strict=False):
        try:
            one.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            return "a certificate of its chain is not signed by the next one"
    stale = [c for c in signed.chain if not c.not_valid_before_utc <= now <= c.not_valid_after_utc]
    return "a certificate of its chain is out of date" if stale else ""


def time_trouble(signed: SignedMetadata, now: datetime) -> str:
    """Say what is wrong with ``iat`` and ``exp``; empty where it holds now, for a year at most."""
    issued, expires = (_seconds(signed.claims.get(name)) for name in ("iat", "exp"))
    if issued is None or expires is None:
        return "iat or exp is no number of seconds"
    if expires <= now.timestamp():
        return "it has expired"
    if expires - issued > LONGEST.total_seconds():
        return f"it lasts {(expires - issued) / 86400:.0f} days, more than a year"
    return "" if issued <= now.timestamp() + 300 else "it was issued in the future"


def endpoint_troubles(signed: SignedMetadata, document: Mapping[str, Any]) -> list[str]:
    """Names of endpoints that are not signed as the plain metadata have them."""
    required = [name for name in ENDPOINTS if name in document or name != ENDPOINTS[0]]
    return [
        name
        for name in required
        if not str(signed.claims.get(name)).startswith("https://")
        or signed.claims[name] != document.get(name)
    ]


def today() -> datetime:
    """Now, as certificates count it."""
    return datetime.now(UTC)


def _chain(value: Any) -> tuple[x509.Certificate, ...]:
    try:
        ders = [base64.b64decode(one, validate=True) for one in value or ()]
        return tuple(x509.load_der_x509_certificate(der) for der in ders)
    except (TypeError, ValueError, binascii.Error):
        return ()


def _key(certificate: x509.Certificate) -> RSAKey | ECKey:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = certificate.public_key().public_bytes(serialization.Encoding.PEM, form)
    try:
        return RSAKey.import_key(pem)
    except (JoseError, ValueError):
        return ECKey.import_key(pem)


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
