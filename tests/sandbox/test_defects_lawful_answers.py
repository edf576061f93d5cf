from __future__ import annotations

import base64
import json

import pytest
from defect_flow import Probes, code, get, granted, hook, post, shows_at_the_faulty_payer_only
from member_browser import WIDE, answer_of

SMART = "/fhir/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"
EVIL = "https://evil.example"
PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_lawful_answer(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def claims(app):
    text = granted(app)["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "==="))


def refused(app):
    return answer_of(hook(app, aud=EVIL)["redirect"])


@PROBES.of("discovery-documents-never-kept")
def _(app):
    return get(app, SMART).headers["cache-control"] == "no-store"


@PROBES.of("smart-configuration-without-response-modes")
def _(app):
    return "response_modes_supported" not in get(app, SMART).json()


@PROBES.of("openid-configuration-with-more-members")
def _(app):
    return "ui_locales_supported" in get(app, OPENID).json()


@PROBES.of("jwks-with-a-key-of-another-kind")
def _(app):
    kinds = [key["kty"] for key in get(app, "/oauth/jwks").json()["keys"]]
    assert "RSA" in kinds
    return "EC" in kinds


@PROBES.of("authorization-response-in-another-order")
def _(app):
    found = answer_of(hook(app)["redirect"])
    assert found.keys() == {"code", "state", "iss"}
    return next(iter(found)) == "iss"


@PROBES.of("authorization-errors-without-description")
def _(app):
    assert refused(app)["state"] == app.state
    return "error_description" not in refused(app)


@PROBES.of("authorization-errors-with-a-help-page")
def _(app):
    return "error_uri" in refused(app)


@PROBES.of("authorization-error-page-in-other-words")
def _(app):
    answer = app.browser.send("GET", app.authorize_url(client_id="nobody"))
    assert answer.status_code == 400
    return "could not continue" in answer.text


@PROBES.of("refresh-tokens-are-long")
def _(app):
    tokens = granted(app)
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    return len(tokens["refresh_token"]) > 500


@PROBES.of("access-tokens-with-odd-characters")
def _(app):
    tokens = granted(app)
    assert app.reads(tokens) == 200
    assert post(app, "/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert app.reads(tokens) == 401
    return tokens["access_token"].endswith("==")


@PROBES.of("token-response-with-charset")
def _(app):
    answer = app.exchange(code(app))
    assert answer.headers["cache-control"] == "no-store"
    return "charset" in answer.headers["content-type"]


@PROBES.of("token-errors-without-description")
def _(app):
    answer = app.refresh("guess")
    assert answer.json()["error"] == "invalid_grant"
    assert answer.headers["cache-control"] == "no-store"
    return "error_description" not in answer.json()


@PROBES.of("token-endpoint-with-or-without-slash")
def _(app):
    return app.browser.send("POST", app.base + "/oauth/token/", data={}).status_code == 400


@PROBES.of("id-token-at-each-refresh")
def _(app):
    return "id_token" in app.refresh(granted(app)["refresh_token"]).json()


@PROBES.of("id-token-lives-an-hour")
def _(app):
    found = claims(app)
    return found["exp"] - found["iat"] == 3600


@PROBES.of("id-token-tells-how-the-member-signed-in")
def _(app):
    return "amr" in claims(app)


@PROBES.of("challenge-in-other-words")
def _(app):
    return "Member data" in get(app, "/fhir/Coverage").headers["www-authenticate"]


@PROBES.of("wildcard-granted-type-by-type")
def _(app):
    return "patient/*.rs" not in granted(app)["scope"]


@PROBES.of("scopes-in-another-order")
def _(app):
    found = granted(app)["scope"].split()
    assert sorted(found) == sorted(WIDE.split())
    return found != WIDE.split()


@PROBES.of("api-answers-with-more-headers")
def _(app):
    return "ratelimit-limit" in get(app, SMART).headers


@PROBES.of("https-only-for-half-a-year")
def _(app):
    return "15768000" in get(app, SMART).headers["strict-transport-security"]


@PROBES.of("cors-preflight-with-more-methods")
def _(app):
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "GET"}
    answer = app.browser.send("OPTIONS", app.base + "/fhir/Coverage", headers=asked)
    return "DELETE" in answer.headers["access-control-allow-methods"]
