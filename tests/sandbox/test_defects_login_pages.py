from __future__ import annotations

import time

import pytest
from defect_pages import Probes, shows, stranger
from member_browser import Page, totp

PROBES = Probes()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    async def at_once(seconds):
        return None

    monkeypatch.setattr("payerproof.sandbox.portal.signing_in.asyncio.sleep", at_once)


@pytest.fixture(autouse=True)
def clock_stands(monkeypatch):
    """A code is made and judged in the same half minute."""
    now = time.time()
    monkeypatch.setattr("payerproof.sandbox.clock.Clock.wall", lambda _clock: now)


@pytest.mark.parametrize("defect", PROBES)
def test_login_pages(house, defect):
    shows(house, defect, PROBES[defect])


def give(browser, user="ada", password=None):
    """Give user name and password in a browser; the page after it."""
    page = browser.page(f"{browser.tenant.base}/portal/sign-in")
    password = browser.tenant.world.people[user].password if password is None else password
    return browser.submit(page, "/sign-in", username=user, password=password)


def seed(app):
    return app.browser.tenant.world.people["ada"].totp


def now(app):
    return app.browser.tenant.clock.wall()


def code_works(browser, code):
    page = give(browser)
    assert page.place == "second-factor"
    return browser.submit(page, "/second-factor", code=code).place == "apps"


@PROBES.of("second-factor-passed-by-address")
def _(app):
    page = app.browser.page(app.authorize_url())
    journey = page.url.partition("?")[2] or f"journey={page.hidden('/sign-in')['journey']}"
    password = app.browser.tenant.world.people["ada"].password
    page = app.browser.submit(page, "/sign-in", username="ada", password=password)
    assert page.place == "second-factor"
    return app.browser.page(f"{app.base}/portal/consent?{journey}").place == "consent"


@PROBES.of("connected-apps-open-after-password")
def _(app):
    assert give(app.browser).place == "second-factor"
    return app.browser.page(f"{app.base}/portal/apps").place == "apps"


@PROBES.of("second-factor-once-for-all-browsers")
def _(app):
    assert code_works(app.browser, totp(seed(app), now(app)))
    return give(stranger(app)).place == "apps"


@PROBES.of("second-factor-takes-any-six-digits")
def _(app):
    return code_works(app.browser, f"{(int(totp(seed(app), now(app))) + 500500) % 10**6:06d}")


@PROBES.of("second-factor-compared-by-half")
def _(app):
    code = totp(seed(app), now(app))
    return code_works(app.browser, code[:3] + f"{(int(code[3:]) + 500) % 1000:03d}")


@PROBES.of("second-factor-code-works-twice")
def _(app):
    code = totp(seed(app), now(app))
    assert code_works(app.browser, code)
    return code_works(stranger(app), code)


@PROBES.of("second-factor-code-lives-long")
def _(app):
    return code_works(app.browser, totp(seed(app), now(app) - 900))


@PROBES.of("second-factor-allows-a-minute")
def _(app):
    return code_works(app.browser, totp(seed(app), now(app) - 60))


def guesses(app, user, count):
    return [give(app.browser, user, "not this") for _ in range(count)]


@PROBES.of("password-guessing-is-free")
def _(app):
    return guesses(app, "ada", 7)[-1].status == 200


@PROBES.of("second-factor-guessing-is-free")
def _(app):
    page = give(app.browser)
    for _ in range(7):
        page = app.browser.submit(page, "/second-factor", code="12")
    return page.status == 200


@PROBES.of("only-known-accounts-are-locked")
def _(app):
    assert guesses(app, "ada", 6)[-1].status == 429
    return guesses(app, "nobody-at-all", 6)[-1].status == 200


@PROBES.of("sign-in-locks-after-three")
def _(app):
    return guesses(app, "nobody-at-all", 3)[-1].status == 429


@PROBES.of("sign-in-slows-down-and-never-locks")
def _(app):
    return guesses(app, "nobody-at-all", 8)[-1].status != 429


def password_works(app, change):
    password = change(app.browser.tenant.world.people["ada"].password)
    return give(app.browser, "ada", password).place == "second-factor"


@PROBES.of("password-compared-without-case")
def _(app):
    return password_works(app, str.upper)


@PROBES.of("password-compared-by-eight-characters")
def _(app):
    return password_works(app, lambda right: right[:8] + "-otherwise")


def error(app, user):
    found = give(app.browser, user, "not this")
    assert isinstance(found, Page)
    return found.text


@PROBES.of("sign-in-tells-unknown-names")
def _(app):
    return error(app, "ada") != error(app, "zed")


@PROBES.of("sign-in-error-names-the-member")
def _(app):
    return "Lovelace" in error(app, "ada")


@PROBES.of("sign-in-error-in-other-words")
def _(app):
    return "E-102" in error(app, "ada") and error(app, "ada") == error(app, "zed")


@PROBES.of("session-key-kept-at-sign-in")
def _(app):
    give(app.browser)
    before = dict(app.browser.cookies)
    assert code_works(app.browser, totp(seed(app), now(app)))
    return dict(app.browser.cookies) == before


@PROBES.of("prompt-login-unheeded")
def _(app):
    app.connect()
    found = app.browser.open(app.authorize_url(prompt="login"))
    return not (isinstance(found, Page) and found.place == "sign-in")
