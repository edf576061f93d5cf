"""When consent is asked for: at first, for more, and again after it was taken back."""

from __future__ import annotations

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.given import unconnected
from payerproof.suite import (
    Apps,
    Authorization,
    Ended,
    Lease,
    Person,
    Portal,
    check,
    expect,
    inconclusive_unless,
)

NARROW = "launch/patient openid fhirUser offline_access patient/Patient.rs patient/Coverage.rs"


@check(
    "consent-screen.first-time-and-after-revoke/first-connection",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_consent_at_first_connection(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person, portal: Portal
) -> None:
    """The consent page is shown at the first connection."""
    # given an app that is not on the member's list
    app = unconnected(portal, lease, member, *apps.spare)
    # when it comes for the first time
    outcome = authorization.visit(member, authorization.request(app), decision="look")
    # then the member is asked
    _expect_asked(outcome)


@check(
    "consent-screen.first-time-and-after-revoke/wider-scopes",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_consent_for_wider_scopes(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person, portal: Portal
) -> None:
    """The consent page is shown again when the app asks for more."""
    # given an app that the member let see coverage only
    app = unconnected(portal, lease, member, *apps.spare)
    lease(member, app, NARROW)
    # when it asks for everything
    request = authorization.request(app)
    outcome = authorization.visit(member, request, decision="look")
    # then the member is asked again
    _expect_asked(outcome)


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
def test_silent_request_for_more(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person, portal: Portal
) -> None:
    """prompt=none with more scopes gives an error or the page, never a silent code."""
    # given an app that the member let see coverage only
    app = unconnected(portal, lease, member, *apps.spare)
    lease(member, app, NARROW)
    # when it asks for everything and wants no page shown
    request = authorization.request(app).having(prompt="none")
    outcome = authorization.visit(member, request, decision="look")
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
