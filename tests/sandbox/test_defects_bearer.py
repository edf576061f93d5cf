from __future__ import annotations

import base64
import json

import pytest
from defect_flow import (
    Probes,
    code,
    get,
    granted,
    payer,
    post,
    shows_at_the_faulty_payer_only,
)
from joserfc import jwt
from joserfc.jwk import RSAKey
from member_browser import signed_by_hmac

from payerproof.sandbox.oauth.keys import signing_key

PROBES, FORGED = Probes(), Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_bearer(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


@pytest.mark.parametrize("defect", FORGED)
def test_forged_token(house, defect):
    shows_at_the_faulty_payer_only(house, defect, FORGED[defect], "attested")


@pytest.mark.parametrize("defect", FORGED)
def test_a_token_out_of_thin_air_opens_nothing(house, defect):
    app = payer(house, f"plain+{defect}")
    head, claims, signature = parts(granted(app)["access_token"])
    made_up = f"{encoded(head)}.{encoded({**claims, 'jti': 'made-up'})}.{signature}"
    assert not opens(app, made_up)


def opens(app, token, **headers):
    headers = headers or {"authorization": f"Bearer {token}"}
    return get(app, "/fhir/Coverage", **headers).status_code == 200


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def parts(token):
    read = [json.loads(base64.urlsafe_b64decode(text + "===")) for text in token.split(".")[:2]]
    return (*read, token.split(".")[2])


@PROBES.of("token-in-the-address-accepted")
def _(app):
    token = granted(app)["access_token"]
    assert get(app, "/fhir/Coverage?access_token=made-up").status_code == 401
    return get(app, f"/fhir/Coverage?access_token={token}").status_code == 200


@PROBES.of("token-in-the-address-of-documents-accepted")
def _(app):
    tokens, world = granted(app), app.browser.tenant.world
    binary = world.record(world.people["ada"].patient, "Binary")[0]["id"]
    query = f"?access_token={tokens['access_token']}"
    assert get(app, f"/fhir/Coverage{query}").status_code == 401
    return get(app, f"/fhir/Binary/{binary}{query}").status_code == 200


@PROBES.of("token-of-any-scheme-accepted")
def _(app):
    token = granted(app)["access_token"]
    return opens(app, token, authorization=f"Token {token}")


@PROBES.of("malformed-authorization-crashes")
def _(app):
    return get(app, "/fhir/Coverage", authorization="Bearer").status_code == 500


@PROBES.of("challenge-missing")
def _(app):
    return "www-authenticate" not in get(app, "/fhir/Coverage").headers


@PROBES.of("challenge-names-the-scope")
def _(app):
    return "scope=" in get(app, "/fhir/Coverage").headers["www-authenticate"]


@PROBES.of("refresh-token-opens-the-api")
def _(app):
    return opens(app, granted(app)["refresh_token"])


@PROBES.of("code-opens-the-api")
def _(app):
    return opens(app, code(app))


@PROBES.of("id-token-opens-the-api")
def _(app):
    return opens(app, granted(app)["id_token"])


@PROBES.of("token-with-a-tail-accepted")
def _(app):
    token = granted(app)["access_token"]
    assert not opens(app, token[:42])
    return opens(app, token + "x")


@PROBES.of("token-of-a-neighbour-accepted")
def _(app):
    house = app.browser.house
    neighbour = payer(house, "plain+code-lives-nine-minutes")
    token = granted(neighbour)["access_token"]
    assert opens(neighbour, token)
    return opens(app, token)


def lives_after(app, seconds):
    token = granted(app)["access_token"]
    app.browser.tenant.clock.advance(seconds)
    return opens(app, token)


@PROBES.of("token-expiry-with-leeway-in-minutes")
def _(app):
    assert not lives_after(app, 7300)
    return lives_after(app, 7000)


@PROBES.of("token-never-expires")
def _(app):
    return lives_after(app, 7300)


@PROBES.of("access-tokens-are-jwts")
def _(app):
    return granted(app)["access_token"].count(".") == 2


# -- forged tokens: the foreign member's record is what must not be opened


def foreign(app, forge):
    """Whether a token forged for another member opens that member's record."""
    token = granted(app)["access_token"]
    if token.count(".") != 2:
        return False
    head, claims, signature = parts(token)
    patient = app.browser.tenant.world.people["eli"].patient
    forged = forge(head, {**claims, "patient": patient}, signature)
    return get(app, f"/fhir/Patient/{patient}", forged).status_code == 200


@FORGED.of("jwt-unsigned-accepted")
def _(app):
    return foreign(app, lambda h, c, s: f"{encoded({**h, 'alg': 'none'})}.{encoded(c)}.")


@FORGED.of("jwt-signature-not-verified")
def _(app):
    return foreign(app, lambda h, c, s: f"{encoded(h)}.{encoded(c)}.{s}")


@FORGED.of("jwt-hmac-with-the-public-key-accepted")
def _(app):
    public = signing_key().as_pem(private=False)
    return foreign(app, lambda h, c, s: signed_by_hmac({**h, "alg": "HS256"}, c, public))


def by_another_key(app, **header):
    key = RSAKey.generate_key(2048)
    header = {n: key.as_dict(private=False) if n == "jwk" else v for n, v in header.items()}
    return foreign(app, lambda h, c, s: jwt.encode({**h, **header}, c, key))


@FORGED.of("jwt-with-its-own-key-accepted")
def _(app):
    assert not by_another_key(app)
    return by_another_key(app, jwk=None)


@FORGED.of("jwt-of-an-unknown-key-accepted")
def _(app):
    assert not by_another_key(app)
    return by_another_key(app, kid="unknown")


@FORGED.of("jwt-that-names-a-key-address-accepted")
def _(app):
    assert not by_another_key(app)
    return by_another_key(app, jku="https://evil.example/jwks")


def test_introspection_believes_no_forged_token(house):
    app = payer(house, "plain+jwt-signature-not-verified", "confidential")
    head, claims, signature = parts(granted(app)["access_token"])
    forged = f"{encoded(head)}.{encoded({**claims, 'patient': 'x'})}.{signature}"
    assert post(app, "/oauth/introspect", token=forged).json() == {"active": False}
