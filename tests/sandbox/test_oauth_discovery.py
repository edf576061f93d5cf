from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from member_browser import AppUnderTest, answer_of

from payerproof.sandbox.scopes import supported

REQUIRED = {"issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"}
REQUIRED |= {"grant_types_supported", "capabilities", "code_challenge_methods_supported"}
RECOMMENDED = {"scopes_supported", "response_types_supported", "management_endpoint"}
RECOMMENDED |= {"introspection_endpoint", "revocation_endpoint"}


def smart(browser, **headers):
    url = f"{browser.tenant.fhir_base}/.well-known/smart-configuration"
    return browser.send("GET", url, headers=headers)


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*", "application/fhir+xml"])
def test_configuration_is_json_whatever_is_accepted(browser, accept):
    answer = smart(browser, accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"


def test_configuration_has_every_required_and_recommended_field(every_face):
    found = smart(every_face).json()
    assert found.keys() >= REQUIRED | RECOMMENDED
    assert "S256" in found["code_challenge_methods_supported"]
    assert "plain" not in found["code_challenge_methods_supported"]
    assert "launch-ehr" not in found["capabilities"]
    assert "client_credentials" not in found["grant_types_supported"]


def test_every_address_is_absolute_https_and_answers(every_face):
    for name, value in smart(every_face).json().items():
        if name == "issuer" or name.endswith(("_endpoint", "_uri")):
            assert urlsplit(value).scheme == "https", name
            if name != "issuer":
                assert every_face.send("GET", value).status_code != 404, name


def test_openid_and_smart_configuration_agree(every_face):
    own = smart(every_face).json()
    openid = every_face.send("GET", f"{own['issuer']}/.well-known/openid-configuration").json()
    assert {name: openid[name] for name in own.keys() & openid.keys()} == {
        name: own[name] for name in own.keys() & openid.keys()
    }
    assert openid["id_token_signing_alg_values_supported"] == ["RS256"]


def test_keys_are_public_halves_only(browser):
    keys = browser.send("GET", smart(browser).json()["jwks_uri"]).json()["keys"]
    assert keys
    assert all(key["kty"] == "RSA" and key["n"] and key["e"] == "AQAB" for key in keys)
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in keys)


def test_every_listed_scope_is_granted(browser, app):
    assert set(smart(browser).json()["scopes_supported"]) == set(supported())
    tokens = app.tokens(scope=" ".join(supported()))
    assert set(tokens["scope"].split()) == set(supported())


@pytest.mark.parametrize("path", ["/fhir/.well-known/smart-configuration", "/oauth/jwks"])
def test_scripts_of_any_site_may_read_discovery(browser, path):
    answer = browser.send(
        "GET", browser.tenant.base + path, headers={"Origin": "https://a.example"}
    )
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/oauth/token", "/fhir/Patient/x", "/oauth/userinfo"])
def test_preflight_lets_authorization_pass(browser, path):
    headers = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = browser.send("OPTIONS", browser.tenant.base + path, headers=headers)
    assert answer.status_code == 204
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/portal/sign-in", "/portal/apps", "/oauth/authorize"])
def test_pages_are_closed_to_scripts_of_other_sites(browser, path):
    answer = browser.send(
        "GET", browser.tenant.base + path, headers={"Origin": "https://a.example"}
    )
    assert "access-control-allow-origin" not in answer.headers


def test_everything_is_for_https_only(browser, app):
    for url in (
        browser.tenant.base + "/portal/sign-in",
        app.authorize_url(),
        browser.tenant.fhir_base,
    ):
        assert "max-age=" in browser.send("GET", url).headers["strict-transport-security"]


def test_fhir_user_of_the_id_token_is_an_address_of_this_server(every_face):
    app = AppUnderTest(every_face)
    assert answer_of(app.connect())["iss"] == every_face.tenant.issuer


def test_brands_are_published_where_the_face_names_them(every_face):
    found = smart(every_face).json()
    address = f"{every_face.tenant.base}/brands.json"
    answer = every_face.send("GET", address, headers={"origin": "https://app.example"})
    assert ("user_access_brand_bundle" in found) is every_face.tenant.face.brands
    if not every_face.tenant.face.brands:
        assert answer.status_code == 404
        return
    assert found["user_access_brand_bundle"] == address
    assert answer.headers["access-control-allow-origin"] == "*"
    brand, endpoint = (entry["resource"] for entry in answer.json()["entry"])
    assert found["user_access_brand_identifier"] in brand["identifier"]
    assert endpoint["address"] == every_face.tenant.fhir_base
