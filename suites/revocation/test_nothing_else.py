"""What a revocation leaves alone: other apps, other members, the member's own account."""

from __future__ import annotations

from payerproof.suite import Ended, check, expect, inconclusive_unless

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("revocation.only-target-app/other-app-lives", needs=(*NEEDS, "three_apps"))
def test_other_app_keeps_working(revoked: Ended) -> None:
    """Another app's access and refresh tokens keep working."""
    # given two apps that the member connected, and one of them revoked and refused
    revoked.must_have(revoked.kept, "another app")
    kept = revoked.tried("kept app")
    revoked.access.must_be_dead()
    # then the other reads and refreshes as before
    expect.that(
        kept.after.resource_type == "Patient",
        "data for the app that was kept",
        f"{kept.after.status} ({{x:{kept.after.exchange}}})",
        kept.before.exchange,
        kept.after.exchange,
    )
    expect(revoked.must_have(revoked.kept_refresh, "its refresh token")).gives_token()


@check("revocation.only-target-app/not-revived", needs=(*NEEDS, "three_apps"))
def test_revoked_app_is_not_revived(revoked: Ended) -> None:
    """A new token of the kept app does not revive the revoked one."""
    # given two connected apps, one of which was revoked and refused
    revoked.access.must_be_dead()
    # when the other got a new token
    answer = revoked.must_have(revoked.kept_refresh, "a new token for the other app")
    inconclusive_unless(answer.gave_token, "the kept app got no new token", answer.exchange)
    # then the revoked one is refused as before
    expect(*revoked.revived).is_refused()
    expect(revoked.must_have(revoked.refresh_of_old, "its refresh token")).is_refused()


@check(
    "revocation.only-target-app/other-member-lives",
    needs=("unrelated_pair", "portal", "two_apps", "state_changes"),
)
def test_other_member_keeps_the_app(revoked: Ended) -> None:
    """Another member's grant to the same app keeps working."""
    # given one app that two members connected, and that one of them revoked
    kept = revoked.tried("other member")
    revoked.access.must_be_dead()
    # then the other's works as before
    expect.that(
        kept.after.resource_type == "Patient",
        "data for the member who did not revoke",
        f"{kept.after.status} ({{x:{kept.after.exchange}}})",
        kept.before.exchange,
        kept.after.exchange,
    )


@check("revocation.member-side-effect-none/portal-login-lives", needs=NEEDS)
def test_portal_login_after_revocation(revoked: Ended) -> None:
    """After revocation the member still logs in to the portal."""
    # given an app that the member revoked
    revoked.access.must_be_dead()
    # when the member comes to the portal again, and another app reads their data
    own, page = revoked.tried("shared grant").after, revoked.must_have(revoked.page, "the portal")
    # then both are served as before
    expect.that(
        page.logged_in and page.page.status < 400 and own.resource_type == "Patient",
        "the member's own portal page, and data for an app that was kept",
        f"the portal answered {page.page.status}, the API {own.status} ({{x:{own.exchange}}})",
        page.page.screenshot or page.page.exchange,
        own.exchange,
    )


@check("revocation.member-side-effect-none/session-lives", needs=NEEDS)
def test_portal_session_after_revocation(revoked: Ended) -> None:
    """Revoking an app does not sign the member out of the portal."""
    # given an app that the member revoked in the portal
    pressed = revoked.must_have(revoked.page, "Revoke").pressed
    inconclusive_unless(pressed, "nothing was pressed")
    assert pressed is not None
    # then the page that came of it does not ask who they are
    expect.that(
        pressed.page.kind not in ("login", "second-factor"),
        "the portal's own page, without a new login",
        f"a page of kind {pressed.page.kind}",
        pressed.page.screenshot or pressed.page.exchange,
    )
