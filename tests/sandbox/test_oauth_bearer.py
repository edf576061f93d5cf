"""Access tokens at the API, introspection, revocation, userinfo."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from member_browser import AppUnderTest, Browser, signed_by_hmac

from payerproof.sandbox.app import parse_tenant_name
from payerproof.sandbox.oauth.keys import signing_key


def call(app, token, path="/fhir/Coverage", **headers):
    headers = {"Authorization": f"Bearer {token}", **headers}
    return app.browser.send("GET", app.base + path, headers=headers)


@pytest.fixture
def symmetric(browser):
    return AppUnderTest(browser, "confidential")


@pytest.fixture
def jwt_app(house):
    return AppUnderTest(Browser(house, house.add("gateway", parse_tenant_name("gateway"))))


def post(app, path, **form):
    auth = (app.app.client_id, app.app.secret) if app.app.secret else None
    if auth is None:
        form["client_id"] = app.app.client_id
    return app.browser.send("POST", app.base + path, data=form, auth=auth)


def introspect(app, token):
    answer = post(app, "/oauth/introspect", token=token)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Basic x",
        "Bearer \xff",
        "Token x",
        "Bearer guess",
    ],
)
def test_no_good_token_is_401_with_a_challenge(every_face, header):
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    url = every_face.tenant.fhir_base + "/Coverage"
    answer = every_face.send("GET", url, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_in_the_address_or_body_is_no_token(app):
    token = app.tokens()["access_token"]
    url = f"{app.base}/fhir/Coverage?access_token={token}"
    assert app.browser.send("GET", url).status_code == 401
    body = app.browser.send(
        "POST", app.base + "/fhir/Coverage/_search", data={"access_token": token}
    )
    assert body.status_code == 401


def test_two_authorization_headers_are_none(app):
    token = app.tokens()["access_token"]
    pair = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer other")]
    answer = app.browser.send("GET", app.base + "/fhir/Coverage", headers=pair)
    assert answer.status_code == 401


def test_other_values_of_the_flow_are_not_access_tokens(every_face):
    app = AppUnderTest(every_face)
    code = app.code()
    tokens = app.exchange(code).json()
    for wrong in (code, tokens["refresh_token"], tokens["id_token"]):
        assert call(app, wrong).status_code == 401
    assert call(app, tokens["access_token"]).status_code == 200


def test_a_token_is_good_at_one_payer_only(every_face):
    app = AppUnderTest(every_face)
    token = app.tokens()["access_token"]
    name = every_face.tenant.face.name
    other = AppUnderTest(
        Browser(every_face.house, every_face.house.add(f"{name}-2", every_face.tenant.spec))
    )
    assert call(other, token).status_code == 401


def parts(token):
    head, claims, signature = token.split(".")
    read = lambda text: json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))  # noqa: E731
    return read(head), read(claims), signature


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_forged_tokens_are_refused(jwt_app):
    token = jwt_app.tokens()["access_token"]
    head, claims, signature = parts(token)
    other = jwt_app.browser.tenant.world.people["eli"].patient
    foreign = RSAKey.generate_key(2048, {"kid": head["kid"]})
    public = signing_key().as_pem(private=False)
    forged = [
        f"{encoded({**head, 'alg': 'none'})}.{encoded(claims)}.",
        f"{encoded(head)}.{encoded({**claims, 'patient': other})}.{signature}",
        f"{encoded(head)}.{encoded({**claims, 'scope': 'system/*.*'})}.{signature}",
        signed_by_hmac({**head, "alg": "HS256"}, claims, public),
        jwt.encode(head, claims, foreign),
        jwt.encode({**head, "kid": "unknown"}, claims, foreign),
        jwt.encode({**head, "jku": "https://evil.example/jwks"}, claims, foreign),
        jwt.encode({**head, "jwk": foreign.as_dict(private=False)}, claims, foreign),
        token[:-4],
        token + "x",
    ]
    assert [call(jwt_app, text).status_code for text in forged] == [401] * len(forged)
    assert call(jwt_app, token).status_code == 200


def test_our_own_signature_on_something_else_opens_nothing(jwt_app):
    head, claims, _ = parts(jwt_app.tokens()["access_token"])
    for changed in ({"aud": "https://x.example"}, {"iss": "https://x.example"}, {"jti": "new"}):
        text = jwt.encode(head, {**claims, **changed}, signing_key())
        assert call(jwt_app, text).status_code == 401
    assert (
        call(jwt_app, jwt.encode({**head, "typ": "JWT"}, claims, signing_key())).status_code == 401
    )


def test_introspection_tells_the_truth(symmetric):
    tokens = symmetric.tokens()
    found = introspect(symmetric, tokens["access_token"])
    assert found["active"] is True
    assert found["scope"] == tokens["scope"]
    assert found["client_id"] == symmetric.app.client_id
    assert found["patient"] == tokens["patient"]
    assert isinstance(found["exp"], int)
    assert found["iss"] == symmetric.browser.tenant.issuer
    assert found["fhirUser"].endswith(f"/Patient/{tokens['patient']}")
    assert found["sub"]
    assert introspect(symmetric, tokens["refresh_token"])["active"] is True


def test_introspection_without_openid_names_nobody(symmetric):
    token = symmetric.tokens(scope="launch/patient patient/Coverage.rs")["access_token"]
    assert not {"iss", "sub", "fhirUser"} & introspect(symmetric, token).keys()


def test_introspection_of_dead_foreign_and_made_up_tokens_says_inactive_only(symmetric):
    foreign = AppUnderTest(symmetric.browser, "attested").tokens()["access_token"]
    expired = symmetric.tokens()["access_token"]
    symmetric.browser.tenant.clock.advance(4000)
    for token in (foreign, expired, "made-up", "a.b.c"):
        assert introspect(symmetric, token) == {"active": False}


def test_introspection_needs_client_authentication(app, symmetric):
    token = symmetric.tokens()["access_token"]
    url = symmetric.base + "/oauth/introspect"
    assert symmetric.browser.send("POST", url, data={"token": token}).status_code == 401
    assert post(app, "/oauth/introspect", token=token).status_code == 401
    wrong = symmetric.browser.send("POST", url, data={"token": token}, auth=("care-ledger", "no"))
    assert wrong.status_code == 401


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("client", ["attested", "confidential"])
def test_an_app_can_give_its_tokens_back(browser, which, client):
    app = AppUnderTest(browser, client)
    tokens = app.tokens()
    kept = app.tokens()
    assert post(app, "/oauth/revoke", token=tokens[which]).status_code == 200
    assert app.reads(tokens) == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.reads(kept) == 200


def test_a_wrong_hint_does_not_matter(symmetric):
    tokens = symmetric.tokens()
    post(symmetric, "/oauth/revoke", token=tokens["access_token"], token_type_hint="refresh_token")
    assert symmetric.reads(tokens) == 401


def test_a_foreign_token_is_not_revoked(symmetric, app):
    tokens = app.tokens()
    for which in ("access_token", "refresh_token"):
        assert post(symmetric, "/oauth/revoke", token=tokens[which]).status_code == 200
    assert app.reads(tokens) == 200


def test_revocation_of_garbage_is_fine_and_of_nothing_is_not(symmetric):
    assert post(symmetric, "/oauth/revoke", token="garbage").status_code == 200
    assert post(symmetric, "/oauth/revoke").status_code == 400
    url = symmetric.base + "/oauth/revoke"
    assert symmetric.browser.send("POST", url, data={"token": "x"}).status_code == 401


def test_userinfo_says_who_and_nothing_more(app):
    tokens = app.tokens()
    found = call(app, tokens["access_token"], "/oauth/userinfo").json()
    _, claims, _ = parts(tokens["id_token"])
    assert found == {"sub": claims["sub"], "fhirUser": claims["fhirUser"]}


def test_userinfo_needs_openid(app):
    token = app.tokens(scope="patient/Coverage.rs")["access_token"]
    assert call(app, token, "/oauth/userinfo").status_code == 403
    assert call(app, "guess", "/oauth/userinfo").status_code == 401
