from __future__ import annotations

from datetime import timedelta

import pytest
from member_browser import AppUnderTest, Browser, answer_of


def apps(browser, user="ada"):
    page = browser.page(browser.tenant.base + "/portal/apps")
    return browser.sign_in(page, user) if page.place == "sign-in" else page


def sections(page):
    return [form["inputs"][0]["value"] for form in page.forms if form["method"] == "get"]


def revoke(browser, page, row=0):
    confirm = browser.submit(page, "/apps/revoke", connection=sections(page)[row])
    assert confirm.place == "apps/revoke"
    return browser.submit(confirm, "/apps/revoke")


def test_the_list_needs_a_sign_in(every_face):
    AppUnderTest(every_face).tokens()
    stranger = Browser(every_face.house, every_face.tenant)
    page = stranger.page(every_face.tenant.base + "/portal/apps")
    assert page.place == "sign-in"
    assert "Harbor" not in page.text


def test_the_list_is_true(every_face):
    for which in ("attested", "unattested", "phone"):
        AppUnderTest(every_face, which).tokens(boxes={"claims": False})
    page = apps(every_face)
    assert len(sections(page)) == 3
    day = every_face.tenant.clock.moment()
    for text in ("Harbor Health Journal", "Quick Claims", "Pocket Coverage", "Allowed by you"):
        assert text in page.text
    assert f"Connected on {day.day} {day:%B %Y}" in page.text
    end = day + timedelta(days=365)
    assert f"Access ends on {end.day} {end:%B %Y}" in page.text
    assert "Medicines and allergies" in page.text
    assert "Claims and costs" not in page.text
    assert "does not delete what the app already has" in page.text
    assert "To have that deleted, ask the app" in page.text


def test_revoking_asks_first_and_says_so_afterwards(browser, app):
    tokens = app.tokens()
    page = apps(browser)
    confirm = browser.submit(page, "/apps/revoke", connection=sections(page)[0])
    assert "Revoke access of Harbor Health Journal?" in confirm.text
    assert app.reads(tokens) == 200
    after = browser.submit(confirm, "/apps/revoke")
    assert "Harbor Health Journal can no longer get your information" in after.text
    assert not sections(after)
    assert "can no longer" not in browser.page(browser.tenant.base + "/portal/apps").text


@pytest.mark.parametrize("client", ["attested", "confidential"])
def test_everything_of_a_revoked_app_dies_at_once(every_face, client):
    app = AppUnderTest(every_face, client)
    first, second = app.tokens(), app.tokens()
    newer = app.refresh(first["refresh_token"]).json()
    code = app.code()
    revoke(every_face, apps(every_face))
    assert [app.reads(t) for t in (first, second, newer)] == [401, 401, 401]
    for tokens in (second, newer):
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.exchange(code).json()["error"] == "invalid_grant"


def test_other_apps_and_other_members_live_on(browser, app):
    kept = AppUnderTest(browser, "phone")
    gone, stays = app.tokens("dee", choose="fay"), kept.tokens("dee", choose="fay")
    page = browser.page(app.authorize_url())
    gus = browser.tenant.world.people["gus"].patient
    page = browser.submit(page, "/choose-member", member=gus)
    of_gus = app.exchange(answer_of(browser.allow(page))["code"]).json()
    revoke(browser, apps(browser))
    assert app.reads(gone) == 401
    assert kept.reads(stays) == 200
    assert app.reads(of_gus) == 200
    assert kept.refresh(stays["refresh_token"]).status_code == 200


def test_after_revoking_consent_is_asked_again(browser, app):
    app.tokens()
    revoke(browser, apps(browser))
    assert browser.page(app.authorize_url()).place == "consent"


def test_a_member_sees_and_can_end_what_a_representative_allowed(browser, app):
    tokens = app.tokens("cho", choose="ada")
    ada = Browser(browser.house, browser.tenant)
    page = apps(ada, "ada")
    assert "Allowed by Cho Synthetic-Park" in page.text
    revoke(ada, page)
    assert app.reads(tokens) == 401


def test_a_representative_does_not_see_what_the_member_allowed(browser, app):
    app.tokens("ada")
    page = apps(Browser(browser.house, browser.tenant), "cho")
    assert not sections(page)


def test_nobody_can_revoke_for_somebody_else(browser, app):
    tokens = app.tokens("ada")
    row = sections(apps(browser))[0]
    eli = Browser(browser.house, browser.tenant)
    page = apps(eli, "eli")
    csrf = page.hidden("/sign-out")["csrf"]
    eli.send(
        "POST", browser.tenant.base + "/portal/apps/revoke", data={"csrf": csrf, "connection": row}
    )
    assert app.reads(tokens) == 200


def test_a_revocation_needs_the_token_of_its_session(browser, app):
    tokens = app.tokens()
    row = sections(apps(browser))[0]
    url = browser.tenant.base + "/portal/apps/revoke"
    assert browser.send("POST", url, data={"connection": row}).status_code == 403
    assert app.reads(tokens) == 200


def test_opening_the_address_revokes_nothing(browser, app):
    tokens = app.tokens()
    row = sections(apps(browser))[0]
    browser.page(f"{browser.tenant.base}/portal/apps/revoke?connection={row}")
    assert app.reads(tokens) == 200
