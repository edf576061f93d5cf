from __future__ import annotations

import pytest
from defect_flow import (
    Probes,
    control,
    error_of,
    get,
    granted,
    other,
    shows_at_the_faulty_payer_only,
)

PROBES = Probes()
DAY = 86400


@pytest.mark.parametrize("defect", PROBES)
def test_refresh(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def refreshed(app, tokens):
    return app.refresh(tokens["refresh_token"])


def refreshed_after(app, seconds):
    tokens = granted(app)
    app.browser.tenant.clock.advance(seconds)
    return refreshed(app, tokens).status_code == 200


def expired(app):
    tokens = granted(app)
    control(app, "expire-grant", persona="ada", client_id=app.app.client_id)
    return refreshed(app, tokens)


@PROBES.of("refresh-token-without-offline-access")
def _(app):
    return "refresh_token" in granted(app, scope="launch/patient patient/Coverage.rs")


@PROBES.of("offline-access-without-refresh-token")
def _(app):
    tokens = granted(app)
    assert "offline_access" in tokens["scope"]
    return "refresh_token" not in tokens


@PROBES.of("refresh-token-lives-thirty-days")
def _(app):
    assert refreshed_after(app, 29 * DAY)
    return not refreshed_after(app, 31 * DAY)


@PROBES.of("refresh-token-not-rotated")
def _(app):
    first = granted(app)
    second = refreshed(app, first).json()
    return second["refresh_token"] == first["refresh_token"] and app.reads(second) == 200


@PROBES.of("refresh-token-reusable")
def _(app):
    first = granted(app)
    assert refreshed(app, first).json()["refresh_token"] != first["refresh_token"]
    return refreshed(app, first).status_code == 200


@PROBES.of("refresh-replay-leaves-the-family")
def _(app):
    first = granted(app)
    second = refreshed(app, first).json()
    assert error_of(refreshed(app, first)) == "invalid_grant"
    return refreshed(app, second).status_code == 200


@PROBES.of("refresh-replay-of-the-last-one-overlooked")
def _(app):
    first = granted(app)
    second = refreshed(app, first).json()
    assert error_of(refreshed(app, first)) == "invalid_grant"
    third = refreshed(app, second)
    lives = third.status_code == 200
    refreshed(app, first)
    assert not lives or refreshed(app, third.json()).status_code == 400
    return lives


@PROBES.of("refresh-token-of-any-client")
def _(app):
    return refreshed(other(app, "confidential"), granted(app)).status_code == 200


@PROBES.of("refresh-token-of-any-public-client")
def _(app):
    tokens = granted(app)
    assert refreshed(other(app, "confidential"), tokens).status_code == 400
    return refreshed(other(app, "unattested"), tokens).status_code == 200


@PROBES.of("refresh-after-the-grant-ran-out")
def _(app):
    answer = expired(app)
    if answer.status_code != 200:
        return False
    return get(app, "/fhir/Coverage", answer.json()["access_token"]).status_code == 401


@PROBES.of("refresh-after-the-grant-ran-out-opens-data")
def _(app):
    answer = expired(app)
    if answer.status_code != 200:
        return False
    return get(app, "/fhir/Coverage", answer.json()["access_token"]).status_code == 200


@PROBES.of("refresh-token-never-expires")
def _(app):
    return refreshed_after(app, 91 * DAY)
