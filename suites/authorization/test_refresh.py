"""Refresh: access goes on while the member wants it, for the app they gave it to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from payerproof.suite import (
    Api,
    Authorization,
    Grant,
    Lease,
    Observed,
    Operator,
    Person,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

OFFLINE = ("offline_access", "online_access")


@check("smart.refresh-offline/works-when-approved", needs=("member",))
def test_offline_access_works(observed: Observed) -> None:
    """With offline_access approved a refresh token comes and gives a working access token."""
    # given a grant with offline access
    seen = observed.refreshed()
    inconclusive_unless(
        "offline_access" in seen.grant.scopes, "offline_access was not granted", seen.grant.exchange
    )
    # when its refresh token is used, and the access token that comes of it
    # then the member's record opens again
    expect(seen.first).gives_token()
    expect(seen.own).has_status(200)
    expect.that(
        seen.own.matches,
        "the member's Patient with the new access token",
        f"{len(seen.own.matches)} found",
        seen.own.exchange,
    )


@check("smart.refresh-offline/absent-when-not-asked", needs=("member",))
def test_no_offline_access_unasked(lease: Lease, member: Person, smart: SmartConfiguration) -> None:
    """Without offline_access and online_access no refresh token comes."""
    # given a request for neither of them, which the member approved
    grant = lease.reading(member, f"launch/patient patient/Coverage.{smart.reading}")
    inconclusive_unless(
        not set(grant.scopes) & set(OFFLINE), "it was granted unasked", grant.exchange
    )
    # then the access ends with the access token
    expect.that(
        not grant.refresh_token,
        "no refresh token",
        "a refresh token" if grant.refresh_token else "none",
        grant.exchange,
    )


@check("smart.refresh-reuse/rotated-token-refused", needs=("member",))
def test_rotated_token(observed: Observed) -> None:
    """After rotation the old refresh token is refused."""
    # given a refresh token that was used and replaced
    old, _ = observed.refreshed().must_have_rotated()
    # when it was used again, then it gave nothing
    expect(old).is_refused("invalid_grant")


@check("smart.refresh-reuse/family-ends", needs=("member",))
def test_replay_ends_the_family(observed: Observed) -> None:
    """After a replay of a rotated token the newest refresh token is dead too."""
    # given a refresh token that was used and replaced, and used again: one user is a thief
    _, newest = observed.refreshed().must_have_rotated()
    # then the newest ended as well
    expect(newest).is_refused("invalid_grant")


@check("oauth.refresh-bound/other-app", needs=("member", "two_apps"))
def test_refresh_by_another_app(observed: Observed) -> None:
    """Another app cannot refresh this app's token."""
    # given a grant of one app
    seen = observed.others()
    not_applicable_unless(
        seen.grant.refresh_token, "no refresh token was issued", seen.grant.exchange
    )
    # when another app presented its refresh token
    # then it got nothing, while the right app was served
    expect(seen.foreign_refresh).is_refused()
    inconclusive_unless(
        seen.own_refresh.gave_token,
        "the right app could not refresh either",
        seen.own_refresh.exchange,
        seen.foreign_refresh.exchange,
    )


@check("oauth.refresh-bound/public-rotation", needs=("member", "public_app"))
def test_public_apps_rotate(observed: Observed) -> None:
    """A public app's refresh token is rotated or sender-constrained."""
    # given a grant of an app that has no credentials of its own
    seen = observed.refreshed()
    inconclusive_unless(
        seen.app_type == "public",
        "the only public app is that of the shared grants, which no check may change",
        seen.grant.exchange,
    )
    # when it refreshed
    answer = seen.must_have_refreshed()
    # then a copy of the old token is worth nothing
    rotated = answer.refresh_token not in ("", seen.grant.refresh_token)
    constrained = str(answer.document.get("token_type")).lower() == "dpop"
    expect.that(
        rotated or constrained,
        "a new refresh token, or one bound to its sender",
        "a new refresh token" if rotated else "the same refresh token goes on",
        seen.grant.exchange,
        answer.exchange,
    )


@check("oauth.parallel-refresh/one-survives", needs=("member",))
def test_two_refreshes_at_once(
    api: Api, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """Of two refreshes sent at once at least one gives a token that works."""
    # given a grant that two workers of one app hold
    grant = _with_refresh(lease(member))
    tokens = authorization.tokens(target.app(grant.app), member)
    # when both refresh it at the same moment
    with ThreadPoolExecutor(2) as workers:
        sent = [
            workers.submit(copy_context().run, tokens.refresh, grant.refresh_token)
            for _ in range(2)
        ]
        answers = [one.result() for one in sent]
    replies = [
        api.anonymous().with_token(answer.access_token).read("Patient", member.patient_id)
        for answer in answers
        if answer.gave_token
    ]
    # then the app is not left without a token
    expect.that(
        any(reply.ok for reply in replies),
        "a token that works from one of two refreshes at once",
        f"{len(replies)} gave a token, {sum(reply.ok for reply in replies)} of them work",
        *(answer.exchange for answer in answers),
        *(reply.exchange for reply in replies),
    )


@check(
    "oauth.refresh-token-life/idle",
    needs=("member", "two_apps", "state_changes", "control:clock"),
    prod="no",
)
def test_an_idle_refresh_token_ends(
    authorization: Authorization, lease: Lease, member: Person, operator: Operator, target: Target
) -> None:
    """A refresh token that lay idle past its life (policy.refresh_token_days) is refused."""
    # given an app that may refresh, and did
    grant = lease(member)
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    tokens = authorization.tokens(target.app(grant.app), member)
    first = tokens.refresh(grant.refresh_token)
    inconclusive_unless(first.gave_token, "the refresh did not work before", first.exchange)
    # when the payer's clock was moved past the life of its newest refresh token
    days = target.policy.refresh_token_days
    with operator.later((days + 1) * 86400.0):
        after = tokens.refresh(first.refresh_token or grant.refresh_token)
    inconclusive_unless(after.status < 500, f"it was answered {after.status}", after.exchange)
    # then it brings nothing
    expect.that(
        not after.gave_token,
        f"a refusal after {days} days without use (policy.refresh_token_days)",
        "a new access token" if after.gave_token else f"{after.status} {after.error}".strip(),
        first.exchange,
        after.exchange,
    )


@check("oauth.grant-end-enforced/refresh", needs=("member", "control:expire-grant"), prod="no")
def test_refresh_after_the_grants_end(observed: Observed) -> None:
    """After the grant's end refresh is refused with invalid_grant."""
    # given a grant whose refresh token worked, until the grant reached its end
    seen = observed.expired()
    not_applicable_unless(
        seen.grant.refresh_token, "no refresh token was issued", seen.grant.exchange
    )
    inconclusive_unless(
        seen.first.gave_token, "the refresh did not work before", seen.first.exchange
    )
    # then it cannot be refreshed any more
    expect(seen.refresh).is_refused("invalid_grant")


@check("oauth.grant-end-enforced/access-token", needs=("member", "control:expire-grant"), prod="no")
def test_access_after_the_grants_end(observed: Observed) -> None:
    """After the grant's end the access token is refused."""
    # given a grant whose token opened the record, until the grant reached its end
    seen = observed.expired()
    inconclusive_unless(seen.before.ok, "the token did not work before", seen.before.exchange)
    # then the token opens nothing any more
    expect.that(
        seen.delay is not None,
        "the access token is refused once the grant has ended",
        "it still opens the record" if seen.delay is None else "it is refused",
        seen.before.exchange,
        seen.hook,
        seen.looks[-1].exchange,
    )


def _with_refresh(grant: Grant) -> Grant:
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    return grant
