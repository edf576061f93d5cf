"""Refresh: access goes on while the member wants it, for the app they gave it to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from payerproof.expect.operator import operate
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Grant,
    Lease,
    Person,
    Target,
    TokenEndpoint,
    check,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

OFFLINE = ("offline_access", "online_access")


@check("smart.refresh-offline/works-when-approved", needs=("member",))
def test_offline_access_works(
    api: Api, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """With offline_access approved a refresh token comes and gives a working access token."""
    # given a grant with offline access
    grant = lease(member)
    inconclusive_unless(
        "offline_access" in grant.scopes, "offline_access was not granted", grant.exchange
    )
    # when its refresh token is used, and the access token that comes of it
    answer = authorization.tokens(target.app(grant.app), member).refresh(grant.refresh_token)
    own = api.anonymous().with_token(answer.access_token).read("Patient", member.patient_id)
    # then the member's record opens again
    expect(answer).gives_token()
    expect(own).has_status(200)


@check("smart.refresh-offline/absent-when-not-asked", needs=("member",))
def test_no_offline_access_unasked(lease: Lease, member: Person) -> None:
    """Without offline_access and online_access no refresh token comes."""
    # given a request for neither of them
    app = lease.hold(member)
    asked = [name for name in app.scopes.split() if name not in OFFLINE]
    # when the member approves it
    grant = lease(member, app, " ".join(asked))
    # then the access ends with the access token
    expect.that(
        not grant.refresh_token,
        "no refresh token",
        "a refresh token" if grant.refresh_token else "none",
        grant.exchange,
    )


@check("smart.refresh-reuse/rotated-token-refused", needs=("member",))
def test_rotated_token(
    authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """After rotation the old refresh token is refused."""
    # given a refresh token that was used and replaced
    grant = _with_refresh(lease(member))
    tokens = authorization.tokens(target.app(grant.app), member)
    _rotated(grant, tokens)
    # when the old one is used again
    again = tokens.refresh(grant.refresh_token)
    # then it gives nothing
    expect(again).is_refused("invalid_grant")


@check("smart.refresh-reuse/family-ends", needs=("member",))
def test_replay_ends_the_family(
    authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """After a replay of a rotated token the newest refresh token is dead too."""
    # given a refresh token that was used and replaced
    grant = _with_refresh(lease(member))
    tokens = authorization.tokens(target.app(grant.app), member)
    newest = _rotated(grant, tokens)
    # when the old one is used again: one of the two users is a thief
    tokens.refresh(grant.refresh_token)
    # then the newest ends as well
    expect(tokens.refresh(newest)).is_refused("invalid_grant")


@check("oauth.refresh-bound/other-app", needs=("member", "two_apps"))
def test_refresh_by_another_app(
    apps: Apps, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """Another app cannot refresh this app's token."""
    # given a grant of one app
    grant = _with_refresh(lease(member))
    # when another app presents its refresh token
    answer = authorization.tokens(apps.default, member).refresh(grant.refresh_token)
    # then it gets nothing, while the right app is served
    expect(answer).is_refused()
    own = authorization.tokens(target.app(grant.app), member).refresh(grant.refresh_token)
    inconclusive_unless(
        own.gave_token, "the right app could not refresh either", own.exchange, answer.exchange
    )


@check("oauth.refresh-bound/public-rotation", needs=("member", "public_app"))
def test_public_apps_rotate(
    apps: Apps, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """A public app's refresh token is rotated or sender-constrained."""
    # given a grant of an app that has no credentials of its own
    public = [app for app in apps.spare if app.type == "public"] or [apps.default]
    grant = _with_refresh(lease(member, lease.hold(member, *public)))
    # when it refreshes
    answer = authorization.tokens(target.app(grant.app), member).refresh(grant.refresh_token)
    inconclusive_unless(answer.gave_token, "the refresh gave no token", answer.exchange)
    # then a copy of the old token is worth nothing
    rotated = answer.refresh_token not in ("", grant.refresh_token)
    constrained = str(answer.document.get("token_type")).lower() == "dpop"
    expect.that(
        rotated or constrained,
        "a new refresh token, or one bound to its sender",
        "a new refresh token" if rotated else "the same refresh token goes on",
        grant.exchange,
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


@check("oauth.grant-end-enforced/refresh", needs=("member", "control:expire-grant"), prod="no")
def test_refresh_after_the_grants_end(
    api: Api, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """After the grant's end refresh is refused with invalid_grant."""
    # given a grant whose refresh token works
    grant = _with_refresh(lease(member))
    app = target.app(grant.app)
    tokens = authorization.tokens(app, member)
    first = tokens.refresh(grant.refresh_token)
    inconclusive_unless(first.gave_token, "the refresh did not work before", first.exchange)
    # when the grant reaches its end
    operate(api, target, "expire-grant", persona=member.id, client_id=app.client_id)
    # then it cannot be refreshed any more
    answer = tokens.refresh(first.refresh_token or grant.refresh_token)
    expect(answer).is_refused("invalid_grant")


@check("oauth.grant-end-enforced/access-token", needs=("member", "control:expire-grant"), prod="no")
def test_access_after_the_grants_end(
    api: Api, lease: Lease, target: Target, member: Person
) -> None:
    """After the grant's end the access token is refused."""
    # given a grant whose token opens the record
    grant = lease(member)
    client = api.as_(grant)
    before = client.read("Patient", member.patient_id)
    inconclusive_unless(before.ok, "the token did not work before", before.exchange)
    # when the grant reaches its end
    app = target.app(grant.app)
    hook = operate(api, target, "expire-grant", persona=member.id, client_id=app.client_id)
    # then the token opens nothing any more
    seconds = eventually(
        lambda: client.read("Patient", member.patient_id).status == 401,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    expect.that(
        seconds is not None,
        "the access token is refused once the grant has ended",
        "it is refused" if seconds is not None else "it still opens the record",
        before.exchange,
        hook.exchange,
    )


def _with_refresh(grant: Grant) -> Grant:
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    return grant


def _rotated(grant: Grant, tokens: TokenEndpoint) -> str:
    """Refresh once, and return the refresh token that took the old one's place."""
    answer = tokens.refresh(grant.refresh_token)
    inconclusive_unless(answer.gave_token, "the refresh gave no token", answer.exchange)
    not_applicable_unless(
        answer.refresh_token not in ("", grant.refresh_token),
        "the payer does not rotate refresh tokens",
        answer.exchange,
    )
    return answer.refresh_token
