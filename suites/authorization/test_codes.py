"""Codes: each buys a token once, soon, for the app and the address it was issued to."""

from __future__ import annotations

from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Observed,
    Operator,
    Person,
    Target,
    TokenAnswer,
    check,
    expect,
    inconclusive_unless,
)


@check("smart.code-single-use/second-exchange", needs=("member",))
def test_second_exchange(observed: Observed) -> None:
    """The second exchange of one code is refused with invalid_grant."""
    # given a code that was exchanged for a token
    seen = observed.replayed()
    inconclusive_unless(
        seen.first.gave_token, "the first exchange gave no token", seen.first.exchange
    )
    # when it was presented again, exactly as before, then it bought nothing more
    expect(seen.second).is_refused("invalid_grant")


@check("smart.code-single-use/late-exchange", needs=("member", "control:clock"), prod="no")
def test_late_exchange(
    operator: Operator, authorization: Authorization, lease: Lease, target: Target, member: Person
) -> None:
    """A code older than the payer file's code lifetime is refused."""
    # given a code
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when it is exchanged rightly, but a minute after the longest life a code may have
    with operator.later(target.policy.code_lifetime_seconds + 60):
        answer = authorization.tokens(app, member).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
    # then no token comes
    expect(answer).is_refused("invalid_grant")


@check("oauth.code-replay-ends-tokens/first-tokens-dead", needs=("member",))
def test_replay_ends_the_tokens(observed: Observed) -> None:
    """After a code is replayed the tokens of its first exchange are refused."""
    # given a code and the token it brought, which opened the member's record
    seen = observed.replayed()
    inconclusive_unless(
        seen.before.ok, "the token did not work before the replay", seen.before.exchange
    )
    # when somebody presented the code again, then the token ended
    expect.that(
        seen.delay is not None,
        "the first token ends when its code is presented again",
        "it still opens the record" if seen.delay is None else "it ends",
        seen.first.exchange,
        seen.looks[-1].exchange,
    )


@check("oauth.code-bound/other-app", needs=("member", "two_apps"))
def test_code_of_another_app(
    api: Api, apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """Another app's credentials cannot exchange this app's code."""
    # given a code for one app, and another app that is served otherwise
    app = lease.hold(member)
    inconclusive_unless(api.grant_of(member).access_token, "the other app gets no token itself")
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the other app exchanges it, verifier and all
    answer = authorization.tokens(apps.default, member).exchange(
        code, request.redirect_uri, request.pkce.verifier
    )
    # then no token comes
    expect(answer).is_refused()


@check("oauth.code-bound/other-redirect-uri", needs=("member",))
def test_code_with_another_address(
    authorization: Authorization, lease: Lease, member: Person
) -> None:
    """A code is not exchanged with another redirect_uri than it was asked with."""
    # given a code that was sent to the app's registered address
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the exchange names another one
    answer = authorization.tokens(app, member).exchange(
        code, f"{app.redirect_uri}/other", request.pkce.verifier
    )
    # then no token comes
    _expect_refused(answer)


@check("oauth.code-bound/no-redirect-uri", needs=("member",))
def test_code_without_an_address(
    authorization: Authorization, lease: Lease, member: Person
) -> None:
    """A code is not exchanged without the redirect_uri it was asked with."""
    # given a code that was sent to the app's registered address
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the exchange names none
    answer = authorization.tokens(app, member).post(
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", request.pkce.verifier),
        ]
    )
    # then no token comes
    _expect_refused(answer)


def _expect_refused(answer: TokenAnswer) -> None:
    inconclusive_unless(
        answer.error != "invalid_client", "the app itself was refused", answer.exchange
    )
    expect(answer).is_refused()
