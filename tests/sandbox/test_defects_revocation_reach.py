from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from defect_pages import (
    Probes,
    connected,
    control,
    elsewhere,
    fetch,
    granted,
    hook,
    rows,
    shows,
)

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_revocation_reach(house, defect):
    shows(house, defect, PROBES[defect])


def cut_off(app, user="ada"):
    control(app, "apps/revoke", persona=user, client_id=app.app.client_id)


def send(app, tokens, method, path, **more):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return app.browser.send(method, app.base + path, headers=headers, **more).status_code


@PROBES.of("gateway-asks-for-expiry-only")
def _(app):
    tokens = granted(app)
    cut_off(app)
    alive = app.reads(tokens) == 200
    control(app, "clock", advance_seconds=3700)
    assert app.reads(tokens) == 401
    return alive


@PROBES.of("gateway-remembers-good-tokens")
def _(app):
    used, fresh = granted(app), granted(app)
    assert app.reads(used) == 200
    cut_off(app)
    assert app.reads(fresh) == 401
    return app.reads(used) == 200


@PROBES.of("edge-keeps-answers-by-token")
def _(app):
    tokens = granted(app)
    assert app.reads(tokens) == 200
    cut_off(app)
    assert fetch(app, tokens, "/fhir/Coverage").status_code == 401
    return app.reads(tokens) == 200


def paths(app, tokens):
    """Addresses of one's own record, by what they are an example of."""
    search = "/fhir/ExplanationOfBenefit?_count=2"
    links = fetch(app, tokens, search).json()["link"]
    link = next(one["url"] for one in links if one["relation"] == "next")
    document = fetch(app, tokens, "/fhir/DocumentReference").json()["entry"][0]["resource"]
    binary = document["content"][0]["attachment"]["url"].rpartition("/")[2]
    patient = f"/fhir/Patient/{tokens['patient']}"
    return {
        "search": search,
        "read": patient,
        "page": link.removeprefix(app.base),
        "binary": f"/fhir/Binary/{binary}",
        "compartment": f"{patient}/Coverage",
        "operation": f"/fhir/DocumentReference/$docref?patient={tokens['patient']}",
        "userinfo": "/oauth/userinfo",
    }


def open_at(defect, *alive):
    """Exactly some addresses answer a revoked token."""

    def probe(app):
        tokens = granted(app)
        known = paths(app, tokens)
        assert {fetch(app, tokens, path).status_code for path in known.values()} == {200}
        cut_off(app)
        answered = {name: fetch(app, tokens, path).status_code for name, path in known.items()}
        open_ones = {name for name, status in answered.items() if status == 200}
        assert open_ones in (set(), set(alive)), answered
        return open_ones == set(alive)

    PROBES[defect] = probe


open_at("revoked-token-still-searches", "search", "page")
open_at("revoked-token-still-reads", "read", "binary", "operation")
open_at("revoked-token-still-turns-pages", "page")
open_at("revoked-token-still-opens-documents", "binary")
open_at("revoked-token-still-searches-compartment", "compartment")
open_at("revoked-token-still-calls-operations", "operation")
open_at("revoked-token-still-opens-userinfo", "userinfo")


@PROBES.of("revoked-token-still-searches-by-post")
def _(app):
    tokens = granted(app)
    cut_off(app)
    assert send(app, tokens, "GET", "/fhir/Coverage") == 401
    form = {"patient": tokens["patient"]}
    return send(app, tokens, "POST", "/fhir/Coverage/_search", data=form) == 200


def introspected(app, token):
    auth = (app.app.client_id, app.app.secret)
    url = f"{app.base}/oauth/introspect"
    return app.browser.send("POST", url, data={"token": token}, auth=auth).json()["active"]


@PROBES.of("introspection-active-after-revocation")
def _(app):
    ledger = elsewhere(app, "confidential")
    tokens = granted(ledger)
    assert introspected(ledger, tokens["access_token"])
    cut_off(ledger)
    assert ledger.reads(tokens) == 401
    return introspected(ledger, tokens["access_token"])


def give_back(app, token, by=None):
    client = (by or app).app
    form = {"token": token, "client_id": client.client_id}
    answer = app.browser.send("POST", f"{app.base}/oauth/revoke", data=form)
    assert answer.status_code == 200


@PROBES.of("revocation-endpoint-does-nothing")
def _(app):
    tokens = granted(app)
    give_back(app, tokens["refresh_token"])
    give_back(app, tokens["access_token"])
    return app.reads(tokens) == 200


@PROBES.of("revocation-endpoint-spares-access-tokens")
def _(app):
    tokens = granted(app)
    give_back(app, tokens["refresh_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    return app.reads(tokens) == 200


@PROBES.of("revocation-endpoint-serves-any-app")
def _(app):
    tokens = granted(app)
    give_back(app, tokens["access_token"], by=elsewhere(app, "phone"))
    return app.reads(tokens) == 401


@PROBES.of("revocation-endpoint-takes-one-token")
def _(app):
    tokens = granted(app)
    give_back(app, tokens["access_token"])
    assert app.reads(tokens) == 401
    return app.refresh(tokens["refresh_token"]).status_code == 200


@PROBES.of("revocation-endpoint-ends-the-grant")
def _(app):
    first, second = granted(app), granted(app)
    give_back(app, first["access_token"])
    return app.reads(second) == 401 and not rows(connected(app))


@PROBES.of("grant-end-not-enforced")
def _(app):
    tokens = granted(app)
    control(app, "expire-grant", persona="ada", client_id=app.app.client_id)
    return app.reads(tokens) == 200


@PROBES.of("deactivated-app-keeps-its-tokens")
def _(app):
    tokens = granted(app)
    control(app, "deactivate-app", client_id=app.app.client_id)
    assert hook(app)["redirect"] is None
    return app.reads(tokens) == 200


@PROBES.of("authority-outlived-by-tokens")
def _(app):
    ben = app.browser.tenant.world.people["ben"]
    birthday = ben.birth_date.replace(year=ben.birth_date.year + 18)
    eve = datetime.combine(birthday, time(), UTC) - timedelta(minutes=20)
    control(app, "clock", now=eve.isoformat())
    tokens = granted(app, "bruno", more={"choose": "ben"})
    assert app.reads(tokens) == 200
    control(app, "clock", advance_seconds=1800)
    return app.reads(tokens) == 200
