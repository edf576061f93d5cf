"""Ending access: one app at a time, seen on the page, and by every way that is offered."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Person,
    Portal,
    SmartConfiguration,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("app-management.revoke-per-app/only-the-chosen", needs=NEEDS)
def test_only_the_chosen_app_loses_access(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """After one of the apps is revoked it alone loses access."""
    # given two connected apps that both read: the one of the shared grant, and one more
    grant = lease(member)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    # when the member revokes the second
    after = portal.revoke(member, target.app(grant.app))
    died = _until_refused(looks, target)
    kept = api.as_(member).read("Patient", member.patient_id)
    # then it is refused, and the first is listed and reads as before
    inconclusive_unless(died is not None, "the revoked app still has access", looks.last.exchange)
    first = target.app(api.grant_of(member).app)
    listed = any(one.name == first.name for one in after.apps)
    expect.that(
        listed and kept.resource_type == "Patient",
        f"{first.id} still listed and served",
        f"{first.id} is {'' if listed else 'not '}listed and was answered {kept.status} "
        f"({{x:{kept.exchange}}})",
        after.page.screenshot or after.page.exchange,
        looks.last.exchange,
        kept.exchange,
    )


@check("app-management.confirmation/entry-gone", needs=NEEDS)
def test_entry_is_gone(lease: Lease, member: Person, portal: Portal, target: Target) -> None:
    """The page confirms and the app leaves the list."""
    # given a connected app that is on the list: its Revoke control is pressed
    app = target.app(lease(member).app)
    after = portal.revoke(member, app)
    # then the list no longer has it, or calls it revoked and offers nothing more to revoke
    left = [one for one in after.apps if one.name == app.name and one.revoke_label]
    expect.that(
        not left,
        f"no entry for {app.id}, or one marked as ended",
        f"{app.id} can still be revoked" if left else f"{len(after.apps)} entries, none for it",
        after.page.screenshot or after.page.exchange,
    )


@check("app-management.paths-consistent/page-and-endpoint", needs=(*NEEDS, "three_apps"))
def test_both_ways_end_access(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    smart: SmartConfiguration,
    target: Target,
) -> None:
    """Ending access on the page and by the revocation endpoint both work."""
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"),
        "The configuration names no revocation endpoint, so the page is the only way.",
        smart.exchange,
    )
    # given two apps that read
    by_page, by_endpoint = lease(member), lease(member)
    looks = [Looks(api.as_(grant), member.patient_id) for grant in (by_page, by_endpoint)]
    for one in looks:
        one.must_open()
    # when one is ended on the page, and the other ends its own access
    portal.revoke(member, target.app(by_page.app))
    answer = authorization.tokens(target.app(by_endpoint.app), member).revoke(
        by_endpoint.refresh_token or by_endpoint.access_token
    )
    delays = [_until_refused(one, target) for one in looks]
    # then both tokens are refused
    inconclusive_unless(
        delays != [None, None],
        "neither way ended an access token while the run waited",
        *(one.last.exchange for one in looks),
        answer.exchange,
    )
    expect(*(one.last for one in looks)).is_refused()


def _until_refused(looks: Looks, target: Target) -> float | None:
    return eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
