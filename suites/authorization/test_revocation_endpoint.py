"""Revocation endpoint: an app hands back its own tokens, and they are really dead."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    FhirClient,
    Lease,
    Person,
    SmartConfiguration,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)


@dataclass(frozen=True)
class _Guess:
    """A secret that nobody issued."""

    value: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def reveal(self) -> str:
        return self.value


@check("smart.revocation-endpoint/access-token", needs=("member",))
def test_access_token_dies(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    target: Target,
    member: Person,
) -> None:
    """A revoked access token is refused at the FHIR server."""
    _needs_revocation(smart)
    # given a grant whose token opens the record
    grant = lease(member)
    client = _working(api.as_(grant), member)
    # when the app revokes the token
    answer = authorization.tokens(target.app(grant.app), member).revoke(grant.access_token)
    # then it opens nothing any more
    _expect_dead(client, member, target, answer.exchange)


@check("smart.revocation-endpoint/refresh-token", needs=("member",))
def test_refresh_token_dies(
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    target: Target,
    member: Person,
) -> None:
    """A revoked refresh token is refused with invalid_grant."""
    _needs_revocation(smart)
    # given a grant whose refresh token works
    grant = lease(member)
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    tokens = authorization.tokens(target.app(grant.app), member)
    first = tokens.refresh(grant.refresh_token)
    inconclusive_unless(first.gave_token, "the refresh did not work before", first.exchange)
    # when the app revokes the newest refresh token
    newest = first.refresh_token or grant.refresh_token
    tokens.revoke(newest, "refresh_token")
    # then nothing comes of it any more
    expect(tokens.refresh(newest)).is_refused("invalid_grant")


@check("oauth.revocation-bound/other-app", needs=("member", "two_apps"))
def test_revocation_by_another_app(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    target: Target,
    member: Person,
) -> None:
    """Another app cannot revoke this app's tokens."""
    _needs_revocation(smart)
    # given a grant whose token opens the record
    grant = lease(member)
    client = _working(api.as_(grant), member)
    # when another app revokes both tokens
    other = authorization.tokens(apps.default, member)
    answers = [other.revoke(token) for token in (grant.access_token, grant.refresh_token) if token]
    # then they go on working
    expect(client.read("Patient", member.patient_id)).has_status(200)
    inconclusive_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    own = authorization.tokens(target.app(grant.app), member).refresh(grant.refresh_token)
    expect.that(
        own.gave_token,
        "the refresh token still works for the app it belongs to",
        "it works" if own.gave_token else f"{own.status} {own.error}",
        own.exchange,
        *(answer.exchange for answer in answers),
    )


@check("oauth.revocation-bound/wrong-secret", needs=("member", "confidential_app"))
def test_revocation_with_a_wrong_secret(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """Revocation with a wrong client secret is refused and changes nothing."""
    _needs_revocation(smart)
    # given a grant of an app that has a secret, whose token opens the record
    app = lease.hold(member, *apps.of_type("confidential-symmetric"))
    grant = lease(member, app)
    client = _working(api.as_(grant), member)
    # when somebody revokes the token with a wrong secret
    impostor = app.model_copy(update={"secret": _Guess()})
    answer = authorization.tokens(impostor, member).revoke(grant.access_token)
    # then they are refused, and the token goes on working
    expect.that(400 <= answer.status < 500, "a refusal", f"status {answer.status}", answer.exchange)
    expect(client.read("Patient", member.patient_id)).has_status(200)


@check("oauth.revocation-answers/unknown-token", needs=("public_app",))
def test_unknown_token(apps: Apps, authorization: Authorization, smart: SmartConfiguration) -> None:
    """A token that the payer does not know is answered 200, as RFC 7009 has it."""
    _needs_revocation(smart)
    # given an app that names a token nobody ever issued, also under a wrong type
    tokens = authorization.tokens(apps.of_type("public")[-1])
    unknown = secrets.token_urlsafe(32)
    # when it is revoked
    answers = [tokens.revoke(unknown), tokens.revoke(unknown, "refresh_token")]
    # then the answer is that it is dead, as wanted
    expect.that(
        all(answer.status == 200 for answer in answers),
        "status 200",
        " and ".join(f"{answer.status} ({{x:{answer.exchange}}})" for answer in answers),
        *(answer.exchange for answer in answers),
    )


@check("oauth.refresh-revocation-ends-access/access-token-dead", needs=("member",))
def test_refresh_revocation_ends_access(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    target: Target,
    member: Person,
) -> None:
    """Revoking the refresh token ends the access tokens of the same grant."""
    _needs_revocation(smart)
    # given a grant whose token opens the record
    grant = lease(member)
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    client = _working(api.as_(grant), member)
    # when the app revokes its refresh token
    tokens = authorization.tokens(target.app(grant.app), member)
    answer = tokens.revoke(grant.refresh_token, "refresh_token")
    # then the access token ends with it
    _expect_dead(client, member, target, answer.exchange)


@check("oauth.access-revocation-ends-grant/refresh-afterwards", needs=("member",))
def test_what_access_revocation_leaves(
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    target: Target,
    member: Person,
) -> None:
    """What a revoked access token does to its refresh token is noted in the payer's profile."""
    _needs_revocation(smart)
    # given a grant with both tokens
    grant = lease(member)
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    tokens = authorization.tokens(target.app(grant.app), member)
    # when only the access token is revoked
    tokens.revoke(grant.access_token, "access_token")
    answer = tokens.refresh(grant.refresh_token)
    remark(
        "After its access token was revoked the refresh token "
        + ("still works." if answer.gave_token else "is dead as well.")
    )
    # then the whole grant may be over, or not: apps must cope with both
    expect(answer).is_refused()


def _needs_revocation(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"),
        "no revocation endpoint is published",
        smart.exchange,
    )


def _working(client: FhirClient, member: Person) -> FhirClient:
    before = client.read("Patient", member.patient_id)
    inconclusive_unless(before.ok, "the token did not work before", before.exchange)
    return client


def _expect_dead(client: FhirClient, member: Person, target: Target, revocation: str) -> None:
    seconds = eventually(
        lambda: client.read("Patient", member.patient_id).status == 401,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    remark("" if seconds is None else f"It was dead after {seconds:.1f} seconds.")
    expect.that(
        seconds is not None,
        "the access token is refused after the revocation",
        "it is refused" if seconds is not None else "it still opens the record",
        revocation,
    )
