"""Forged tokens and assertions are wrong in the one way they mean to be, and right otherwise."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from payerproof.expect import assertions, forgeries
from payerproof.smart.identity import parts, signature_trouble

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
CLAIMS = {"sub": "ada", "patient": "p1", "scope": "patient/*.rs"}
TOKEN = jwt.encode({"alg": "RS256", "kid": "k1"}, CLAIMS, KEY, algorithms=["RS256"])


@dataclass(frozen=True)
class Kept:
    value: str

    def reveal(self) -> str:
        return self.value


@dataclass(frozen=True)
class Client:
    client_id: str = "app"
    type: str = "confidential-asymmetric"
    secret: None = None
    key: Kept = Kept(json.dumps(ECKey.generate_key("P-384").as_dict(private=True)))
    key_id: str = "k9"
    alg: str = "ES384"


def test_unsigned_keeps_the_claims_and_drops_the_signature() -> None:
    for token in forgeries.unsigned(TOKEN):
        header, payload = parts(token) or ({}, {})
        assert header["alg"].lower() == "none"
        assert payload == CLAIMS
        assert token.endswith(".")


def test_edited_changes_one_claim_under_the_old_signature() -> None:
    token = forgeries.edited(TOKEN, patient="p2")
    assert (parts(token) or ({}, {}))[1] == {**CLAIMS, "patient": "p2"}
    assert token.rpartition(".")[2] == TOKEN.rpartition(".")[2]
    assert signature_trouble(token, JWKS)


def test_public_key_as_secret_verifies_with_that_very_secret() -> None:
    token = forgeries.with_public_key_as_secret(TOKEN, JWKS)[0]
    header, _ = parts(token) or ({}, {})
    assert header["alg"] == "HS256"
    assert signature_trouble(token, JWKS)


@pytest.mark.parametrize("place", ["kid", "jku", "x5u", "jwk"])
def test_own_key_points_away_from_the_payers_keys(place: str) -> None:
    token = forgeries.with_own_key(TOKEN, place)
    header, payload = parts(token) or ({}, {})
    assert header[place]
    assert payload == CLAIMS
    assert signature_trouble(token, JWKS)


def test_a_strangers_assertion_differs_in_nothing_but_the_key() -> None:
    app = Client()
    token = assertions.signed_by_a_stranger(app, "https://payer.example/token")
    header, payload = parts(token) or ({}, {})
    assert (header["kid"], header["alg"]) == ("k9", "ES384")
    assert payload["iss"] == payload["sub"] == "app"
    own = ECKey.import_key(json.loads(app.key.reveal()))
    with pytest.raises(Exception, match="bad_signature"):
        jws.deserialize_compact(token, own, algorithms=["ES384"])


def test_lasting_sets_the_end_and_an_earlier_start() -> None:
    expired = (parts(assertions.lasting(Client(), "aud", -300)) or ({}, {}))[1]
    assert expired["iat"] < expired["exp"] < time.time()
    long = (parts(assertions.lasting(Client(), "aud", 86_400)) or ({}, {}))[1]
    assert long["exp"] - long["iat"] > 300
