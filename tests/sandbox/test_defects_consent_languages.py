from __future__ import annotations

import pytest
from defect_pages import Probes, consent, shows
from member_browser import Page

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_consent_languages(house, defect):
    shows(house, defect, PROBES[defect])


def spanish(app):
    """The consent page, as a browser gets it that prefers Spanish."""
    page = consent(app)
    answer = app.browser.send("GET", page.url, headers={"Accept-Language": "es-MX,es;q=0.9"})
    found = Page(answer)
    assert (found.place, found.status) == ("consent", 200)
    return page, found


def decisions(page):
    return [field["value"] for field in page.form("/consent")["inputs"] if field["tag"] == "button"]


@PROBES.of("consent-in-spanish")
def _(app):
    english, page = spanish(app)
    assert (page.boxes(), decisions(page)) == (english.boxes(), decisions(english))
    return page.lang == "es" and "Medicinas y alergias" in page.text and "Permitir" in page.text


@PROBES.of("page-language-mislabelled")
def _(app):
    page = spanish(app)[1]
    return page.lang == "es" and "How long this lasts" in page.text


@PROBES.of("consent-in-spanish-without-choices")
def _(app):
    english, page = spanish(app)
    assert english.boxes()
    return page.boxes() == {}


@PROBES.of("consent-in-spanish-without-decline")
def _(app):
    english, page = spanish(app)
    assert decisions(english) == ["decline", "allow"]
    return decisions(page) == ["allow"]
