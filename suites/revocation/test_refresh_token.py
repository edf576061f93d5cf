"""Refresh tokens, and what was made from them, end with the revocation."""

from __future__ import annotations

from dataclasses import replace

from payerproof.expect.given import Looks
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Grant,
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


@check("revocation.refresh-token-dies/after-console-revoke", needs=NEEDS)
def test_refresh_token_after_revoking_in_the_portal(
    authorization: Authorization, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """After the member revokes, the refresh token gives invalid_grant."""
    # given a refresh token that works: it gives another, where the payer rotates them
    grant = lease(member)
    tokens = authorization.tokens(target.app(grant.app), member)
    current = _refreshed(authorization, target, member, grant)
    # when the member revokes the app in the portal
    portal.revoke(member, target.app(grant.app))
    # then no token comes for it any more
    answer = tokens.refresh(current.refresh_token)
    expect(answer).is_refused("invalid_grant")


@check("revocation.refresh-token-dies/older-family-members", needs=NEEDS)
def test_rotated_refresh_tokens_are_dead_too(
    authorization: Authorization, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """Rotated refresh tokens of the grant are dead too."""
    # given a grant whose refresh token was rotated once
    grant = lease(member)
    tokens = authorization.tokens(target.app(grant.app), member)
    current = _refreshed(authorization, target, member, grant)
    not_applicable_unless(
        current.refresh_token != grant.refresh_token,
        "The payer does not rotate refresh tokens, so there is only one in the family.",
        grant.exchange,
        current.exchange,
    )
    # when the member revokes the app
    portal.revoke(member, target.app(grant.app))
    # then neither the older nor the newer one gives a token
    older, newer = tokens.refresh(grant.refresh_token), tokens.refresh(current.refresh_token)
    expect(older).is_refused()
    expect(newer).is_refused()


@check("revocation.refresh-token-dies/token-refreshed-before", needs=NEEDS)
def test_token_made_by_refresh_dies(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    target: Target,
) -> None:
    """An access token made by refresh before the revocation dies with it."""
    # given an access token that came of a refresh, and opens data
    grant = lease(member)
    current = _refreshed(authorization, target, member, grant)
    looks = Looks(api.as_(grant).with_token(current.access_token), member.patient_id)
    looks.must_open()
    # when the member revokes the app
    portal.revoke(member, target.app(grant.app))
    died = eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    # then it goes with the rest of the grant
    limit, waited = target.policy.revocation_limit_seconds, target.policy.revocation_wait_seconds
    first = Looks(api.as_(grant), member.patient_id)
    inconclusive_unless(
        died is not None or first.refused() or waited >= limit,
        f"neither this token nor the first one was refused in {waited:g} seconds, and the limit "
        f"is {limit:g}: set policy.revocation_wait_seconds as long as the limit to see it out",
        looks.last.exchange,
    )
    expect(looks.last).is_refused()


@check("revocation.introspection-inactive/after-revoke", needs=(*NEEDS, "confidential_app"))
def test_introspection_turns_inactive(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    smart: SmartConfiguration,
) -> None:
    """Introspection turns from active true to false."""
    not_applicable_unless(
        smart.endpoint("introspection_endpoint"), "No introspection is offered.", smart.exchange
    )
    # given a token that introspection calls active
    app = lease.hold(member, *apps.of_type("confidential-symmetric"))
    grant = lease(member, app)
    tokens = authorization.tokens(app, member)
    before = tokens.introspect(grant.access_token)
    inconclusive_unless(
        before.document.get("active") is True, "the token was not active before", before.exchange
    )
    # when the member revokes the app
    portal.revoke(member, app)
    # then it is called inactive, the refresh token as well
    after = [tokens.introspect(token) for token in (grant.access_token, grant.refresh_token)]
    active = [answer for answer in after if answer.document.get("active") is not False]
    expect.that(
        not active,
        "active false for the access token and the refresh token",
        "; ".join(
            f"{answer.status}, active {answer.document.get('active')} ({{x:{answer.exchange}}})"
            for answer in after
        ),
        before.exchange,
        *(answer.exchange for answer in after),
    )


def _refreshed(authorization: Authorization, target: Target, person: Person, grant: Grant) -> Grant:
    """The grant after one refresh, which shows that its refresh token works."""
    inconclusive_unless(grant.refresh_token, "no refresh token was given", grant.exchange)
    answer = authorization.tokens(target.app(grant.app), person).refresh(grant.refresh_token)
    inconclusive_unless(
        answer.gave_token, "the refresh token did not work before either", answer.exchange
    )
    return replace(
        grant,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token or grant.refresh_token,
        exchange=answer.exchange,
    )
