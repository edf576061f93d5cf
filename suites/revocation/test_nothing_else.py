"""What a revocation leaves alone: other apps, other members, the member's own account."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Person,
    Portal,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("revocation.only-target-app/other-app-lives", needs=(*NEEDS, "three_apps"))
def test_other_app_keeps_working(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    target: Target,
) -> None:
    """Another app's access and refresh tokens keep working."""
    # given two apps that the member connected
    kept, revoked = lease(member), lease(member)
    looks = Looks(api.as_(kept), member.patient_id)
    looks.must_open()
    # when one of them is revoked, and its token is refused
    portal.revoke(member, target.app(revoked.app))
    _must_be_dead(Looks(api.as_(revoked), member.patient_id), target)
    # then the other reads and refreshes as before
    read = api.as_(kept).read("Patient", member.patient_id)
    answer = authorization.tokens(target.app(kept.app), member).refresh(kept.refresh_token)
    expect.that(
        read.resource_type == "Patient",
        "data for the app that was kept",
        f"{read.status} ({{x:{read.exchange}}})",
        looks.last.exchange,
        read.exchange,
    )
    expect(answer).gives_token()


@check("revocation.only-target-app/not-revived", needs=(*NEEDS, "three_apps"))
def test_revoked_app_is_not_revived(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    target: Target,
) -> None:
    """A new token of the kept app does not revive the revoked one."""
    # given two connected apps, one of which was revoked and is refused
    kept, revoked = lease(member), lease(member)
    portal.revoke(member, target.app(revoked.app))
    looks = Looks(api.as_(revoked), member.patient_id)
    _must_be_dead(looks, target)
    # when the other gets a new token
    answer = authorization.tokens(target.app(kept.app), member).refresh(kept.refresh_token)
    inconclusive_unless(answer.gave_token, "the kept app got no new token", answer.exchange)
    # then the revoked one is refused as before
    again = authorization.tokens(target.app(revoked.app), member).refresh(revoked.refresh_token)
    looks.refused()
    expect(looks.last).is_refused()
    expect(again).is_refused()


@check(
    "revocation.only-target-app/other-member-lives",
    needs=("unrelated_pair", "portal", "two_apps", "state_changes"),
)
def test_other_member_keeps_the_app(
    api: Api, lease: Lease, member: Person, portal: Portal, stranger: Person, target: Target
) -> None:
    """Another member's grant to the same app keeps working."""
    # given one app that two members connected
    revoked = lease(member)
    app = target.app(revoked.app)
    kept = lease(stranger, app)
    control = api.as_(kept).read("Patient", stranger.patient_id)
    inconclusive_unless(
        control.resource_type == "Patient",
        "the other member's token opens nothing",
        control.exchange,
    )
    # when one of them revokes it, and that token is refused
    portal.revoke(member, app)
    _must_be_dead(Looks(api.as_(revoked), member.patient_id), target)
    # then the other's works as before
    after = api.as_(kept).read("Patient", stranger.patient_id)
    expect.that(
        after.resource_type == "Patient",
        "data for the member who did not revoke",
        f"{after.status} ({{x:{after.exchange}}})",
        control.exchange,
        after.exchange,
    )


@check("revocation.member-side-effect-none/portal-login-lives", needs=NEEDS)
def test_portal_login_after_revocation(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """After revocation the member still logs in to the portal."""
    # given an app that the member revoked
    grant = lease(member)
    portal.revoke(member, target.app(grant.app))
    _must_be_dead(Looks(api.as_(grant), member.patient_id), target)
    # when the member comes to the portal again, and another app reads their data
    page = portal.connected_apps(member)
    own = api.as_(member).read("Patient", member.patient_id)
    # then both are served as before
    expect.that(
        page.logged_in and page.page.status < 400 and own.resource_type == "Patient",
        "the member's own portal page, and data for an app that was kept",
        f"the portal answered {page.page.status}, the API {own.status} ({{x:{own.exchange}}})",
        page.page.screenshot or page.page.exchange,
        own.exchange,
    )


def _must_be_dead(looks: Looks, target: Target) -> None:
    """Wait until a token is refused; until then nothing is told by what still works."""
    died = eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    inconclusive_unless(
        died is not None, "the revoked app's own token still works", looks.last.exchange
    )
