"""Refresh tokens, and what was made from them, end with the revocation."""

from __future__ import annotations

from payerproof.suite import (
    Ended,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("revocation.refresh-token-dies/after-console-revoke", needs=NEEDS)
def test_refresh_token_after_revoking_in_the_portal(revoked: Ended) -> None:
    """After the member revokes, the refresh token gives invalid_grant."""
    # given a refresh token that worked: it gave another, where the payer rotates them
    revoked.must_have_refreshed()
    # when the member revoked the app in the portal
    # then no token comes for it any more
    expect(revoked.refreshes["newest"]).is_refused("invalid_grant")


@check("revocation.refresh-token-dies/older-family-members", needs=NEEDS)
def test_rotated_refresh_tokens_are_dead_too(revoked: Ended) -> None:
    """Rotated refresh tokens of the grant are dead too."""
    # given a grant whose refresh token was rotated once, and that was revoked
    revoked.must_have_refreshed()
    not_applicable_unless(
        "rotated" in revoked.refreshes,
        "The payer does not rotate refresh tokens, so there is only one in the family.",
        revoked.grant.exchange,
        revoked.newest.exchange,
    )
    # then neither the older nor the newer one gives a token
    expect(revoked.refreshes["rotated"]).is_refused()
    expect(revoked.refreshes["newest"]).is_refused()


@check("revocation.refresh-token-dies/token-refreshed-before", needs=NEEDS)
def test_token_made_by_refresh_dies(revoked: Ended, target: Target) -> None:
    """An access token made by refresh before the revocation dies with it."""
    # given an access token that came of a refresh, and opened data
    revoked.must_have_refreshed()
    watched = revoked.must_have(revoked.renewed, "a token made by refresh")
    watched.must_have_opened()
    # when the member revoked the app
    # then it goes with the rest of the grant
    limit, waited = target.policy.revocation_limit_seconds, target.policy.revocation_wait_seconds
    inconclusive_unless(
        watched.delay is not None or revoked.access.delay is not None or waited >= limit,
        f"neither this token nor the first one was refused in {waited:g} seconds, and the limit "
        f"is {limit:g}: set policy.revocation_wait_seconds as long as the limit to see it out",
        watched.last.exchange,
    )
    expect(watched.last).is_refused()


@check("revocation.introspection-inactive/after-revoke", needs=(*NEEDS, "confidential_app"))
def test_introspection_turns_inactive(revoked: Ended, smart: SmartConfiguration) -> None:
    """Introspection turns from active true to false."""
    not_applicable_unless(
        smart.endpoint("introspection_endpoint"), "No introspection is offered.", smart.exchange
    )
    # given tokens of which introspection called the access token active
    asked = revoked.introspected
    inconclusive_unless(
        "access token" in asked, "introspection could not be tried", revoked.grant.exchange
    )
    before = asked["access token"][0]
    inconclusive_unless(
        before.document.get("active") is True, "the token was not active before", before.exchange
    )
    # when the member revoked the app
    # then it is called inactive, the refresh token as well
    after = [now for _, now in asked.values()]
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
