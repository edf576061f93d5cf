"""Client authentication: RFC 6749 2.3, RFC 7523, SMART symmetric and asymmetric."""

from __future__ import annotations

import base64
import json
import time
import uuid

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey, import_key
from member_browser import AppUnderTest, signed_by_hmac

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def asymmetric(browser):
    return AppUnderTest(browser, "asymmetric")


@pytest.fixture
def symmetric(browser):
    return AppUnderTest(browser, "confidential")


def own_key(house, suffix=""):
    name = f"PAYERPROOF_SANDBOX_KEY_ASYMMETRIC{suffix}"
    jwk = json.loads(house.environment("plain")[name])
    return import_key(jwk, jwk["kty"])


def assertion(app, key, algorithm="ES384", header=None, **changed):
    claims = {
        "iss": app.app.client_id,
        "sub": app.app.client_id,
        "aud": app.browser.tenant.token_endpoint,
        "exp": int(time.time()) + 240,
        "jti": uuid.uuid4().hex,
        **changed,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": algorithm, "kid": key.kid, **(header or {})}
    return jwt.encode(head, claims, key, algorithms=[algorithm])


def refresh(app, text, **more):
    return app.refresh(
        "guess", client_id=None, client_assertion_type=ASSERTION, client_assertion=text, **more
    )


def accepted(answer):
    """Client authentication has passed when only the guessed refresh token is refused."""
    return answer.json()["error"] == "invalid_grant"


def refused(answer):
    return answer.status_code == 401 and answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(("suffix", "algorithm"), [("", "ES384"), ("_RSA", "RS384")])
def test_both_algorithms_of_smart_are_taken(asymmetric, suffix, algorithm):
    key = own_key(asymmetric.browser.house, suffix)
    assert accepted(refresh(asymmetric, assertion(asymmetric, key, algorithm)))


def test_an_asymmetric_app_gets_through_the_whole_flow(asymmetric):
    signed = assertion(asymmetric, own_key(asymmetric.browser.house))
    answer = asymmetric.exchange(
        asymmetric.code(), client_id=None, client_assertion_type=ASSERTION, client_assertion=signed
    )
    assert answer.status_code == 200
    assert asymmetric.reads(answer.json()) == 200


def test_an_assertion_is_good_once(asymmetric):
    signed = assertion(asymmetric, own_key(asymmetric.browser.house))
    assert accepted(refresh(asymmetric, signed))
    assert refused(refresh(asymmetric, signed))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"jti": None},
        {"jti": 7},
        {"aud": "https://localhost/plain"},
        {"aud": "https://localhost/gateway/oauth/token"},
        {"aud": None},
        {"iss": "harbor-health-journal"},
        {"sub": "harbor-health-journal"},
        {"sub": None},
    ],
)
def test_a_wrong_assertion_is_refused(asymmetric, changed):
    key = own_key(asymmetric.browser.house)
    assert refused(refresh(asymmetric, assertion(asymmetric, key, **changed)))


def test_a_key_that_is_not_the_apps_is_refused(asymmetric):
    own = own_key(asymmetric.browser.house)
    foreign = ECKey.generate_key("P-384", {"kid": own.kid})
    assert refused(refresh(asymmetric, assertion(asymmetric, foreign)))
    other = ECKey.generate_key("P-384", auto_kid=True)
    embedded = {"jwk": other.as_dict(private=False)}
    assert refused(refresh(asymmetric, assertion(asymmetric, other, header=embedded)))


def test_hmac_with_the_public_key_is_refused(asymmetric):
    key = own_key(asymmetric.browser.house, "_RSA")
    _, claims, _ = assertion(asymmetric, key, "RS384").split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    for algorithm in ("HS256", "HS384"):
        head = {"alg": algorithm, "kid": key.kid}
        assert refused(refresh(asymmetric, signed_by_hmac(head, claims, key.as_pem(private=False))))


def test_no_signature_is_refused(asymmetric):
    head, claims, _ = assertion(asymmetric, own_key(asymmetric.browser.house)).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    assert refused(refresh(asymmetric, f"{none}.{claims}."))
    assert refused(refresh(asymmetric, f"{head}.{claims}."))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é", "e30.e30.e30"])
def test_garbage_for_an_assertion_is_refused(asymmetric, text):
    assert refused(refresh(asymmetric, text))


def test_an_asymmetric_app_must_authenticate(asymmetric):
    assert refused(asymmetric.refresh("guess"))


def test_a_secret_goes_by_header_or_body(symmetric):
    app = symmetric.app
    assert accepted(symmetric.refresh("guess"))
    data = {"grant_type": "refresh_token", "refresh_token": "x"}
    data |= {"client_id": app.client_id, "client_secret": app.secret}
    assert accepted(symmetric.browser.send("POST", symmetric.base + "/oauth/token", data=data))


@pytest.mark.parametrize("secret", ["", "wrong", "é", "x" * 10000])
def test_a_wrong_secret_is_refused(symmetric, secret):
    data = {"grant_type": "refresh_token", "refresh_token": "x"}
    data |= {"client_id": symmetric.app.client_id, "client_secret": secret}
    answer = symmetric.browser.send("POST", symmetric.base + "/oauth/token", data=data)
    assert refused(answer)
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "header", ["Basic x", "Basic", "Bearer abc", "Basic " + "w" * 9, "Digest a"]
)
def test_a_malformed_authorization_header_is_refused(symmetric, header):
    data = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = symmetric.browser.send(
        "POST", symmetric.base + "/oauth/token", data=data, headers={"Authorization": header}
    )
    assert refused(answer)


def test_two_ways_at_once_are_refused(symmetric):
    app = symmetric.app
    data = {"grant_type": "refresh_token", "refresh_token": "x"}
    data |= {"client_id": app.client_id, "client_secret": app.secret}
    answer = symmetric.browser.send(
        "POST", symmetric.base + "/oauth/token", data=data, auth=(app.client_id, app.secret)
    )
    assert answer.json()["error"] == "invalid_request"


def test_a_confidential_app_cannot_pass_for_a_public_one(symmetric):
    code = symmetric.code()
    data = {"grant_type": "authorization_code", "code": code, "client_id": symmetric.app.client_id}
    data |= {"code_verifier": symmetric.verifier, "redirect_uri": symmetric.app.redirect_uris[0]}
    assert refused(symmetric.browser.send("POST", symmetric.base + "/oauth/token", data=data))


def test_a_public_app_has_no_secret(app):
    data = {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "anything"}
    data["client_id"] = app.app.client_id
    assert refused(app.browser.send("POST", app.base + "/oauth/token", data=data))


def test_a_cut_off_app_loses_everything_at_once(app):
    tokens = app.tokens()
    app.browser.tenant.deactivated.add(app.app.client_id)
    assert app.reads(tokens) == 401
    assert refused(app.refresh(tokens["refresh_token"]))


def test_private_keys_stay_with_the_app(browser):
    keys = next(a for a in browser.tenant.apps.values() if a.id == "asymmetric").public_keys
    assert keys is not None
    for key in keys.keys:
        assert isinstance(key, ECKey | RSAKey)
        assert not key.is_private
