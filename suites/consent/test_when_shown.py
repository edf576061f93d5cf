"""When consent is asked for: at first, for more, and again after it was taken back."""

from __future__ import annotations

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.suite import (
    Ended,
    Observed,
    check,
    expect,
    inconclusive_unless,
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


def _expect_asked(outcome: AuthorizationOutcome) -> None:
    inconclusive_unless(
        outcome.consent or outcome.redirected,
        f"neither consent page nor answer to the app came ({outcome.trouble})",
        *outcome.exchanges[-2:],
    )
    expect(outcome).shows_consent()
