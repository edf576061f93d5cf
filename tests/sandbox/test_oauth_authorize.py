from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from member_browser import AppUnderTest, Browser, Page, answer_of

GOOD = "https://harbor.app.example/callback"
UNREGISTERED = [
    "https://harbor.app.example/callback/",
    "https://harbor.app.example/callback/more",
    "https://harbor.app.example/callback?x=1",
    "https://harbor.app.example/callback#top",
    "https://harbor.app.example/Callback",
    "https://harbor.app.example/a/../callback",
    "https://harbor.app.example:8443/callback",
    "https://evil.harbor.app.example/callback",
    "https://harbor.app.example@evil.example/callback",
    "https://harbor.app.example.evil.example/callback",
    "http://harbor.app.example/callback",
    "http://127.0.0.1:8401/callback",
    "javascript:alert(1)",
    "",
    None,
]


@pytest.mark.parametrize("redirect_uri", UNREGISTERED)
def test_an_unregistered_redirect_address_is_never_used(browser, app, redirect_uri):
    found = browser.open(app.authorize_url(redirect_uri=redirect_uri))
    assert isinstance(found, Page)
    assert found.status == 400


@pytest.mark.parametrize("client_id", ["", None, "nobody", "a\0b", "%00", "x" * 5000])
def test_an_unknown_app_gets_a_page(browser, app, client_id):
    found = browser.open(app.authorize_url(client_id=client_id))
    assert isinstance(found, Page)
    assert found.status == 400


def test_a_cut_off_app_gets_a_page(browser):
    found = browser.open(AppUnderTest(browser, "retired").authorize_url())
    assert isinstance(found, Page)
    assert found.status == 403


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://other.example/fhir"}, "invalid_request"),
        ({"aud": "https://localhost/gateway/fhir"}, "invalid_request"),
        ({"aud": "http://localhost/plain/fhir"}, "invalid_request"),
        ({"aud": "https://localhost/plain"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "é" * 43}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "   "}, "invalid_scope"),
        ({"scope": "user/*.rs"}, "invalid_scope"),
        ({"scope": "system/*.read"}, "invalid_scope"),
        ({"scope": "patient/*.write"}, "invalid_scope"),
        ({"scope": 'openid "quoted"'}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
    ],
)
def test_errors_go_back_by_redirect_with_state_and_issuer(browser, app, changed, error):
    found = browser.open(app.authorize_url(**changed))
    assert isinstance(found, str), found.text
    assert found.startswith(GOOD + "?")
    answer = answer_of(found)
    assert answer["error"] == error
    assert answer["state"] == app.state
    assert answer["iss"] == browser.tenant.issuer
    assert "code" not in answer


def test_a_missing_state_is_an_error(browser, app):
    found = browser.open(app.authorize_url(state=None))
    assert isinstance(found, str)
    assert answer_of(found)["error"] == "invalid_request"
    assert "state" not in answer_of(found)


@pytest.mark.parametrize(
    "state",
    ["a", "a b+c&d=e#f%zz/?:@!$'()*,;", "é漢字🎈", "x" * 4000, "<script>", "\r\nSet-Cookie: a=b"],
)
def test_state_comes_back_unchanged(browser, app, state):
    assert answer_of(app.connect(state=state))["state"] == state


def test_state_that_is_not_utf8_comes_back_byte_for_byte(browser, app):
    url = app.authorize_url(state=None) + "&state=%ff%fe%80raw"
    found = browser.sign_in(browser.page(url), "ada")
    location = browser.allow(found)
    assert "state=%FF%FE%80raw" in location


def test_a_repeated_parameter_is_an_error(browser, app):
    found = browser.open(app.authorize_url() + "&scope=openid")
    assert answer_of(found)["error"] == "invalid_request"
    twice = browser.open(app.authorize_url() + "&redirect_uri=" + quote(GOOD))
    assert isinstance(twice, Page)
    assert twice.status == 400


def test_get_and_post_lead_to_the_same_page(every_face):
    app = AppUnderTest(every_face)
    by_get = every_face.page(app.authorize_url())
    by_post = every_face.follow(
        every_face.send("POST", app.base + "/oauth/authorize", data=app.parameters())
    )
    assert isinstance(by_post, Page)
    assert by_get.place == by_post.place == "sign-in"


def test_the_audience_may_end_in_a_slash(app):
    assert app.code(aud=app.browser.tenant.fhir_base + "/")


def test_all_redirect_addresses_work(browser):
    phone = AppUnderTest(browser, "phone")
    assert phone.connect().startswith("example.app.pocket:/callback?")
    app = AppUnderTest(browser)
    assert app.connect(redirect_uri=app.app.redirect_uris[1]).startswith("http://127.0.0.1:8400/")


def test_unknown_scopes_are_dropped_or_refused_as_the_face_says(every_face):
    app = AppUnderTest(every_face)
    asked = "launch/patient patient/Coverage.rs patient/Unicorn.rs"
    answer = answer_of(app.connect(scope=asked))
    if every_face.tenant.face.unknown_scope == "refuse":
        assert answer["error"] == "invalid_scope"
    else:
        granted = app.exchange(answer["code"]).json()["scope"]
        assert granted == "launch/patient patient/Coverage.rs"


def test_a_very_long_scope_list_is_handled(browser, app):
    scope = " ".join(f"patient/Coverage.rs patient/Unknown{n}.rs" for n in range(400))
    assert app.tokens(scope=scope)["scope"] == "patient/Coverage.rs"


def test_a_journey_belongs_to_the_browser_that_took_it_up(browser, app):
    page = browser.page(app.authorize_url())
    other = Browser(browser.house, browser.tenant)
    assert other.page(page.url).status == 400


def test_a_journey_ends_after_half_an_hour(browser, app):
    page = browser.page(app.authorize_url())
    browser.tenant.clock.advance(31 * 60)
    found = browser.page(page.url)
    assert found.status == 400
    assert "ended" in found.text


def test_the_redirect_carries_nothing_but_the_answer(app):
    location = app.connect()
    assert answer_of(location).keys() == {"code", "state", "iss"}
    assert urlsplit(location).fragment == ""
