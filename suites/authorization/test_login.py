"""Login: a member connects an app with the credentials and the protection of the portal."""

from __future__ import annotations

import secrets

from payerproof.suite import (
    Authorization,
    Person,
    Portal,
    check,
    expect,
    inconclusive_unless,
)


@check("login.portal-credentials/work-in-the-flow", needs=("member", "browser"))
def test_portal_credentials(authorization: Authorization, member: Person) -> None:
    """The portal's own username and password work in the connection flow."""
    # given a browser without a session
    outcome = authorization.login(member)
    # when the member signs in on the way to the consent page
    # then the payer lets them through
    expect.that(
        outcome.logged_in and outcome.consent_shown,
        "a login that leads to the consent page",
        "it does" if outcome.logged_in else outcome.trouble or "no login page was passed",
        *outcome.exchanges[-3:],
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


@check(
    "login.lockout-and-enumeration/nothing-about-the-member",
    needs=("member", "browser", "portal"),
    prod="gated",
)
def test_failed_login_tells_nothing(portal: Portal, member: Person) -> None:
    """A failed login shows nothing of the member's record."""
    # given a member with a record
    member.must_have("Patient")
    # when somebody signs in with a wrong password
    outcome = portal.log_in(member.persona, password=secrets.token_urlsafe(12))
    inconclusive_unless(
        outcome.pages and not outcome.logged_in,
        "the wrong password was not refused on a page",
        *outcome.exchanges[-3:],
    )
    # then the page tells nothing about the member
    expect(outcome.pages[-1]).shows_nothing_about(member.markers)
