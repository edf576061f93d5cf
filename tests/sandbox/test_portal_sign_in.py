from __future__ import annotations

import time

import pytest
from member_browser import AppUnderTest, Browser, Page, totp

from payerproof.sandbox.portal.factors import LOCKED, WRONG, pause_before_answer, totp_at


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    async def at_once(seconds):
        return None

    monkeypatch.setattr("payerproof.sandbox.portal.signing_in.asyncio.sleep", at_once)


def sign_in_page(browser):
    return browser.page(browser.tenant.base + "/portal/sign-in")


def attempt(browser, user, password):
    return browser.sign_in(sign_in_page(browser), user, password)


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_totp_agrees_with_rfc_6238(at, code):
    assert totp_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at // 30) == code


def test_sign_in_leads_to_the_connected_apps(every_face):
    found = attempt(every_face, "ada", None)
    assert isinstance(found, Page)
    assert found.place == "apps"
    assert "Signed in as Ada Synthetic-Lovelace" in found.text


def test_a_wrong_password_and_an_unknown_name_read_alike(browser):
    known = browser.submit(sign_in_page(browser), "/sign-in", username="ada", password="no")
    unknown = browser.submit(sign_in_page(browser), "/sign-in", username="zed", password="no")
    child = browser.submit(sign_in_page(browser), "/sign-in", username="ben", password="")
    assert WRONG in known.text
    assert known.text == unknown.text == child.text
    assert known.status == unknown.status == child.status


@pytest.mark.parametrize("user", ["ada", "nobody-at-all"])
def test_guessing_is_locked_out_alike_for_known_and_unknown_names(browser, user):
    for _ in range(5):
        found = browser.submit(sign_in_page(browser), "/sign-in", username=user, password="no")
    assert found.status == 429
    assert LOCKED in found.text
    again = browser.submit(sign_in_page(browser), "/sign-in", username=user.upper(), password="no")
    assert LOCKED in again.text


def test_a_locked_account_stays_shut_for_the_right_password_then_opens(browser):
    for _ in range(5):
        browser.submit(sign_in_page(browser), "/sign-in", username="ada", password="no")
    right = browser.tenant.world.people["ada"].password
    page = browser.submit(sign_in_page(browser), "/sign-in", username="ada", password=right)
    assert LOCKED in page.text
    browser.tenant.clock.advance(901)
    assert attempt(browser, "ada", None).place == "apps"


def test_answers_get_slower_on_the_faces_that_say_so(every_face):
    pauses = [pause_before_answer(every_face.tenant, n) for n in range(1, 8)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0
    assert (pauses[4] > 0) == every_face.tenant.face.slows_guessing


def test_who_set_up_no_second_factor_needs_none(every_face):
    found = attempt(every_face, "eli", None)
    assert isinstance(found, Page)
    assert found.place == "apps"


def to_second_factor(browser, user="ada"):
    browser.tenant.attempts.last_step.clear()
    person = browser.tenant.world.people[user]
    page = browser.submit(
        sign_in_page(browser), "/sign-in", username=user, password=person.password
    )
    assert page.place == "second-factor"
    return page, person


def test_a_code_works_once(browser):
    page, person = to_second_factor(browser)
    code = totp(person.totp)
    assert browser.submit(page, "/second-factor", code=code).place == "apps"
    other = Browser(browser.house, browser.tenant)
    page = other.submit(sign_in_page(other), "/sign-in", username="ada", password=person.password)
    assert WRONG in other.submit(page, "/second-factor", code=code).text


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "é"]
)
def test_a_wrong_code_is_refused(browser, code):
    page, person = to_second_factor(browser)
    if code == totp(person.totp):
        code = "000001"
    found = browser.submit(page, "/second-factor", code=code)
    assert found.place == "second-factor"
    assert WRONG in found.text


def test_an_old_code_is_refused(browser):
    page, person = to_second_factor(browser)
    found = browser.submit(page, "/second-factor", code=totp(person.totp, time.time() - 120))
    assert WRONG in found.text


def test_wrong_codes_lock_too(browser):
    page, _ = to_second_factor(browser)
    for _ in range(5):
        page = browser.submit(page, "/second-factor", code="000000")
    assert LOCKED in page.text


@pytest.mark.parametrize("path", ["apps", "continue", "consent", "choose-member"])
def test_the_second_factor_cannot_be_skipped_by_address(browser, app, path):
    page = browser.page(app.authorize_url())
    journey = page.url.partition("journey=")[2]
    person = browser.tenant.world.people["ada"]
    second = browser.submit(page, "/sign-in", username="ada", password=person.password)
    assert second.place == "second-factor"
    found = browser.page(f"{browser.tenant.base}/portal/{path}?journey={journey}")
    assert found.place in ("second-factor", "sign-in")
    assert "Synthetic-Lovelace" not in found.text


def test_the_password_is_forgotten_while_the_code_is_owed(browser):
    page, person = to_second_factor(browser)
    browser.tenant.clock.advance(301)
    found = browser.submit(page, "/second-factor", code=totp(person.totp))
    assert found.place == "sign-in"


def test_pages_before_sign_in_show_nobody(every_face):
    app = AppUnderTest(every_face)
    for url in (app.authorize_url(), every_face.tenant.base + "/portal/apps"):
        page = every_face.page(url)
        assert page.place == "sign-in"
        names = [p.family for p in every_face.tenant.world.people.values()]
        assert not [name for name in names if name in page.text]


def test_signing_in_changes_the_session_key_and_signing_out_ends_it(browser):
    sign_in_page(browser)
    before = dict(browser.cookies)
    attempt(browser, "ada", None)
    during = dict(browser.cookies)
    assert before != during
    page = browser.page(browser.tenant.base + "/portal/apps")
    browser.submit(page, "/sign-out")
    thief = Browser(browser.house, browser.tenant)
    for name, value in during.items():
        thief.cookies.set(name, value, domain="localhost", path="/")
    assert thief.page(browser.tenant.base + "/portal/apps").place == "sign-in"


def test_the_cookie_is_narrow(browser):
    answer = browser.send("GET", browser.tenant.base + "/portal/sign-in")
    cookie = answer.headers["set-cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=Lax", f"Path=/{browser.tenant.name}/"):
        assert word in cookie


def test_a_form_without_the_sessions_token_is_refused(browser):
    page = sign_in_page(browser)
    person = browser.tenant.world.people["ada"]
    other = Browser(browser.house, browser.tenant)
    for who, csrf in ((browser, "wrong"), (other, page.hidden("/sign-in")["csrf"])):
        form = {"csrf": csrf, "username": "ada", "password": person.password}
        answer = who.send("POST", browser.tenant.base + "/portal/sign-in", data=form)
        assert answer.status_code == 403


@pytest.mark.parametrize("path", ["sign-in", "apps", "consent?journey=none", "sign-out"])
def test_every_page_is_locked_down(every_face, path):
    answer = every_face.send("GET", f"{every_face.tenant.base}/portal/{path}")
    while answer.status_code == 303:
        answer = every_face.send("GET", answer.headers["location"])
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert Page(answer).lang == "en"


def test_prompt_login_asks_again_and_none_never_does(browser, app):
    app.connect()
    assert browser.page(app.authorize_url(prompt="login")).place == "sign-in"
    assert browser.page(app.authorize_url(max_age="0")).place == "sign-in"
    assert isinstance(browser.open(app.authorize_url(max_age="3600")), str)
    browser.tenant.clock.advance(3601)
    assert browser.page(app.authorize_url(max_age="3600")).place == "sign-in"
    silent = browser.open(app.authorize_url(prompt="none"))
    assert isinstance(silent, str)
    assert "code=" in silent


def test_an_account_without_a_record_gets_nothing(browser, app):
    page = browser.sign_in(browser.page(app.authorize_url()), "hal")
    assert page.place == "no-record"
    found = browser.submit(page, "/no-record")
    assert isinstance(found, str)
    assert "error=access_denied" in found
    assert "code=" not in found
    assert not browser.tenant.grants.grants
