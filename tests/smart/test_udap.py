"""Signed UDAP metadata: what is right verifies, and each thing that can be wrong is told."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from payerproof.smart.identity import forge
from payerproof.smart.udap import (
    SignedMetadata,
    endpoint_troubles,
    signature_trouble,
    signed_metadata,
    time_trouble,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BASE = "https://payer.example/fhir"
PLAIN = {
    "token_endpoint": "https://payer.example/token",
    "registration_endpoint": "https://payer.example/register",
}
CLAIMS: dict[str, Any] = {
    "iss": BASE,
    "sub": BASE,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 3600,
    "jti": "one",
    **PLAIN,
}
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
ROOT, LEAF, STRANGER = (rsa.generate_private_key(65537, 2048) for _ in range(3))
CURVE = ec.generate_private_key(ec.SECP256R1())


def certificate(key: Key, by: Key, until: timedelta = timedelta(days=9)) -> x509.Certificate:
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a community")])
    made = x509.CertificateBuilder().subject_name(named).issuer_name(named)
    made = made.public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + until)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(BASE)])
    return made.add_extension(names, critical=False).sign(by, hashes.SHA256())


def signed(
    *chain: x509.Certificate, key: Key = LEAF, alg: str = "RS256", **changes: Any
) -> SignedMetadata:
    shown = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
    kind = RSAKey if isinstance(key, rsa.RSAPrivateKey) else ECKey
    header = {"alg": alg, "x5c": shown}
    token = jwt.encode(header, {**CLAIMS, **changes}, kind.import_key(key), algorithms=[alg])
    found = signed_metadata({"signed_metadata": token})
    assert found is not None
    return found


@pytest.mark.parametrize(("key", "alg"), [(LEAF, "RS256"), (CURVE, "ES256")])
def test_what_is_right_verifies(key: Key, alg: str) -> None:
    found = signed(certificate(key, ROOT), certificate(ROOT, ROOT), key=key, alg=alg)
    assert signature_trouble(found, NOW) == ""
    assert time_trouble(found, NOW) == ""
    assert endpoint_troubles(found, PLAIN) == []
    assert found.uris == (BASE,)


def test_one_certificate_is_a_chain() -> None:
    assert signature_trouble(signed(certificate(LEAF, ROOT)), NOW) == ""


def test_another_key_is_told() -> None:
    found = signed(certificate(LEAF, ROOT), key=STRANGER)
    assert "does not verify" in signature_trouble(found, NOW)


def test_a_foreign_link_of_the_chain_is_told() -> None:
    found = signed(certificate(LEAF, ROOT), certificate(STRANGER, STRANGER))
    assert "not signed by the next" in signature_trouble(found, NOW)


def test_a_stale_certificate_is_told() -> None:
    found = signed(certificate(LEAF, ROOT, until=timedelta(days=-1)))
    assert "out of date" in signature_trouble(found, NOW)


@pytest.mark.parametrize("alg", ["none", "HS256", None])
def test_a_weak_algorithm_is_told(alg: str | None) -> None:
    found = signed_metadata({"signed_metadata": forge({"alg": alg, "x5c": []}, CLAIMS)})
    assert found is not None
    assert "its alg is" in signature_trouble(found, NOW)


@pytest.mark.parametrize("x5c", [None, [], "MIIB", ["no base64!"], [7], ["MIIB"], 7])
def test_without_a_readable_certificate(x5c: Any) -> None:
    found = signed_metadata({"signed_metadata": forge({"alg": "RS256", "x5c": x5c}, CLAIMS)})
    assert found is not None
    assert "x5c" in signature_trouble(found, NOW)
    assert found.uris == ()


@pytest.mark.parametrize("value", [None, "", "a.b", "a.b.c", 7, {"alg": "RS256"}])
def test_what_is_no_jwt(value: Any) -> None:
    assert signed_metadata({"signed_metadata": value}) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exp": CLAIMS["iat"]}, "expired"),
        ({"exp": CLAIMS["iat"] + 400 * 86400}, "400 days"),
        ({"exp": "tomorrow"}, "no number"),
        ({"iat": None}, "no number"),
        ({"iat": CLAIMS["iat"] + 3000}, "in the future"),
    ],
)
def test_times(changes: dict[str, Any], told: str) -> None:
    assert told in time_trouble(signed(certificate(LEAF, ROOT), **changes), NOW)


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({**PLAIN, "token_endpoint": "https://other.example/token"}, ["token_endpoint"]),
        ({"token_endpoint": PLAIN["token_endpoint"]}, ["registration_endpoint"]),
        ({**PLAIN, "authorization_endpoint": "https://p.example/a"}, ["authorization_endpoint"]),
    ],
)
def test_endpoints(plain: dict[str, str], told: list[str]) -> None:
    assert endpoint_troubles(signed(certificate(LEAF, ROOT)), plain) == told
