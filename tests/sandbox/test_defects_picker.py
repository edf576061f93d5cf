from __future__ import annotations

import pytest
from defect_pages import Probes, consent, control, fetch, granted, hook, shows, stranger
from member_browser import Page

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_picker(house, defect):
    shows(house, defect, PROBES[defect])


def picker(app, user="dee"):
    """The page after sign-in."""
    found = app.browser.page(app.authorize_url())
    if found.place != "choose-member":
        found = app.browser.sign_in(found, user)
    assert isinstance(found, Page)
    return found


def patient(app, user):
    return app.browser.tenant.world.people[user].patient


def ticked(app):
    inputs = picker(app).form("/choose-member")["inputs"]
    return [field["value"] for field in inputs if "checked" in field]


@PROBES.of("picker-offers-the-household")
def _(app):
    if "Britta Synthetic-Berg" not in picker(app, "bruno").text:
        return False
    tokens = granted(app, "bruno", more={"choose": "britta"})
    return fetch(app, tokens, f"/fhir/Patient/{patient(app, 'britta')}").status_code == 200


@PROBES.of("picker-names-unlinked-people")
def _(app):
    named = "Britta Synthetic-Berg" in picker(app, "bruno").text
    assert hook(app, "bruno", more={"choose": "britta"})["redirect"] is None
    return named


@PROBES.of("picker-keeps-grown-children")
def _(app):
    control(app, "clock", now="2035-01-01T12:00:00Z")
    return "Ben Synthetic-Berg" in picker(app, "bruno").text


@PROBES.of("picker-preselects-oneself")
def _(app):
    return ticked(app) == [patient(app, "dee")]


@PROBES.of("picker-preselects-last-linked")
def _(app):
    return ticked(app) == [patient(app, "gus")]


@PROBES.of("picker-left-out")
def _(app):
    return picker(app, "cho").place == "consent"


@PROBES.of("picker-left-out-for-members")
def _(app):
    assert picker(type(app)(stranger(app)), "cho").place == "choose-member"
    return picker(app, "dee").place == "consent"


@PROBES.of("picker-keeps-the-last-choice")
def _(app):
    assert consent(app, "dee", "fay").place == "consent"
    found = app.browser.page(app.authorize_url(scope="launch/patient patient/Coverage.rs"))
    return found.place == "consent"


@PROBES.of("picker-shown-to-everybody")
def _(app):
    page = picker(app, "ada")
    return page.place == "choose-member" and "Ada Synthetic-Lovelace" in page.text


@PROBES.of("picker-shows-years-of-birth")
def _(app):
    return "Dee Synthetic-Okoro (1968)" in picker(app).text


@PROBES.of("picker-choice-is-lost")
def _(app):
    assert "Fay" in consent(app, "dee", "fay").text
    return granted(app, "dee", more={"choose": "fay"})["patient"] == patient(app, "dee")


@PROBES.of("picker-takes-any-member")
def _(app):
    page = picker(app)
    found = app.browser.submit(page, "/choose-member", member=patient(app, "eli"))
    return found.place == "consent" and "Eli Synthetic-Ruiz" in found.text


@PROBES.of("representatives-token-opens-all-represented")
def _(app):
    tokens = granted(app, "dee", more={"choose": "fay"})
    assert fetch(app, tokens, f"/fhir/Patient/{patient(app, 'ada')}").status_code == 404
    return fetch(app, tokens, f"/fhir/Patient/{patient(app, 'gus')}").status_code == 200


@PROBES.of("representative-passes-for-the-member")
def _(app):
    tokens = granted(app, "cho", more={"choose": "ada"})
    return "/Patient/" in fetch(app, tokens, "/oauth/userinfo").json()["fhirUser"]
