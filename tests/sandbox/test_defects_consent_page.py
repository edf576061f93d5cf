from __future__ import annotations

from datetime import timedelta

import pytest
from defect_pages import Probes, consent, html_of, shows

PROBES = Probes()
UNATTESTED = {"consent-silent-on-unattested-app", "consent-takes-every-app-for-attested"}
UNATTESTED |= {"consent-links-another-apps-policy"}


@pytest.mark.parametrize("defect", PROBES)
def test_consent_page(house, defect):
    shows(house, defect, PROBES[defect], "unattested" if defect in UNATTESTED else "attested")


def says(defect, *words, user="ada", choose="", **changed):
    """The page has some words that it should not have."""
    PROBES[defect] = lambda app: all(
        word in consent(app, user, choose, **changed).text for word in words
    )


def lacks(defect, *words, user="ada", choose=""):
    """The page has none of some words; the clean page has them all."""

    def probe(app):
        page = consent(app, user, choose)
        found = [word in page.text for word in words]
        assert all(found) or not any(found)
        return not any(found)

    PROBES[defect] = probe


def buttons(app):
    return [b for b in consent(app).form("/consent")["inputs"] if b["tag"] == "button"]


def label(app):
    return [b["value"] for b in buttons(app)]


says("consent-names-the-client-id", "Share your health information with harbor-health-journal?")
lacks("consent-without-developer", "Harbor Synthetic Software, Inc.", "https://harbor.app.example/")
lacks("consent-without-policy-link", "Privacy policy of")
says("consent-attestation-in-few-words", "has agreed to them")
lacks("consent-silent-on-unattested-app", "has not told us")
lacks("consent-silent-on-attested-app", "has told us that")
says("consent-takes-every-app-for-attested", "Quick Claims Synthetic LLC has told us that")
lacks("consent-without-duration", "Your choice holds until")
lacks("consent-silent-on-access-while-away", "while you are away", "not using it")
says("consent-promises-hipaa-protection", "stays safe: HIPAA")
lacks("consent-without-way-to-stop", "You can stop sharing", "/portal/apps")
lacks("consent-names-nobody", "Ada Synthetic-Lovelace")
lacks("consent-without-switch-of-account", "Not you?")
says("consent-switch-worded-otherwise", "Switch account")
lacks("consent-calls-represented-member-you", "Ada Synthetic-Lovelace", user="cho", choose="ada")
lacks("consent-names-representative-as-subject", "Ada Synthetic-Lovelace", user="cho", choose="ada")
says(
    "consent-in-other-words", "what you share leaves", "Disconnect the app on", "you end it sooner"
)


@PROBES.of("consent-links-another-apps-policy")
def _(app):
    return app.app.privacy_policy not in consent(app).links


@PROBES.of("consent-names-a-wrong-end")
def _(app):
    end = app.browser.tenant.clock.moment() + timedelta(days=90)
    return f"{end.day} {end:%B %Y}" in consent(app).text


@PROBES.of("consent-manage-link-is-dead")
def _(app):
    page = consent(app)
    link = next(one for one in page.links if one.startswith(app.base) and "/portal/" in one)
    return app.browser.send("GET", link).status_code == 404


@PROBES.of("consent-switch-leads-back")
def _(app):
    page = consent(app)
    try:
        return app.browser.submit(page, "/continue").place == "consent"
    except StopIteration:
        return False


@PROBES.of("consent-without-decline")
def _(app):
    return "decline" not in label(app)


@PROBES.of("consent-decline-folded-away")
def _(app):
    source = html_of(app, consent(app))
    return 'value="decline"' in source.partition("<summary>More options")[2].partition("</det")[0]


@PROBES.of("consent-decline-worded-otherwise")
def _(app):
    return label(app)[-1] == "decline"
