from __future__ import annotations

import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from member_browser import WIDE, AppUnderTest, answer_of

CODE = {"grant_type": "authorization_code"}


def dead(app, tokens):
    """Whether everything of a family is dead."""
    refused = app.refresh(tokens["refresh_token"])
    return app.reads(tokens) == 401 and refused.json()["error"] == "invalid_grant"


def test_a_token_response_is_complete(every_face):
    app = AppUnderTest(every_face)
    answer = app.exchange(app.code())
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert isinstance(tokens["expires_in"], int)
    assert tokens["patient"] == every_face.tenant.world.people["ada"].patient
    assert app.reads(tokens) == 200


def test_self_contained_tokens_say_so_and_opaque_ones_say_nothing(every_face):
    parts = AppUnderTest(every_face).tokens()["access_token"].split(".")
    assert len(parts) == (1 if every_face.tenant.face.token_format == "opaque" else 3)


def test_the_id_token_is_signed_for_this_app(every_face):
    app = AppUnderTest(every_face)
    tokens = app.tokens(nonce="n-0S6_WzA2Mj")
    keys = KeySet.import_key_set(every_face.send("GET", app.base + "/oauth/jwks").json())
    found = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    assert found.header["kid"] in {key.kid for key in keys}
    claims = found.claims
    assert claims["iss"] == every_face.tenant.issuer
    assert claims["aud"] == app.app.client_id
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["fhirUser"] == f"{every_face.tenant.fhir_base}/Patient/{tokens['patient']}"
    assert claims["sub"]
    assert claims["exp"] > claims["iat"] >= claims["auth_time"]
    assert not {"name", "email", "birthdate", "given_name", "address"} & claims.keys()


def test_no_id_token_and_no_refresh_token_unless_approved(app):
    tokens = app.tokens(scope="launch/patient patient/Coverage.rs")
    assert not {"id_token", "refresh_token"} & tokens.keys()
    unticked = AppUnderTest(app.browser, "unattested").tokens(
        boxes={"offline": False, "identity": False}
    )
    assert not {"id_token", "refresh_token"} & unticked.keys()
    assert not {"offline_access", "openid", "fhirUser"} & set(unticked["scope"].split())


def test_a_code_used_twice_ends_what_came_of_it(app):
    code = app.code()
    tokens = app.exchange(code).json()
    again = app.exchange(code)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert dead(app, tokens)


def test_a_code_lives_for_a_minute(app):
    code = app.code()
    app.browser.tenant.clock.advance(59)
    assert app.exchange(code).status_code == 200
    late = app.code()
    app.browser.tenant.clock.advance(61)
    assert app.exchange(late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": None},
        {"code_verifier": "wrong" * 10},
        {"code_verifier": "short"},
        {"redirect_uri": None},
        {"redirect_uri": "http://127.0.0.1:8400/callback"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_code_is_bound_to_its_request(app, changed):
    answer = app.exchange(app.code(), **changed)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_a_code_that_never_was_is_refused(app):
    assert app.exchange("no-such-code").json()["error"] == "invalid_grant"


def test_a_failed_exchange_uses_the_code_up(app):
    code = app.code()
    app.exchange(code, code_verifier="wrong" * 10)
    assert app.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("other", ["unattested", "confidential"])
def test_a_code_is_bound_to_its_app(app, other):
    code = app.code()
    thief = AppUnderTest(app.browser, other, verifier=app.verifier)
    answer = thief.exchange(code, redirect_uri=app.app.redirect_uris[0])
    assert answer.json()["error"] == "invalid_grant"
    assert app.exchange(code).status_code == 200


def test_refresh_rotates_and_a_replay_ends_the_family(every_face):
    app = AppUnderTest(every_face)
    first = app.tokens()
    second = app.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["patient"] == first["patient"]
    assert second["scope"] == first["scope"]
    assert app.reads(second) == 200
    replay = app.refresh(first["refresh_token"])
    assert replay.json()["error"] == "invalid_grant"
    assert dead(app, second)


def test_refresh_is_bound_to_its_app(app):
    tokens = app.tokens()
    thief = AppUnderTest(app.browser, "unattested")
    assert thief.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "scope", ["patient/*.cruds", "user/*.rs", "patient/Coverage.rs system/*.rs", "patient/Nope.rs"]
)
def test_refresh_never_widens(app, scope):
    tokens = app.tokens()
    answer = app.refresh(tokens["refresh_token"], scope=scope)
    assert answer.json()["error"] == "invalid_scope"
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_refresh_may_narrow(app):
    tokens = app.tokens()
    narrow = app.refresh(tokens["refresh_token"], scope="patient/Coverage.r").json()
    assert narrow["scope"] == "patient/Coverage.r"


def test_access_tokens_die_on_time(every_face):
    app = AppUnderTest(every_face)
    tokens = app.tokens()
    every_face.tenant.clock.advance(tokens["expires_in"] - 5)
    assert app.reads(tokens) == 200
    every_face.tenant.clock.advance(10)
    assert app.reads(tokens) == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password", "username": "ada", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "system/*.rs"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({**CODE, "code": None}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "guess"}, "invalid_grant"),
    ],
)
def test_other_grants_are_refused(app, form, error):
    answer = app.token(**form)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["cache-control"] == "no-store"


def test_unknown_parameters_are_passed_over(app):
    assert app.exchange(app.code(), foo="bar", resource="https://x.example").status_code == 200


def test_only_a_form_is_read(app):
    body = {**CODE, "code": app.code(), "client_id": app.app.client_id}
    answer = app.browser.send("POST", app.base + "/oauth/token", content=json.dumps(body),
                              headers={"Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_a_charset_on_the_form_is_fine(app):
    data = f"grant_type=refresh_token&refresh_token=x&client_id={app.app.client_id}"
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    answer = app.browser.send("POST", app.base + "/oauth/token", content=data,
                              headers={"Content-Type": kind})  # fmt: skip
    assert answer.json()["error"] == "invalid_grant"


def test_a_repeated_parameter_is_refused(app):
    data = "grant_type=refresh_token&grant_type=authorization_code"
    answer = app.browser.send(
        "POST",
        app.base + "/oauth/token",
        content=data,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.json()["error"] == "invalid_request"


def test_two_devices_have_families_of_their_own(app):
    one = app.tokens()
    two = app.tokens()
    app.refresh(one["refresh_token"])
    app.refresh(one["refresh_token"])
    assert dead(app, one)
    assert app.reads(two) == 200


def test_remembered_consent_opens_no_more_than_this_request_asked(app):
    app.tokens(scope=WIDE)
    narrow = app.tokens(scope="launch/patient patient/Coverage.rs")
    assert narrow["scope"] == "launch/patient patient/Coverage.rs"


def test_codes_of_different_requests_differ(app):
    assert answer_of(app.connect())["code"] != answer_of(app.connect())["code"]
