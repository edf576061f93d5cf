"""Revocation from the payer's side: by an operator, or by switching an app off."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.expect.operator import operate
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Operator,
    Person,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

AGE_SECONDS = 7200
"""Age of a grant that is not fresh any more."""


@check(
    "revocation.access-token-dies/after-operator-revoke",
    needs=("member", "two_apps", "control:revoke"),
    prod="no",
)
def test_access_token_after_the_operator_revokes(
    api: Api, authorization: Authorization, lease: Lease, member: Person, target: Target
) -> None:
    """After the operator's revoke control the access token is refused within the limit."""
    # given a grant that works
    grant = lease(member)
    app = target.app(grant.app)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    # when the operator ends it in the member's name
    operate(api, target, "revoke", persona=member.id, client_id=app.client_id)
    delay = _watch(looks, target)
    # then the access token is refused before the limit is up, and the refresh token with it
    limit, waited = target.policy.revocation_limit_seconds, target.policy.revocation_wait_seconds
    inconclusive_unless(
        delay is not None or waited >= limit,
        f"the token still worked after {waited:g} seconds, and the limit is {limit:g}: "
        "set policy.revocation_wait_seconds as long as the limit to see it out",
        looks.last.exchange,
    )
    expect(looks.last).is_refused()
    expect.that(
        delay is not None and delay <= limit,
        f"a refusal within {limit:g} seconds",
        "none" if delay is None else f"refused after {delay:.1f} seconds",
        looks.last.exchange,
    )
    expect(authorization.tokens(app, member).refresh(grant.refresh_token)).gives_no_token()


@check(
    "revocation.app-switched-off/tokens-die",
    needs=("member", "three_apps", "control:deactivate-app", "control:activate-app"),
    prod="no",
)
def test_tokens_of_an_app_switched_off(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    operator: Operator,
    target: Target,
) -> None:
    """After the payer switches the app off its tokens are refused."""
    # given a grant of the app that other checks need least, and that works
    app = apps.least_needed
    grant = lease(member, app)
    looks = Looks(api.as_(grant), member.patient_id)
    looks.must_open()
    # when the payer switches the app off
    told = {"client_id": app.client_id}
    with operator.changed("deactivate-app", told, told, by="activate-app"):
        delay = _watch(looks, target)
        answer = authorization.tokens(app, member).refresh(grant.refresh_token)
    # then neither token works
    expect(looks.last).is_refused()
    expect.that(
        delay is not None,
        "a refusal while the run waited",
        "none" if delay is None else f"refused after {delay:.1f} seconds",
        looks.last.exchange,
    )
    expect(answer).gives_no_token()


@check(
    "revocation.access-shortened/older-grants-end",
    needs=("member", "three_apps", "state_changes", "control:clock", "control:app-category"),
    prod="no",
)
def test_grants_end_when_an_app_may_keep_access_no_longer(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person, operator: Operator
) -> None:
    """Once the payer lets an app keep access for a short time only, longer grants end."""
    # given a grant two hours old, of the app that other checks need least, that can be refreshed
    app = apps.least_needed
    grant = lease(member, app)
    not_applicable_unless(grant.refresh_token, "No refresh token was given.", grant.exchange)
    tokens = authorization.tokens(app, member)
    lease.all_of(app)
    with operator.later(AGE_SECONDS):
        before = tokens.refresh(grant.refresh_token)
        inconclusive_unless(before.gave_token, "the refresh token did not work", before.exchange)
        # when the payer says that the app may keep access for a short time only
        told = {"client_id": app.client_id}
        with operator.changed(
            "app-category", {**told, "access": "short"}, {**told, "access": "long"}
        ):
            answer = tokens.refresh(before.refresh_token or grant.refresh_token)
    # then the refresh token works no more
    expect(answer).gives_no_token()
    lease.all_ended(app)


def _watch(looks: Looks, target: Target) -> float | None:
    """Seconds until the token was refused, or None where it was not; told in the report."""
    policy = target.policy
    delay = eventually(
        looks.refused,
        within=policy.revocation_wait_seconds,
        every=policy.revocation_poll_seconds,
    )
    remark(
        f"The access token still worked for the {policy.revocation_wait_seconds:g} seconds the "
        "run waited."
        if delay is None
        else f"The access token was refused after {delay:.1f} seconds."
    )
    return delay
