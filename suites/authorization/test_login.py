"""Login: a member connects an app with the credentials and the protection of the portal."""

from __future__ import annotations

import re

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Authorization,
    Observed,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

STRAYED = ("wrong-credentials", "not-understood", "no-login-form", "redirect-loop")
"""Ends of a trip that may be the payer's way of not taking the portal's credentials."""


@check("login.portal-credentials/work-in-the-flow", needs=("member", "browser"))
def test_portal_credentials(
    authorization: Authorization, member: Person, observed: Observed
) -> None:
    """The portal's own username and password work in the connection flow."""
    # given the trip on which a member came from an app and signed in
    first = authorization.first_try(member)
    outcome = authorization.login(member) if _led_on(first) else first
    led_on = outcome.logged_in and _led_on(outcome)
    strayed = not _led_on(first) and first.trouble in STRAYED
    inconclusive_unless(
        _led_on(first) or strayed, first.trouble or "no page came", *first.exchanges[-3:]
    )
    # when it did not lead on, though the same credentials open the portal itself
    own = observed.at_the_portal() if strayed else outcome
    inconclusive_unless(
        own.logged_in or not strayed,
        f"nor do the credentials open the portal itself ({own.trouble})",
        *own.exchanges[-3:],
    )
    ended = [page.kind for page in first.pages[-1:]]
    inconclusive_unless(
        not strayed or ended == ["portal"] or first.trouble == "wrong-credentials",
        f"the trip ended on a page of no known kind ({first.trouble})",
        *first.exchanges[-3:],
    )
    # then the payer lets them through, to the consent page or past one that is remembered
    expect.that(
        led_on,
        "a login that leads to the consent page, or to the app",
        "it does" if led_on else first.trouble or "no login page was passed",
        *outcome.exchanges[-3:],
        *own.exchanges[-2:],
    )


@check("login.second-factor/asked", needs=("member", "browser"))
def test_second_factor(authorization: Authorization, member: Person) -> None:
    """A fresh browser is asked for a second factor before consent."""
    # given a browser without a session
    outcome = authorization.login(member)
    inconclusive_unless(outcome.logged_in, "no login page was passed", *outcome.exchanges[-3:])
    # when the member signs in
    asked = outcome.second_factor
    # then the password alone is not enough
    expect.that(
        asked,
        "a second factor before consent",
        f"asked for a second factor ({asked})" if asked else "the password was enough",
        *outcome.exchanges[-3:],
    )


@check("login.second-factor/each-browser", needs=("member", "browser"), prod="gated")
def test_second_factor_in_another_browser(
    authorization: Authorization, member: Person, observed: Observed
) -> None:
    """A browser that is new to the account is asked for a second factor as the first one was."""
    # given a member who was asked for a second factor once
    first = authorization.first_connection(member)
    inconclusive_unless(
        first.second_factor, "no second factor was asked for", *first.exchanges[-3:]
    )
    # when they came in another browser with their password
    outcome = observed.half_signed_in()
    # then the password alone did not lead on: more was asked for beside it, or comes next
    given, inside = bool(outcome.second_factor), bool(outcome.consent or outcome.redirected)
    expect.that(
        given or not inside,
        "a second factor in each browser",
        "a second factor is asked for before the consent page"
        if given
        else "the consent page after the password alone"
        if inside
        else f"a page of kind {outcome.pages[-1].kind if outcome.pages else 'none'}",
        *outcome.exchanges[-3:],
    )


@check("login.second-factor/not-passed-by", needs=("member", "browser"), prod="gated")
def test_second_factor_is_not_passed_by(observed: Observed) -> None:
    """After the password alone no address leads past the second factor."""
    # given a login that waits for its second factor on a page of its own
    outcome = observed.half_signed_in()
    _must_wait_for_a_code(outcome)
    # when addresses of pages behind it were opened in the same browser
    inconclusive_unless(outcome.opened, "no page behind the login is known")
    inside = [page.kind for page in outcome.opened if page.kind in ("consent", "portal", "picker")]
    # then none of them was shown
    expect.that(
        not inside,
        "the second factor, a login or a refusal at each",
        f"shown: {', '.join(inside)}" if inside else f"so at {len(outcome.opened)} addresses",
        *(page.exchange for page in outcome.opened),
        *(page.screenshot for page in outcome.opened if page.screenshot),
    )


@check("login.second-factor/wrong-codes", needs=("member", "browser"), prod="gated")
@each("code", ("nearly right", "a quarter of an hour early"))
def test_wrong_code_is_refused(observed: Observed, code: str) -> None:
    """A second-factor code that is nearly right, or that is not right yet, is refused."""
    # given a login that waits for its second factor on a page of its own
    outcome = observed.half_signed_in()
    _must_wait_for_a_code(outcome)
    # when such a code was given
    number = ("nearly right", "a quarter of an hour early").index(code)
    inconclusive_unless(
        len(outcome.refused_codes) > number, "it was not tried", *outcome.exchanges[-3:]
    )
    page = outcome.refused_codes[number]
    # then it did not lead on
    expect.that(
        page.kind in ("login", "second-factor", "error"),
        "the second factor again, a login or a refusal",
        f"a page of kind {page.kind}, status {page.status}",
        page.exchange,
        page.screenshot,
    )


@check("login.second-factor/used-code", needs=("member", "browser"), prod="gated")
def test_used_code_is_refused(observed: Observed) -> None:
    """A second-factor code that was used is not taken again."""
    # given a login that waits for its second factor, and a code used shortly before
    outcome = observed.half_signed_in()
    _must_wait_for_a_code(outcome)
    page = outcome.used_code
    not_applicable_unless(page, "No code that was used is still within its time.")
    assert page is not None
    # when it was given again, then it did not lead on (RFC 6238 section 5.2)
    expect.that(
        page.kind in ("login", "second-factor", "error"),
        "the second factor again, a login or a refusal",
        f"a page of kind {page.kind}, status {page.status}",
        page.exchange,
        page.screenshot,
    )


@check(
    "login.lockout-and-enumeration/nothing-about-the-member",
    needs=("member", "browser", "portal"),
    prod="gated",
)
def test_failed_login_tells_nothing(
    observed: Observed, run_session: RunSession, target: Target
) -> None:
    """A failed login shows nothing of the member's record."""
    # given a member with a record
    seen = observed.failed()
    person = run_session.person(target.persona(seen.person))
    person.must_have("Patient")
    # when somebody signed in with a wrong password
    outcome = seen.truncated or seen.other_case
    inconclusive_unless(outcome, "the password is too short to be changed")
    assert outcome is not None
    _must_be_refused(outcome)
    # then the page tells nothing about the member
    expect(outcome.pages[-1]).shows_nothing_about(person.markers)


@check(
    "login.lockout-and-enumeration/same-answer",
    needs=("member", "browser", "portal"),
    prod="gated",
)
def test_unknown_name_reads_the_same(observed: Observed) -> None:
    """A wrong password and a user name that nobody has are answered alike."""
    # given a wrong password for an account, and a login for one that there is not
    seen = observed.failed()
    wrong = seen.truncated or seen.other_case
    inconclusive_unless(wrong, "the password is too short to be changed")
    assert wrong is not None
    _must_be_refused(wrong)
    _must_be_refused(seen.unknown)
    # when the words of both pages are compared, names as they were typed aside
    pages = [outcome.pages[-1] for outcome in (wrong, seen.unknown)]
    texts = {_without(name, page.text) for name, page in zip(seen.names, pages, strict=True)}
    # then nothing tells which account exists
    expect.that(
        len(texts) == 1 and pages[0].kind == pages[1].kind,
        "the same page for a wrong password and an unknown name",
        "the same words" if len(texts) == 1 else "different words",
        *(page.exchange for page in pages),
    )


@check(
    "login.portal-credentials/whole-password",
    needs=("member", "browser", "portal"),
    prod="gated",
)
@each("changed", ("after eight letters", "small and capital letters"))
def test_wrong_password_is_refused(observed: Observed, changed: str) -> None:
    """A password that differs late, or in small and capital letters only, is a wrong one."""
    # given a password that was changed in one way
    seen = observed.failed()
    tried = {"after eight letters": seen.truncated, "small and capital letters": seen.other_case}
    outcome = tried[changed]
    inconclusive_unless(outcome, "the password cannot be changed in this way")
    assert outcome is not None
    inconclusive_unless(outcome.pages, "no page came", *outcome.exchanges[-3:])
    # when somebody signed in with it, then the payer did not take it
    wanted = ("locked", "wrong-credentials")
    expect.that(
        not outcome.logged_in and not outcome.second_factor and outcome.trouble in wanted,
        "a refusal on the login page",
        "a login"
        if outcome.logged_in or outcome.second_factor
        else outcome.trouble or "no trouble",
        *outcome.exchanges[-3:],
    )


def _without(name: str, text: str) -> str:
    """A page's words without the user name that was typed, which some pages say again."""
    return " ".join(re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text).split())


def _led_on(outcome: AuthorizationOutcome) -> bool:
    """True where a trip came to the consent page, or past one that is remembered."""
    return outcome.consent_shown or "code" in outcome.parameters


def _must_be_refused(outcome: AuthorizationOutcome) -> None:
    inconclusive_unless(
        outcome.pages and not outcome.logged_in and not outcome.second_factor,
        "the wrong password was not refused on a page",
        *outcome.exchanges[-3:],
    )


def _must_wait_for_a_code(outcome: AuthorizationOutcome) -> None:
    not_applicable_unless(
        outcome.pages and outcome.pages[-1].kind == "second-factor",
        "No second factor was asked for on a page of its own.",
        *outcome.exchanges[-3:],
    )
