from __future__ import annotations

import pytest
from defect_pages import Probes, connected, consent, granted, html_of, shows, stranger
from member_browser import Page, answer_of

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_page_leaks(house, defect):
    shows(house, defect, PROBES[defect])


def allowed(headers, directive, host):
    policy = headers["content-security-policy"].split("; ")
    return any(part.startswith(directive + " ") and host in part for part in policy)


def loads(defect, look, host, directive):
    """A page has an address of a host, and its policy lets the browser go there."""

    def probe(app):
        page = look(app)
        return host in html_of(app, page) and allowed(page.headers, directive, host)

    PROBES[defect] = probe


def sign_in(app):
    return app.browser.page(app.authorize_url())


def list_of_apps(app):
    granted(app)
    return connected(app)


loads("sign-in-loads-a-tag-manager", sign_in, "tags.tag-manager.example", "script-src")
loads("consent-page-has-a-pixel", consent, "px.ad-network.example", "img-src")
loads("pages-load-a-web-font", sign_in, "fonts.type-foundry.example", "style-src")
loads("connected-apps-page-is-recorded", list_of_apps, "synthetic-plan.112.2o7.net", "script-src")
loads("connected-apps-told-by-script", list_of_apps, "px.ad-network.example", "img-src")
loads("consent-decision-told-by-beacon", consent, "tags.tag-manager.example", "connect-src")


@PROBES.of("consent-loads-the-apps-logo")
def _(app):
    return 'src="https://harbor.app.example/logo.png"' in html_of(app, consent(app))


@PROBES.of("consent-shows-a-logo-of-its-own")
def _(app):
    return 'src="data:image/gif' in html_of(app, consent(app))


@PROBES.of("pages-run-a-script-of-their-own")
def _(app):
    source = html_of(app, consent(app))
    return "<script>" in source and "script src" not in source


@PROBES.of("consent-address-holds-member-number")
def _(app):
    page = consent(app)
    assert page.place == "consent"
    return "MB-4471-9038-26" in page.url


@PROBES.of("second-factor-address-holds-user-name")
def _(app):
    page = sign_in(app)
    password = app.browser.tenant.world.people["ada"].password
    found = app.browser.submit(page, "/sign-in", username="ada", password=password)
    return found.place == "second-factor" and "user=ada" in found.url


@PROBES.of("connected-apps-address-holds-name")
def _(app):
    return "Lovelace" in connected(app).url


@PROBES.of("callback-holds-member-number")
def _(app):
    return answer_of(app.connect()).get("member_id") == "MB-4471-9038-26"


@PROBES.of("sign-in-greets-the-last-member")
def _(app):
    app.connect()
    found = stranger(app).page(f"{app.base}/portal/sign-in")
    return "Ada Synthetic-Lovelace" in found.text


def second_factor(app):
    password = app.browser.tenant.world.people["ada"].password
    found = app.browser.submit(sign_in(app), "/sign-in", username="ada", password=password)
    assert isinstance(found, Page)
    return found.text


@PROBES.of("second-factor-page-shows-contact")
def _(app):
    return "ada.lovelace@synthetic.example" in second_factor(app)


@PROBES.of("second-factor-page-shows-masked-contact")
def _(app):
    text = second_factor(app)
    return "a•••@" in text and "lovelace" not in text
