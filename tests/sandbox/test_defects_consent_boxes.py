from __future__ import annotations

import pytest
from defect_pages import Probes, consent, html_of, shows
from member_browser import Page, answer_of

PROBES = Probes()
COVERAGE = {"scope": "launch/patient patient/Coverage.rs"}


@pytest.mark.parametrize("defect", PROBES)
def test_consent_boxes(house, defect):
    shows(house, defect, PROBES[defect])


@PROBES.of("consent-preticks-protected-data")
def _(app):
    return consent(app).boxes()["sensitive"]


@PROBES.of("consent-hides-a-ticked-box")
def _(app):
    page = consent(app)
    app.browser.allow(page)
    grant = app.browser.tenant.grants.grants_by("ada")[0]
    return grant.sensitive and "Specially protected" not in page.text


@PROBES.of("consent-never-offers-protected-data")
def _(app):
    return "sensitive" not in consent(app).boxes()


@PROBES.of("consent-boxes-start-empty")
def _(app):
    page = consent(app)
    if any(page.boxes().values()):
        return False
    again = app.browser.allow(page)
    assert isinstance(again, Page)
    return "code" in answer_of(app.browser.allow(page, coverage=True))


@PROBES.of("consent-ticks-a-class-nobody-asked-for")
def _(app):
    return consent(app, **COVERAGE).boxes() == {"coverage": True, "personal": True}


@PROBES.of("consent-in-names-of-resource-types")
def _(app):
    return "ExplanationOfBenefit" in consent(app).text


def granted_unseen(app, types, box):
    page = consent(app)
    shown = box in page.text
    tokens = app.exchange(answer_of(app.browser.allow(page))["code"]).json()
    assert "patient/*.rs" in tokens["scope"] or types in tokens["scope"]
    return not shown


@PROBES.of("consent-leaves-a-class-unsaid")
def _(app):
    return granted_unseen(app, "Encounter", "vaccinations")


@PROBES.of("consent-to-all-or-nothing-unnamed")
def _(app):
    return granted_unseen(app, "Condition", "Claims and costs")


@PROBES.of("consent-personal-is-required")
def _(app):
    page = consent(app)
    if "always shared" not in html_of(app, page):
        return False
    location = app.browser.allow(page, claims=False, personal=False)
    return "Patient" in app.exchange(answer_of(location)["code"]).json()["scope"]


@PROBES.of("consent-coverage-is-required")
def _(app):
    page = consent(app)
    if "always shared" not in html_of(app, page):
        return False
    location = app.browser.allow(page, claims=False)
    return "Coverage" in app.exchange(answer_of(location)["code"]).json()["scope"]
