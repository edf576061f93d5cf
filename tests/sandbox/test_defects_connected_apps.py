from __future__ import annotations

import pytest
from defect_pages import (
    Probes,
    connected,
    elsewhere,
    granted,
    revoke,
    rows,
    shows,
    stranger,
)

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_connected_apps(house, defect):
    shows(house, defect, PROBES[defect])


def grant_all(app, *ids, user="ada", **more):
    return [granted(elsewhere(app, one), user, **more) for one in ids]


@PROBES.of("connected-apps-open-to-anybody")
def _(app):
    granted(app)
    page = stranger(app).page(f"{app.base}/portal/apps")
    return page.place == "apps" and "Harbor Health Journal" in page.text


@PROBES.of("management-endpoint-fails-in-browsers")
def _(app):
    url = f"{app.base}/portal/apps"
    assert app.browser.send("GET", url, headers={"Accept": "*/*"}).status_code == 303
    return app.browser.send("GET", url, headers={"Accept": "text/html,*/*"}).status_code == 500


@PROBES.of("management-endpoint-is-gone")
def _(app):
    url = f"{app.base}/fhir/.well-known/smart-configuration"
    endpoint = app.browser.send("GET", url).json()["management_endpoint"]
    return app.browser.send("GET", endpoint).status_code == 404


@PROBES.of("connected-apps-stop-at-two")
def _(app):
    grant_all(app, "attested", "unattested", "phone")
    return len(rows(connected(app))) == 2


@PROBES.of("connected-apps-without-representatives")
def _(app):
    granted(app, "cho", more={"choose": "ada"})
    return not rows(connected(app))


@PROBES.of("connected-apps-one-row-per-app")
def _(app):
    for member in ("fay", "gus"):
        granted(app, "dee", more={"choose": member})
    return len(rows(connected(app, "dee"))) == 1


@PROBES.of("connected-apps-only-with-refresh-token")
def _(app):
    granted(app, more={"leave_out": ["offline"]})
    grant_all(app, "phone")
    return len(rows(connected(app))) == 1


@PROBES.of("connected-apps-lists-a-partner")
def _(app):
    granted(app)
    return "Clinic Portal Link" in connected(app).text


@PROBES.of("connected-apps-of-the-household")
def _(app):
    granted(app, "britta", more={"choose": "britta"})
    return "Britta Synthetic-Berg" in connected(app, "bruno").text


@PROBES.of("revoked-app-stays-listed")
def _(app):
    tokens = granted(app)
    after = revoke(app)
    assert app.reads(tokens) == 401
    return len(rows(after)) == 1


@PROBES.of("connected-apps-shows-ended-ones")
def _(app):
    granted(app)
    after = revoke(app)
    assert not rows(after)
    return "Ended: Harbor Health Journal" in after.text


def list_of(defect, probe, user="ada", giver="ada"):
    def look(app):
        more = {"leave_out": ["claims"]}
        granted(app, giver, more={**more, "choose": user} if giver != user else more)
        return probe(connected(app, user).text)

    PROBES[defect] = look


list_of("connected-apps-without-dates", lambda text: "Connected on" not in text)
list_of("connected-apps-by-client-id", lambda text: "harbor-health-journal" in text)
list_of("connected-apps-name-all-data", lambda text: "Claims and costs" in text)
list_of("connected-apps-always-by-you", lambda text: "Allowed by you" in text, giver="cho")
list_of("connected-apps-silent-on-deletion", lambda text: "does not delete" not in text)
list_of("connected-apps-silent-on-whom-to-ask", lambda text: "privacy@harbor" not in text)
list_of("connected-apps-in-other-words", lambda text: "already made are not deleted" in text)


@PROBES.of("revoke-without-confirmation")
def _(app):
    granted(app)
    after = revoke(app)
    assert not rows(after)
    return "can no longer get" not in after.text


@PROBES.of("revoke-by-following-a-link")
def _(app):
    tokens = granted(app)
    row = rows(connected(app))[0]
    found = app.browser.page(f"{app.base}/portal/apps/revoke?connection={row}")
    return app.reads(tokens) == 401 and "can no longer get" in found.text


@PROBES.of("revoke-signs-the-member-out")
def _(app):
    tokens = granted(app)
    after = revoke(app)
    assert app.reads(tokens) == 401
    return after.place == "sign-in"


@PROBES.of("revoke-takes-the-first-row")
def _(app):
    first, second = grant_all(app, "attested", "phone")
    revoke(app, row=1)
    return (app.reads(first), app.reads(second)) == (401, 200)


@PROBES.of("revoke-in-one-step")
def _(app):
    tokens = granted(app)
    page = connected(app)
    if page.form("/apps/revoke")["method"] == "get":
        return False
    after = app.browser.submit(page, "/apps/revoke")
    return app.reads(tokens) == 401 and "can no longer get" in after.text
