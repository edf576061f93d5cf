from __future__ import annotations

import pytest
from defect_flow import (
    Probes,
    code,
    error_of,
    get,
    granted,
    hook,
    shows_at_the_faulty_payer_only,
)
from member_browser import answer_of

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_token(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def refreshed(app, tokens=None):
    return app.refresh((tokens or granted(app))["refresh_token"]).json()


def mine(app, user="ada"):
    return app.browser.tenant.world.people[user].patient


def alive_after(app, seconds):
    tokens = granted(app)
    app.browser.tenant.clock.advance(seconds)
    return get(app, f"/fhir/Patient/{mine(app)}", tokens["access_token"]).status_code == 200


def posted(app, text, **headers):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return app.browser.send("POST", app.base + "/oauth/token", content=text, headers=headers)


def form(app):
    return f"grant_type=refresh_token&refresh_token=guess&client_id={app.app.client_id}"


@PROBES.of("patient-missing-at-first")
def _(app):
    tokens = granted(app)
    assert refreshed(app, tokens)["patient"] == mine(app)
    return "patient" not in tokens


@PROBES.of("patient-in-the-token-only")
def _(app):
    return "patient" not in granted(app)


@PROBES.of("patient-with-type")
def _(app):
    return granted(app)["patient"] == f"Patient/{mine(app)}"


@PROBES.of("patient-as-address")
def _(app):
    return granted(app)["patient"].startswith("https://")


@PROBES.of("patient-lost-on-refresh")
def _(app):
    tokens = granted(app)
    assert tokens["patient"] == mine(app)
    return "patient" not in refreshed(app, tokens)


@PROBES.of("patient-is-whoever-signed-in")
def _(app):
    found = hook(app, "bruno", more={"choose": "bea"})["redirect"]
    return app.exchange(answer_of(found)["code"]).json()["patient"] == mine(app, "bruno")


@PROBES.of("expires-in-as-text")
def _(app):
    return granted(app)["expires_in"] == "3600"


@PROBES.of("expires-in-with-fraction")
def _(app):
    return isinstance(granted(app)["expires_in"], float)


@PROBES.of("expires-in-too-long")
def _(app):
    assert granted(app)["expires_in"] == 3600
    return not alive_after(app, 600)


@PROBES.of("expires-in-too-short")
def _(app):
    return granted(app)["expires_in"] == 300 and alive_after(app, 600)


@PROBES.of("access-token-lives-ten-minutes")
def _(app):
    return granted(app)["expires_in"] == 600 and not alive_after(app, 605)


@PROBES.of("scope-missing-from-token-response")
def _(app):
    return "scope" not in granted(app)


@PROBES.of("scope-missing-on-refresh")
def _(app):
    return "scope" not in refreshed(app)


@PROBES.of("scope-as-list")
def _(app):
    return isinstance(granted(app)["scope"], list)


@PROBES.of("token-response-says-more")
def _(app):
    return "access_grant_expiration" in granted(app)


@PROBES.of("refresh-response-may-be-stored")
def _(app):
    first = app.exchange(code(app))
    assert first.headers["cache-control"] == "no-store"
    return "cache-control" not in app.refresh(first.json()["refresh_token"]).headers


@PROBES.of("token-response-without-pragma")
def _(app):
    return "pragma" not in app.exchange(code(app)).headers


@PROBES.of("token-response-private-only")
def _(app):
    return app.exchange(code(app)).headers["cache-control"] == "private"


@PROBES.of("token-response-forbids-storing-twice")
def _(app):
    return "must-revalidate" in app.exchange(code(app)).headers["cache-control"]


@PROBES.of("token-endpoint-redirects")
def _(app):
    published = get(app, "/fhir/.well-known/smart-configuration").json()["token_endpoint"]
    return app.browser.send("POST", published).status_code == 301


@PROBES.of("token-form-with-charset-refused")
def _(app):
    assert error_of(posted(app, form(app))) == "invalid_grant"
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    return error_of(posted(app, form(app), **kind)) == "invalid_request"


@PROBES.of("unknown-token-parameters-refused")
def _(app):
    return error_of(posted(app, form(app) + "&foo=bar")) == "invalid_request"


@PROBES.of("token-endpoint-crashes-on-garbage")
def _(app):
    return posted(app, (form(app) + "\xff").encode("latin-1")).status_code == 500


@PROBES.of("token-errors-answered-200")
def _(app):
    answer = posted(app, form(app))
    return answer.status_code == 200 and error_of(answer) == "invalid_grant"


@PROBES.of("password-grant-left-on")
def _(app):
    person = app.browser.tenant.world.people["ada"]
    asked = {"grant_type": "password", "username": "ada", "password": person.password}
    wrong = app.token(**{**asked, "password": "wrong"})
    assert wrong.status_code == 400
    answer = app.token(**asked, scope="patient/*.rs")
    return answer.status_code == 200 and app.reads(answer.json()) == 200


@PROBES.of("client-credentials-open-to-member-apps")
def _(app):
    answer = app.token(grant_type="client_credentials", scope="system/*.rs")
    return answer.status_code == 200 and answer.json()["scope"] == "system/*.rs"
