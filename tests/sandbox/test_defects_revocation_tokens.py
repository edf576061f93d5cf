from __future__ import annotations

import pytest
from defect_pages import (
    Probes,
    connected,
    control,
    elsewhere,
    granted,
    hook,
    revoke,
    rows,
    shows,
    statuses,
)
from member_browser import answer_of

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_revocation_tokens(house, defect):
    shows(house, defect, PROBES[defect])


def cut_off(app, user="ada", **more):
    """Revoke as the member's own button would."""
    answer = control(app, "apps/revoke", persona=user, client_id=app.app.client_id, **more)
    assert answer.status_code == 200


def advance(app, seconds):
    control(app, "clock", advance_seconds=seconds)


def refreshes(app, tokens):
    return app.refresh(tokens["refresh_token"]).status_code == 200


@PROBES.of("revoke-does-nothing")
def _(app):
    tokens = granted(app)
    after = revoke(app)
    return bool(rows(after)) and statuses(app, tokens) == (200, 200)


@PROBES.of("revoke-ends-the-record-only")
def _(app):
    tokens = granted(app)
    assert not rows(revoke(app))
    return statuses(app, tokens) == (200, 200)


@PROBES.of("revoke-leaves-refresh-token")
def _(app):
    tokens = granted(app)
    cut_off(app)
    return statuses(app, tokens) == (401, 200)


@PROBES.of("revoke-leaves-access-token")
def _(app):
    tokens = granted(app)
    cut_off(app)
    return statuses(app, tokens) == (200, 400)


@PROBES.of("revoke-ends-newest-connection-only")
def _(app):
    phone, tablet = granted(app), granted(elsewhere(app))
    cut_off(app)
    assert app.reads(tablet) == 401
    return statuses(app, phone) == (200, 200)


@PROBES.of("revoke-leaves-older-access-tokens")
def _(app):
    older = granted(app)
    newer = app.refresh(older["refresh_token"]).json()
    newer["patient"] = older["patient"]
    cut_off(app)
    assert statuses(app, newer) == (401, 400)
    return app.reads(older) == 200


@PROBES.of("revoke-frees-older-refresh-tokens")
def _(app):
    older = granted(app)
    newer = app.refresh(older["refresh_token"]).json()
    cut_off(app)
    assert not refreshes(app, newer)
    return refreshes(app, older)


@PROBES.of("revoke-leaves-pending-code")
def _(app):
    tokens = granted(app)
    code = answer_of(hook(app)["redirect"])["code"]
    cut_off(app)
    assert app.reads(tokens) == 401
    return app.exchange(code).status_code == 200


def lives_for(defect, alive, dead):
    def probe(app):
        tokens = granted(app)
        cut_off(app)
        advance(app, alive)
        if app.reads(tokens) == 401:
            return False
        advance(app, dead - alive)
        assert app.reads(tokens) == 401
        assert not refreshes(app, tokens)
        return True

    PROBES[defect] = probe


lives_for("revocation-takes-two-seconds", 0, 3)


@PROBES.of("revocation-takes-two-hours")
def _(app):
    tokens = granted(app)
    cut_off(app)
    advance(app, 7000)
    refreshed = refreshes(app, tokens)
    advance(app, 300)
    assert app.reads(tokens) == 401
    return refreshed


def revived(app, other):
    tokens = granted(app)
    cut_off(app)
    assert app.reads(tokens) == 401
    hook(other)
    return app.reads(tokens) == 200


@PROBES.of("connecting-another-app-revives-revoked")
def _(app):
    return revived(app, elsewhere(app, "phone"))


@PROBES.of("reconnecting-revives-revoked-tokens")
def _(app):
    return revived(app, elsewhere(app))


@PROBES.of("revoke-cuts-every-app")
def _(app):
    other = elsewhere(app, "phone")
    tokens = granted(other)
    granted(app)
    cut_off(app)
    return statuses(other, tokens) == (401, 400)


@PROBES.of("revoke-cuts-refresh-of-every-app")
def _(app):
    other = elsewhere(app, "phone")
    tokens = granted(other)
    granted(app)
    cut_off(app)
    return statuses(other, tokens) == (200, 400)


@PROBES.of("revoke-cuts-the-app-for-every-member")
def _(app):
    eli = granted(app, "eli")
    granted(app, "ada")
    cut_off(app)
    return app.reads(eli) == 401


@PROBES.of("revoke-cuts-other-represented-members")
def _(app):
    gus = granted(app, "dee", more={"choose": "gus"})
    granted(app, "dee", more={"choose": "fay"})
    cut_off(app, "dee", member="fay")
    return app.reads(gus) == 401


@PROBES.of("member-cannot-end-representatives-grant")
def _(app):
    tokens = granted(app, "cho", more={"choose": "ada"})
    assert rows(connected(app))
    after = revoke(app)
    return app.reads(tokens) == 200 and bool(rows(after))
