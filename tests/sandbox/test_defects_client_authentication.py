from __future__ import annotations

import base64
import json
import time
import uuid

import pytest
from defect_flow import Probes, code, error_of, get, granted, shows_at_the_faulty_payer_only
from joserfc import jwt
from joserfc.jwk import ECKey, import_key

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRETS, KEYS, DOORS = Probes(), Probes(), Probes()


@pytest.mark.parametrize("defect", SECRETS)
def test_client_secret(house, defect):
    shows_at_the_faulty_payer_only(house, defect, SECRETS[defect], "confidential")


@pytest.mark.parametrize("defect", KEYS)
def test_client_assertion(house, defect):
    shows_at_the_faulty_payer_only(house, defect, KEYS[defect], "attested")


@pytest.mark.parametrize("defect", DOORS)
def test_registration(house, defect):
    shows_at_the_faulty_payer_only(house, defect, DOORS[defect], "attested")


def asked(app, **form):
    """A refresh with a made-up token: authentication has passed if only that is refused."""
    form = {"grant_type": "refresh_token", "refresh_token": "guess", **form}
    return app.browser.send("POST", app.base + "/oauth/token", data=form)


def passes(app, **form):
    error = error_of(asked(app, **form))
    assert error in ("invalid_grant", "invalid_client")
    return error == "invalid_grant"


def with_secret(app, secret):
    return passes(app, client_id=app.app.client_id, client_secret=secret)


@SECRETS.of("client-secret-by-prefix")
def _(app):
    assert not with_secret(app, "wrong")
    return with_secret(app, app.app.secret[:20])


@SECRETS.of("client-secret-cut-to-length")
def _(app):
    assert not with_secret(app, app.app.secret[:-1])
    return with_secret(app, app.app.secret + "x")


@SECRETS.of("client-secret-case-insensitive")
def _(app):
    return with_secret(app, app.app.secret.upper())


@SECRETS.of("client-not-authenticated-on-refresh")
def _(app):
    form = {"grant_type": "authorization_code", "code": code(app), "client_id": app.app.client_id}
    form |= {"code_verifier": app.verifier, "redirect_uri": app.app.redirect_uris[0]}
    answer = app.browser.send("POST", app.base + "/oauth/token", data=form)
    assert error_of(answer) == "invalid_client"
    return passes(app, client_id=app.app.client_id)


@SECRETS.of("client-secret-optional")
def _(app):
    assert not with_secret(app, "wrong")
    return passes(app, client_id=app.app.client_id)


@SECRETS.of("client-secret-in-body-refused")
def _(app):
    return not with_secret(app, app.app.secret)


@SECRETS.of("client-secret-of-public-app-ignored")
def _(app):
    assert not with_secret(app, "wrong")
    return passes(app, client_id="harbor-health-journal", client_secret="anything")


@SECRETS.of("client-errors-with-400")
def _(app):
    answer = asked(app, client_id=app.app.client_id, client_secret="wrong")
    assert error_of(answer) == "invalid_client"
    return answer.status_code == 400


# -- assertions of the asymmetric app


def own_key(app):
    jwk = json.loads(app.browser.house.environment("plain")["PAYERPROOF_SANDBOX_KEY_ASYMMETRIC"])
    return import_key(jwk, jwk["kty"])


def signed(app, key=None, header=None, **changed):
    key = key or own_key(app)
    claims = {
        "iss": "clinic-portal-link",
        "sub": "clinic-portal-link",
        "aud": app.base + "/oauth/token",
        "exp": int(time.time()) + 240,
        "jti": uuid.uuid4().hex,
        **changed,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": "ES384", "kid": key.kid, **(header or {})}
    return jwt.encode(head, claims, key, algorithms=["ES384"])


def taken(app, assertion):
    return passes(app, client_assertion_type=ASSERTION, client_assertion=assertion)


def takes(defect, **changed):
    def probe(app):
        assert taken(app, signed(app))
        return taken(app, signed(app, **changed))

    KEYS[defect] = probe


takes("assertion-without-jti-accepted", jti=None)
takes("assertion-audience-by-host", aud="https://localhost/elsewhere")
takes("assertion-audience-not-looked-at", aud="https://other-payer.example/token")
takes("assertion-may-live-for-ever", exp=int(time.time()) + 30_000_000)
takes("assertion-expiry-not-looked-at", exp=int(time.time()) - 3600)
takes("assertion-subject-not-looked-at", sub="somebody-else")


@KEYS.of("assertion-replay-accepted")
def _(app):
    once = signed(app)
    assert taken(app, once)
    return taken(app, once)


@KEYS.of("assertion-unsigned-accepted")
def _(app):
    claims = signed(app).split(".")[1]
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return taken(app, f"{none}.{claims}.")


@KEYS.of("assertion-foreign-key-under-kid")
def _(app):
    return taken(app, signed(app, ECKey.generate_key("P-384", {"kid": own_key(app).kid})))


@KEYS.of("assertion-brings-its-own-key")
def _(app):
    key = ECKey.generate_key("P-384", {"kid": own_key(app).kid})
    assert not taken(app, signed(app, key))
    return taken(app, signed(app, key, {"jwk": key.as_dict(private=False)}))


@DOORS.of("registration-open-to-anything")
def _(app):
    if "registration_endpoint" not in get(app, "/fhir/.well-known/smart-configuration").json():
        return False
    body = {"client_name": "Harbor Health Journal", "redirect_uris": ["http://evil.example/take"]}
    made = app.browser.send("POST", app.base + "/oauth/register", json=body)
    assert made.status_code == 201
    assert granted(app)["patient"]
    url = app.authorize_url(
        client_id=made.json()["client_id"], redirect_uri=body["redirect_uris"][0]
    )
    return "/portal/" in app.browser.send("GET", url).headers["location"]
