from __future__ import annotations

import pytest
from defect_flow import (
    Probes,
    code,
    error_of,
    hook,
    other,
    shows_at_the_faulty_payer_only,
)
from member_browser import AppUnderTest, answer_of

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_code(house, defect):
    app = "confidential" if defect == "pkce-of-public-apps-only" else "attested"
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], app)


def replayed(app):
    """Tokens of a code that is then presented again, in vain."""
    first = code(app)
    tokens = app.exchange(first).json()
    assert error_of(app.exchange(first)) == "invalid_grant"
    return tokens


def taken(app, **changed):
    return app.exchange(code(app), **changed).status_code == 200


def taken_by(app, thief):
    stolen = AppUnderTest(thief.browser, thief.id, verifier=app.verifier)
    answer = stolen.exchange(code(app), redirect_uri=app.app.redirect_uris[0])
    return answer.status_code == 200


def taken_after(app, seconds):
    waiting = code(app)
    app.browser.tenant.clock.advance(seconds)
    return app.exchange(waiting).status_code == 200


@PROBES.of("code-replay-leaves-the-tokens")
def _(app):
    tokens = replayed(app)
    return app.reads(tokens) == 200 and app.refresh(tokens["refresh_token"]).status_code == 200


@PROBES.of("code-replay-leaves-the-access-token")
def _(app):
    tokens = replayed(app)
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    return app.reads(tokens) == 200


@PROBES.of("code-survives-a-failed-exchange")
def _(app):
    kept = code(app)
    assert app.exchange(kept, code_verifier="x" * 43).status_code == 400
    again = app.exchange(kept).status_code == 200
    assert app.exchange(kept).status_code == 400
    return again


@PROBES.of("code-of-any-client")
def _(app):
    return taken_by(app, other(app, "confidential"))


@PROBES.of("code-of-any-public-client")
def _(app):
    assert not taken_by(app, other(app, "confidential"))
    return taken_by(app, other(app, "unattested"))


@PROBES.of("code-for-any-redirect")
def _(app):
    return taken(app, redirect_uri="https://evil.example/take")


@PROBES.of("code-redirect-may-be-missing")
def _(app):
    assert not taken(app, redirect_uri="https://evil.example/take")
    return taken(app, redirect_uri=None)


@PROBES.of("code-redirect-compared-by-host")
def _(app):
    assert not taken(app, redirect_uri="https://evil.example/take")
    return taken(app, redirect_uri="https://harbor.app.example/other")


@PROBES.of("code-never-expires")
def _(app):
    return taken_after(app, 90000)


@PROBES.of("code-lives-an-hour")
def _(app):
    assert not taken_after(app, 4000)
    return taken_after(app, 3000)


@PROBES.of("code-lives-nine-minutes")
def _(app):
    assert not taken_after(app, 601)
    return taken_after(app, 500)


@PROBES.of("code-expiry-with-leeway-in-minutes")
def _(app):
    assert not taken_after(app, 1000)
    return taken_after(app, 800)


# -- PKCE


def without_challenge(app, **changed):
    asked = {"code_challenge": None, "code_challenge_method": None, **changed}
    return answer_of(hook(app, **asked)["redirect"])


@PROBES.of("pkce-optional")
def _(app):
    found = without_challenge(app)
    return "code" in found and app.exchange(found["code"], code_verifier=None).status_code == 200


@PROBES.of("pkce-of-public-apps-only")
def _(app):
    assert "error" in without_challenge(other(app, "attested"))
    found = without_challenge(app)
    return "code" in found and app.exchange(found["code"], code_verifier=None).status_code == 200


@PROBES.of("pkce-plain-accepted")
def _(app):
    found = without_challenge(app, code_challenge=app.verifier, code_challenge_method="plain")
    return "code" in found and app.exchange(found["code"]).status_code == 200


@PROBES.of("pkce-method-not-looked-at")
def _(app):
    return "code" in answer_of(hook(app, code_challenge_method="plain")["redirect"])


@PROBES.of("pkce-verifier-may-be-missing")
def _(app):
    assert not taken(app, code_verifier="x" * 43)
    return taken(app, code_verifier=None)


@PROBES.of("pkce-verifier-not-compared")
def _(app):
    assert not taken(app, code_verifier=None)
    return taken(app, code_verifier="x" * 43)


@PROBES.of("pkce-challenge-itself-accepted")
def _(app):
    assert not taken(app, code_verifier="x" * 43)
    return taken(app, code_verifier=app.parameters()["code_challenge"])


@PROBES.of("pkce-verifier-of-any-length")
def _(app):
    assert not taken(app, code_verifier="x" * 43)
    short = AppUnderTest(app.browser, verifier="short")
    return taken(short)
