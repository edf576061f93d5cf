from __future__ import annotations

import pytest
from defect_flow import Probes, granted, other, post, shows_at_the_faulty_payer_only

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_introspection_and_revocation(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "confidential")


def asked(app, token):
    return post(app, "/oauth/introspect", token=token).json()


def told(app, **changed):
    return asked(app, granted(app, **changed)["access_token"])


def anonymous(app, path, token):
    return app.browser.send("POST", app.base + path, data={"token": token})


@PROBES.of("introspection-open-to-anybody")
def _(app):
    answer = anonymous(app, "/oauth/introspect", granted(app)["access_token"])
    return answer.json().get("active") is True


@PROBES.of("introspection-open-to-public-apps")
def _(app):
    public = other(app, "attested")
    return asked(public, granted(public)["access_token"]).get("active") is True


@PROBES.of("introspection-of-other-apps-tokens")
def _(app):
    tokens = granted(other(app, "attested"))
    found = asked(app, tokens["access_token"])["active"]
    assert post(app, "/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert app.reads(tokens) == 200
    return found


@PROBES.of("tokens-of-any-app-managed")
def _(app):
    tokens = granted(other(app, "attested"))
    assert post(app, "/oauth/revoke", token=tokens["access_token"]).status_code == 200
    return app.reads(tokens) == 401


@PROBES.of("introspection-details-of-dead-tokens")
def _(app):
    token = granted(app)["access_token"]
    app.browser.tenant.clock.advance(4000)
    found = asked(app, token)
    assert found["active"] is False
    return "patient" in found


@PROBES.of("introspection-without-patient")
def _(app):
    return "patient" not in told(app)


@PROBES.of("introspection-without-expiry")
def _(app):
    return "exp" not in told(app)


@PROBES.of("introspection-without-scope")
def _(app):
    return "scope" not in told(app)


@PROBES.of("introspection-expiry-in-milliseconds")
def _(app):
    return told(app)["exp"] > 10**12


@PROBES.of("introspection-patient-with-type")
def _(app):
    return told(app)["patient"].startswith("Patient/")


@PROBES.of("introspection-active-as-text")
def _(app):
    return told(app)["active"] == "true"


@PROBES.of("introspection-scope-as-asked")
def _(app):
    narrow = app.refresh(granted(app)["refresh_token"], scope="patient/Coverage.rs").json()
    return asked(app, narrow["access_token"])["scope"] != narrow["scope"]


@PROBES.of("introspection-says-more")
def _(app):
    return "aud" in told(app)


@PROBES.of("revocation-open-to-anybody")
def _(app):
    tokens = granted(app)
    anonymous(app, "/oauth/revoke", tokens["access_token"])
    return app.reads(tokens) == 401
