"""Garbage never breaks the sandbox: whatever is sent, it answers with less than 500."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from member_browser import AppUnderTest, Browser, totp

from payerproof.sandbox.app import parse_tenant_name

AUTHORIZE = ["response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "aud"]
AUTHORIZE += ["code_challenge", "code_challenge_method", "nonce", "prompt", "max_age", "request"]
FORMS = {
    "/oauth/token": [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
    ],
    "/oauth/revoke": ["token", "token_type_hint"],
    "/oauth/introspect": ["token", "token_type_hint"],
}
CLIENT = ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
RAW = st.one_of(
    st.binary(max_size=30).map(lambda raw: quote(raw, safe="")),
    st.sampled_from(
        ["", "code", "refresh_token", "authorization_code", "%ff", "%00", "%ud800", "+"]
    ),
    st.sampled_from(
        ["harbor-health-journal", "care-ledger", "clinic-portal-link", "S256", "openid"]
    ),
)
CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pairs(names):
    return st.lists(st.tuples(st.sampled_from(names), RAW), max_size=8).map(
        lambda found: "&".join(f"{name}={value}" for name, value in found)
    )


@CALM
@given(pairs(AUTHORIZE))
def test_authorize_takes_anything(browser, query):
    answer = browser.send("GET", f"{browser.tenant.base}/oauth/authorize?{query}")
    assert answer.status_code < 500


@CALM
@given(st.sampled_from(AUTHORIZE[3:]), RAW)
def test_authorize_takes_anything_for_one_parameter(browser, app, name, value):
    url = app.authorize_url(**{name: None}) + f"&{name}={value}"
    assert browser.send("GET", url).status_code < 500


@CALM
@given(st.data())
def test_form_endpoints_take_anything(browser, data):
    path = data.draw(st.sampled_from(list(FORMS)))
    body = data.draw(pairs(FORMS[path] + CLIENT))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.send("POST", browser.tenant.base + path, content=body, headers=kind)
    assert answer.status_code < 500


@CALM
@given(st.binary(max_size=40))
def test_any_authorization_header_is_judged(browser, raw):
    value = bytes(b for b in raw if b >= 32 and b != 127)
    headers = [(b"authorization", value)]
    for path in ("/fhir/Coverage", "/oauth/userinfo"):
        answer = browser.send("GET", browser.tenant.base + path, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("value", ["%ff", "%00", "%ed%a0%80", "%F0%9F", "<b>", "{{7*7}}", "x" * 20])
def test_sign_in_forms_take_anything(every_face, value):
    base = every_face.tenant.base + "/portal"
    page = every_face.page(base + "/sign-in")
    csrf = page.hidden("/sign-in")["csrf"]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("sign-in", "password", "second-factor"):
        body = f"csrf={csrf}&username={value}&password={value}&code={value}&journey="
        answer = every_face.send("POST", f"{base}/{path}", content=body, headers=kind)
        assert answer.status_code < 500
        while answer.status_code == 303:
            answer = every_face.send("GET", answer.headers["location"])
        assert answer.status_code == 200
        assert "<b>" not in answer.text
        assert value != "{{7*7}}" or ">49<" not in answer.text.replace(" ", "")
        csrf = every_face.page(base + "/sign-in").hidden("/sign-in")["csrf"]


def test_a_second_factor_of_odd_bytes_is_merely_wrong(browser):
    person = browser.tenant.world.people["ada"]
    page = browser.page(browser.tenant.base + "/portal/sign-in")
    page = browser.submit(page, "/sign-in", username="ada", password=person.password)
    csrf = page.hidden("/second-factor")["csrf"]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    url = browser.tenant.base + "/portal/second-factor"
    for value in ("%ff%fe", "%00", "%ed%a0%80"):
        answer = browser.send("POST", url, content=f"csrf={csrf}&code={value}", headers=kind)
        assert answer.status_code == 200
        assert "not right" in answer.text
    assert (
        browser.send("POST", url, content=f"csrf={csrf}&code={totp(person.totp)}", headers=kind)
        .headers["location"]
        .endswith("/portal/apps")
    )


def test_parameters_that_are_not_text_are_refused(browser, app):
    for name in ("nonce", "scope", "prompt", "code_challenge"):
        location = browser.open(app.authorize_url(**{name: None}) + f"&{name}=%ff")
        assert "error=invalid_" in location


def test_too_many_parameters_are_refused(browser):
    many = "&".join(f"a{n}=1" for n in range(300))
    assert browser.send("GET", f"{browser.tenant.base}/oauth/authorize?{many}").status_code == 400
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.send("POST", browser.tenant.base + "/oauth/token", content=many, headers=kind)
    assert answer.json()["error"] == "invalid_request"


def test_no_page_repeats_what_was_sent(browser, app):
    evil = "<script>alert(1)</script>"
    for changed in ({"client_id": evil}, {"redirect_uri": evil}):
        answer = browser.send("GET", app.authorize_url(**changed))
        assert "alert(1)" not in answer.text


def test_a_crash_says_nothing_but_that(house):
    from dataclasses import replace

    def broken(tenant):
        raise RuntimeError("secret of Ada Synthetic-Lovelace")

    spec = parse_tenant_name("plain")
    oauth = replace(spec.policies.oauth, smart_configuration=broken)
    spec = replace(spec, policies=replace(spec.policies, oauth=oauth))
    browser = Browser(house, house.add("broken", spec))
    answer = browser.send("GET", browser.tenant.fhir_base + "/.well-known/smart-configuration")
    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "Ada" not in answer.text
    assert AppUnderTest(browser).tokens()["patient"]
