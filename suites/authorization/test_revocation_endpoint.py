"""Revocation endpoint: an app hands back its own tokens, and they are really dead."""

from __future__ import annotations

import secrets

from payerproof.plugin.observed import Returned
from payerproof.suite import (
    Apps,
    Authorization,
    Observed,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)


@check("smart.revocation-endpoint/access-token", needs=("member",))
def test_access_token_dies(observed: Observed, smart: SmartConfiguration) -> None:
    """A revoked access token is refused at the FHIR server."""
    _needs_revocation(smart)
    # given a grant whose token opened the record, until the app revoked the token
    seen = observed.access_returned()
    # then it opens nothing any more
    _expect_dead(seen)


@check("smart.revocation-endpoint/refresh-token", needs=("member",))
def test_refresh_token_dies(observed: Observed, smart: SmartConfiguration) -> None:
    """A revoked refresh token is refused with invalid_grant."""
    _needs_revocation(smart)
    # given a grant whose refresh token worked, until the app revoked the newest one
    seen = observed.refresh_returned()
    inconclusive_unless(
        seen.first.gave_token, "the refresh did not work before", seen.first.exchange
    )
    assert seen.newest.refresh is not None
    # then nothing comes of it any more
    expect(seen.newest.refresh).is_refused("invalid_grant")


@check("oauth.revocation-bound/other-app", needs=("member", "two_apps"))
def test_revocation_by_another_app(observed: Observed, smart: SmartConfiguration) -> None:
    """Another app cannot revoke this app's tokens."""
    _needs_revocation(smart)
    # given a grant whose token opened the record
    seen = observed.others()
    before, after = seen.after_guessing or seen.after_bare or seen.before, seen.after_foreign
    inconclusive_unless(before.ok, "the token did not work before", before.exchange)
    assert after is not None
    # when another app revoked both tokens, then they went on working
    expect(after).has_status(200)
    inconclusive_unless(seen.last_refresh, "no refresh token was issued", seen.grant.exchange)
    assert seen.last_refresh is not None
    own = seen.last_refresh
    expect.that(
        own.gave_token,
        "the refresh token still works for the app it belongs to",
        "it works" if own.gave_token else f"{own.status} {own.error}",
        own.exchange,
        *(answer.exchange for answer in seen.foreign_revocations),
    )


@check("oauth.revocation-bound/wrong-secret", needs=("member", "confidential_app"))
def test_revocation_with_a_wrong_secret(observed: Observed, smart: SmartConfiguration) -> None:
    """Revocation with a wrong client secret is refused and changes nothing."""
    _needs_revocation(smart)
    # given a grant of an app that has a secret, whose token opened the record
    seen = observed.others()
    inconclusive_unless(seen.guessed_revocation, "no spare app has a secret", seen.grant.exchange)
    before = seen.after_bare or seen.before
    inconclusive_unless(before.ok, "the token did not work before", before.exchange)
    assert seen.guessed_revocation is not None
    assert seen.after_guessing is not None
    # when somebody revoked the token with a wrong secret
    answer = seen.guessed_revocation
    # then they were refused, and the token went on working
    expect.that(400 <= answer.status < 500, "a refusal", f"status {answer.status}", answer.exchange)
    expect(seen.after_guessing).has_status(200)


@check("oauth.revocation-bound/no-credentials", needs=("member",))
def test_revocation_without_credentials(observed: Observed, smart: SmartConfiguration) -> None:
    """Somebody who does not even name an app cannot revoke a token."""
    _needs_revocation(smart)
    # given a grant whose token opened the record
    seen = observed.others()
    inconclusive_unless(seen.before.ok, "the token did not work before", seen.before.exchange)
    assert seen.after_bare is not None
    # when somebody revoked it without a word on who they are, then it went on working
    expect(seen.after_bare).has_status(200)


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
def test_refresh_revocation_ends_access(observed: Observed, smart: SmartConfiguration) -> None:
    """Revoking the refresh token ends the access tokens of the same grant."""
    _needs_revocation(smart)
    # given a grant whose tokens opened the record, until the app revoked its refresh token
    seen = observed.refresh_returned()
    # then the newest access token ended with it, and an earlier one that still worked
    _expect_dead(seen.newest)
    earlier = seen.earlier.ok and seen.earlier_after.ok
    expect.that(
        not earlier,
        "the grant's earlier access token is refused as well",
        "it still opens the record" if earlier else "it is refused",
        seen.newest.revocation.exchange,
        seen.earlier.exchange,
        seen.earlier_after.exchange,
    )


@check("oauth.access-revocation-ends-grant/refresh-afterwards", needs=("member",))
def test_what_access_revocation_leaves(observed: Observed, smart: SmartConfiguration) -> None:
    """What a revoked access token does to its refresh token is noted in the payer's profile."""
    _needs_revocation(smart)
    # given a grant with both tokens, of which only the access token was revoked
    seen = observed.access_returned()
    not_applicable_unless(seen.refresh, "no refresh token was issued", seen.grant.exchange)
    assert seen.refresh is not None
    # when the refresh token was used
    remark(
        "After its access token was revoked the refresh token "
        + ("still works." if seen.refresh.gave_token else "is dead as well.")
    )
    # then the whole grant may be over, or not: apps must cope with both
    expect(seen.refresh).is_refused()


def _needs_revocation(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"),
        "no revocation endpoint is published",
        smart.exchange,
    )


def _expect_dead(seen: Returned) -> None:
    seen.must_have_opened()
    remark("" if seen.delay is None else f"It was dead after {seen.delay:.1f} seconds.")
    expect.that(
        seen.delay is not None,
        "the access token is refused after the revocation",
        "it still opens the record" if seen.delay is None else "it is refused",
        seen.revocation.exchange,
        seen.looks[-1].exchange,
    )
