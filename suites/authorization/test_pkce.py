"""PKCE: a code is worth nothing to somebody who does not hold its verifier."""

from __future__ import annotations

from payerproof.expect.doorstep import attempt, issued, told
from payerproof.smart.pkce import Pkce
from payerproof.suite import (
    Api,
    App,
    Apps,
    Authorization,
    Lease,
    Person,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CHALLENGE = ("code_challenge", "code_challenge_method")


@check("smart.pkce-s256/right-verifier", needs=("member",))
def test_right_verifier(authorization: Authorization, member: Person) -> None:
    """The flow with S256 and the right verifier gives a token."""
    # given the code of the member's first connection, whose request carried a challenge
    outcome = authorization.first_connection(member)
    inconclusive_unless(
        "code" in outcome.parameters, "no code came at all", *outcome.exchanges[-3:]
    )
    # when it was exchanged with the verifier, and nothing was wrong but the code or its verifier
    answer = authorization.first_exchange(member)
    inconclusive_unless(
        answer.gave_token or answer.error == "invalid_grant",
        f"the exchange was answered {answer.status} {answer.error}, which says nothing of PKCE",
        answer.exchange,
    )
    # then a token came
    expect.that(
        answer.gave_token,
        "an access token",
        f"an access token for {member} ({{x:{answer.exchange}}})"
        if answer.gave_token
        else f"{answer.status} {answer.error} ({{x:{answer.exchange}}})",
        answer.exchange,
    )


@check("smart.pkce-s256/wrong-verifier", needs=("member",))
def test_wrong_verifier(
    authorization: Authorization, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A wrong code_verifier is refused with invalid_grant and no token."""
    _needs_pkce(smart)
    # given a code whose request carried a challenge
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when it is exchanged with somebody else's verifier
    answer = authorization.tokens(app, member).exchange(
        code, request.redirect_uri, Pkce.fresh().verifier
    )
    # then no token comes
    expect(answer).is_refused("invalid_grant")


@check("smart.pkce-s256/missing-verifier", needs=("member",))
def test_missing_verifier(
    authorization: Authorization, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A code asked for with a challenge is not exchanged without the verifier."""
    _needs_pkce(smart)
    # given a code whose request carried a challenge
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when it is exchanged without a verifier
    answer = authorization.tokens(app, member).exchange(code, request.redirect_uri, None)
    # then no token comes, and not because the app itself is unknown
    inconclusive_unless(answer.error != "invalid_client", "the app was refused", answer.exchange)
    expect(answer).is_refused()


@check("smart.pkce-s256/challenge-required", needs=("member", "public_app"))
@each("kind", ("public", "confidential"))
def test_challenge_required(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    kind: str,
) -> None:
    """A request without code_challenge is refused, or leads to no token."""
    _needs_pkce(smart)
    # given an app of this kind; with a challenge such an app is served
    fitting = {"public": _public(apps), "confidential": _confidential(apps)}[kind]
    not_applicable_unless(fitting, "the payer file has no spare app with credentials")
    app = lease.hold(member, *fitting)
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    # when it asks for a code without a challenge, and exchanges what it gets
    request = authorization.request(app).without(*CHALLENGE)
    outcome = attempt(api, authorization, member, request)
    tokens = authorization.tokens(app, member)
    answers = [tokens.exchange(code, request.redirect_uri, None) for code in issued(outcome)]
    # then there is no token at the end
    expect.that(
        not any(answer.gave_token for answer in answers),
        f"no token for a {kind} app without PKCE",
        "a token" if any(answer.gave_token for answer in answers) else told(outcome),
        *outcome.exchanges[-3:],
        *(answer.exchange for answer in answers),
    )


@check("smart.pkce-no-plain/not-accepted", needs=("member",))
def test_plain_is_not_accepted(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """A request with code_challenge_method=plain, or with none named, yields no token."""
    _needs_pkce(smart)
    # given an app that is served with S256
    app = lease.hold(member)
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    right = authorization.request(app)
    bare = right.having(code_challenge=right.pkce.verifier)
    requests = (bare.having(code_challenge_method="plain"), bare.without("code_challenge_method"))
    # when the verifier itself is sent as the challenge, and what comes of it is exchanged
    outcomes = [attempt(api, authorization, member, request) for request in requests]
    tokens = authorization.tokens(app, member)
    answers = [
        tokens.exchange(code, right.redirect_uri, right.pkce.verifier)
        for outcome in outcomes
        for code in issued(outcome)
    ]
    # then there is no token at the end
    expect.that(
        not any(answer.gave_token for answer in answers),
        "no token for a challenge that is the verifier itself",
        "a token"
        if any(answer.gave_token for answer in answers)
        else "; ".join(told(outcome) for outcome in outcomes),
        *(exchange for outcome in outcomes for exchange in outcome.exchanges[-3:]),
        *(answer.exchange for answer in answers),
    )


@check("smart.pkce-no-plain/unknown-method", needs=("member",))
def test_unknown_method(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """A request with a code_challenge_method that nobody defined yields no code."""
    _needs_pkce(smart)
    # given an app that is served with S256
    app = lease.hold(member)
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    # when it names another method, with a right challenge
    request = authorization.request(app, code_challenge_method="payerproof")
    outcome = attempt(api, authorization, member, request)
    # then no code comes
    expect(outcome).gives_no_code()


@check("smart.pkce-s256/challenge-as-verifier", needs=("member",))
def test_challenge_as_verifier(
    authorization: Authorization, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """The challenge, which everybody on the way has seen, is no verifier."""
    _needs_pkce(smart)
    # given a code whose request carried a challenge
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when it is exchanged with the challenge itself
    answer = authorization.tokens(app, member).exchange(
        code, request.redirect_uri, request.get("code_challenge")
    )
    # then no token comes
    expect(answer).is_refused("invalid_grant")


@check("oauth.pkce-downgrade/verifier-without-challenge", needs=("member",))
def test_stripped_challenge(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """A token request with code_verifier fails where the request had no challenge."""
    _needs_pkce(smart)
    # given an app that may perhaps do without a challenge: one with credentials of its own
    app = lease.hold(member, *_confidential(apps))
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    request = authorization.request(app)
    # when somebody strips the challenge on the way, and the app sends its verifier all the same
    outcome = attempt(api, authorization, member, request.without(*CHALLENGE))
    tokens = authorization.tokens(app, member)
    answers = [
        tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
        for code in issued(outcome)
    ]
    # then there is no token at the end
    expect.that(
        not any(answer.gave_token for answer in answers),
        "no token for a verifier whose challenge was stripped",
        "a token" if any(answer.gave_token for answer in answers) else told(outcome),
        *outcome.exchanges[-3:],
        *(answer.exchange for answer in answers),
    )


def _needs_pkce(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        smart.claims_smart_2,
        "the payer claims neither SMART 2 nor PKCE, which SMART 1 does not know",
        smart.exchange,
    )


def _public(apps: Apps) -> list[App]:
    """Public apps whose grants nobody else reads with; the shared one where there is no other."""
    return [app for app in apps.spare if app.type == "public"] or [apps.default]


def _confidential(apps: Apps) -> list[App]:
    """Apps with credentials of their own."""
    return [app for app in apps.spare if app.type != "public"]
