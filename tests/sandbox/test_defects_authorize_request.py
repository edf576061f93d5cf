from __future__ import annotations

from urllib.parse import urlencode

import pytest
from defect_flow import Probes, code, hook, shows_at_the_faulty_payer_only
from member_browser import answer_of

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_authorization_request(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def begins(app, **changed):
    """Whether a request gets as far as the sign-in pages."""
    answer = app.browser.send("GET", app.authorize_url(**changed))
    return "/portal/" in answer.headers.get("location", "")


def status(app, **changed):
    return app.browser.send("GET", app.authorize_url(**changed)).status_code


def echoed(app, state):
    return answer_of(hook(app, state=state)["redirect"]).get("state")


@PROBES.of("audience-may-be-missing")
def _(app):
    assert not begins(app, aud="https://evil.example/fhir")
    return begins(app, aud=None)


@PROBES.of("audience-ignored")
def _(app):
    return begins(app, aud="https://evil.example/fhir")


@PROBES.of("audience-by-substring")
def _(app):
    assert not begins(app, aud="https://evil.example/fhir")
    return begins(app, aud=f"https://evil.example/?base={app.base}/fhir")


@PROBES.of("audience-over-plain-http")
def _(app):
    return begins(app, aud=f"{app.base}/fhir".replace("https:", "http:"))


@PROBES.of("audience-as-published-only")
def _(app):
    assert begins(app)
    return not begins(app, aud=f"{app.base}/fhir/")


@PROBES.of("state-truncated")
def _(app):
    assert echoed(app, "s" * 255) == "s" * 255
    return echoed(app, "s" * 512) != "s" * 512


@PROBES.of("state-html-escaped")
def _(app):
    return echoed(app, "a&b<c>'d") != "a&b<c>'d"


@PROBES.of("state-decoded-twice")
def _(app):
    return echoed(app, "50%25+1") != "50%25+1"


@PROBES.of("state-missing-on-error")
def _(app):
    assert echoed(app, "kept") == "kept"
    return "state" not in answer_of(hook(app, aud="https://evil.example")["redirect"])


@PROBES.of("state-with-characters-escaped-otherwise")
def _(app):
    assert echoed(app, "a b+c") == "a b+c"
    return "state=a%20b" in hook(app, state="a b+c")["redirect"]


@PROBES.of("issuer-parameter-missing")
def _(app):
    return "iss" not in answer_of(hook(app)["redirect"])


@PROBES.of("issuer-parameter-of-another")
def _(app):
    return answer_of(hook(app)["redirect"])["iss"] != app.base


@PROBES.of("odd-client-id-crashes")
def _(app):
    return status(app, client_id="%00'; --") == 500


@PROBES.of("odd-challenge-crashes")
def _(app):
    return status(app, code_challenge="!!!!!") == 500


@PROBES.of("long-scope-crashes")
def _(app):
    long = " ".join(f"patient/Observation.rs?category=c{n}" for n in range(80))
    return status(app, scope=f"patient/Coverage.rs {long}") == 500


@PROBES.of("unknown-scope-crashes")
def _(app):
    return status(app, scope="patient/Coverage.rs patient/Nope.rs") == 500


@PROBES.of("unknown-scope-refused-in-words")
def _(app):
    found = answer_of(hook(app, scope="patient/Coverage.rs patient/Nope.rs")["redirect"])
    return found.get("error") == "invalid_scope"


@PROBES.of("authorization-errors-as-json")
def _(app):
    answer = app.browser.send("GET", app.authorize_url(client_id="nobody"))
    return answer.headers["content-type"] == "application/json"


@PROBES.of("authorization-errors-never-reach-the-app")
def _(app):
    return hook(app, response_type="nonsense")["redirect"] is None


@PROBES.of("short-state-ends-on-a-page")
def _(app):
    return hook(app, state="s" * 15)["redirect"] is None


@PROBES.of("response-mode-query-refused")
def _(app):
    return not begins(app, response_mode="query")


@PROBES.of("response-type-not-looked-at")
def _(app):
    return begins(app, response_type="token")


@PROBES.of("implicit-grant-left-on")
def _(app):
    assert code(app)
    found = hook(app, response_type="token")["redirect"]
    return "access_token=" in found and urlencode({"state": app.state}) in found
