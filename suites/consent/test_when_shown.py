"""When consent is asked for: at first, for more, and again after it was taken back."""

from __future__ import annotations

from payerproof.browser.facts import AuthorizationOutcome, PageFacts
from payerproof.suite import (
    Apps,
    Authorization,
    Ended,
    Observed,
    Person,
    Portal,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check(
    "consent-screen.first-time-and-after-revoke/first-connection",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_consent_at_first_connection(observed: Observed) -> None:
    """The consent page is shown at the first connection."""
    # given an app that was not on the member's list
    seen = observed.asked()
    # when it came for the first time, then the member was asked
    _expect_asked(seen.must_have(seen.first, "a first connection"))


@check(
    "consent-screen.first-time-and-after-revoke/wider-scopes",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_consent_for_wider_scopes(observed: Observed) -> None:
    """The consent page is shown again when the app asks for more."""
    # given an app that the member let see coverage only
    seen = observed.asked()
    seen.must_have(seen.before, "a grant for coverage")
    # when it asked for everything, then the member was asked again
    _expect_asked(seen.must_have(seen.wider, "a request for more"))


@check(
    "consent-screen.first-time-and-after-revoke/after-revocation",
    needs=("member", "browser", "portal", "two_apps", "state_changes"),
)
def test_consent_after_revocation(revoked: Ended) -> None:
    """The consent page is shown again after a revocation."""
    # given an app that was connected and then revoked
    # when it came again with the same request
    outcome = revoked.must_have(revoked.reconnecting, "connecting again")
    # then the member is asked again
    _expect_asked(outcome)


@check(
    "consent-screen.first-time-and-after-revoke/prompt-none",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_silent_request_for_more(observed: Observed) -> None:
    """prompt=none with more scopes gives an error or the page, never a silent code."""
    # given an app that the member let see coverage only
    seen = observed.asked()
    seen.must_have(seen.before, "a grant for coverage")
    # when it asked for everything and wanted no page shown
    outcome = seen.must_have(seen.silent, "a silent request")
    inconclusive_unless(
        outcome.redirected or outcome.pages, f"no page came ({outcome.trouble})", *outcome.exchanges
    )
    # then no code comes without the member's word
    expect(outcome).gives_no_code()


@check("consent-screen.first-time-and-after-revoke/prompt-consent", needs=("member", "browser"))
def test_prompt_for_consent(
    apps: Apps,
    authorization: Authorization,
    member: Person,
    portal: Portal,
    smart: SmartConfiguration,
) -> None:
    """prompt=consent shows the consent page, whatever is remembered (OpenID Connect)."""
    # given a payer that speaks OpenID Connect, and an app that the member has connected
    _must_know_prompt(smart)
    first = authorization.first_connection(member)
    inconclusive_unless("code" in first.parameters, "the app is not connected", *first.exchanges)
    # when it asks again for the same and wants the member to be asked
    page = portal.visit(authorization.request(apps.default, prompt="consent").url, member)
    # then they are, or first for whom
    _expect_page(
        page, ("consent", "picker"), "the consent page, or the choice of a member before it"
    )


@check("consent.names-the-member/prompt-login", needs=("member", "browser"))
def test_prompt_for_login(
    apps: Apps,
    authorization: Authorization,
    member: Person,
    portal: Portal,
    smart: SmartConfiguration,
) -> None:
    """prompt=login asks who is there, whoever is signed in already (OpenID Connect)."""
    # given a payer that speaks OpenID Connect, and a browser in which a member has signed in
    _must_know_prompt(smart)
    first = authorization.first_connection(member)
    inconclusive_unless(first.logged_in, "no login page was passed", *first.exchanges[-2:])
    # when an app wants them to sign in anew, as for somebody else at the same computer
    page = portal.visit(authorization.request(apps.default, prompt="login").url, member)
    # then the login is shown
    _expect_page(page, ("login", "second-factor"), "the login page")


def _expect_page(page: PageFacts, kinds: tuple[str, ...], expected: str) -> None:
    found = f"a page of kind {page.kind}, status {page.status}"
    expect.that(page.kind in kinds, expected, found, page.exchange, page.screenshot)


def _must_know_prompt(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        "openid" in (smart.document.get("scopes_supported") or ()),
        "The payer does not list the scope openid, and prompt is OpenID Connect's.",
        smart.exchange,
    )


def _expect_asked(outcome: AuthorizationOutcome) -> None:
    inconclusive_unless(
        outcome.consent or outcome.redirected,
        f"neither consent page nor answer to the app came ({outcome.trouble})",
        *outcome.exchanges[-2:],
    )
    expect(outcome).shows_consent()
