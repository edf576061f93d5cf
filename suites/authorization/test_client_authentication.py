"""Client authentication: a confidential app proves who it is before it gets anything."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.expect.assertions import Guess
from payerproof.plugin.observed import Others, Presented
from payerproof.suite import (
    App,
    Apps,
    Authorization,
    Lease,
    Observed,
    Person,
    SmartConfiguration,
    TokenAnswer,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

SYMMETRIC = "confidential-symmetric"
SECRETS: dict[str, Callable[[str], str]] = {
    "guessed": lambda _: Guess().value,
    "its-beginning": lambda secret: secret[:-1],
    "longer": lambda secret: f"{secret}x",
    "other-case": str.swapcase,
}
METHODS = {
    "client_secret_basic": SYMMETRIC,
    "client_secret_post": SYMMETRIC,
    "private_key_jwt": "confidential-asymmetric",
}
"""Methods with the type of app they fit; ``none`` is the public app's, a check of its own."""
CLIENT_REFUSED = ("invalid_client", "unauthorized_client")
"""Errors by which the token endpoint turns down an app and not its code (RFC 6749 section 5.2)."""


@check("oauth.client-authentication/wrong-secret", needs=("member", "confidential_app"))
@each("secret", SECRETS)
def test_wrong_secret(observed: Observed, secret: str) -> None:
    """A wrong client secret, be it nearly the right one, is refused with invalid_client."""
    # when somebody comes to exchange an app's code with a wrong secret
    seen = observed.posing(f"one with a secret {secret}", SYMMETRIC, _with_secret(secret))
    # then that is the reason of the refusal, and with the right secret it is not
    _expect_refused(seen, "invalid_client")


@check("oauth.client-authentication/no-secret", needs=("member", "confidential_app"))
def test_no_secret(observed: Observed) -> None:
    """A confidential app without its secret gets no token."""
    # when somebody comes to exchange its code with the client_id alone, as a public app would
    seen = observed.posing(
        "a public app", SYMMETRIC, lambda app: app.model_copy(update={"type": "public"})
    )
    # then that is the reason of the refusal, and with the right secret it is not
    _expect_refused(seen)


@check("oauth.client-authentication/wrong-secret-refresh", needs=("member", "confidential_app"))
def test_wrong_secret_at_refresh(observed: Observed) -> None:
    """Refresh with a wrong secret gets no token."""
    # given a grant of an app that has a secret, and somebody who refreshes it with a wrong one
    seen = observed.others()
    # then no token came, while the right secret brought one
    _expect_only_the_app(seen, seen.guessed_refresh)


@check("oauth.client-authentication/no-secret-refresh", needs=("member", "confidential_app"))
def test_no_secret_at_refresh(observed: Observed) -> None:
    """Refresh by a confidential app without its secret gets no token."""
    # given a grant of an app that has a secret, and somebody who names the app and no more
    seen = observed.others()
    # then no token came, while the right secret brought one
    _expect_only_the_app(seen, seen.bare_refresh)


@check("oauth.client-authentication/secret-of-public-app", needs=("member", "public_app"))
def test_secret_of_a_public_app(observed: Observed) -> None:
    """A secret that a public app never had is refused, and not taken for a proof."""
    # when somebody comes with a secret in the name of an app that has none
    seen = observed.posing(
        "a public app with a secret",
        "public",
        lambda app: app.model_copy(update={"type": SYMMETRIC, "secret": Guess()}),
    )
    # then they are refused
    _expect_refused(seen)


@check("oauth.auth-methods-as-advertised/listed-ones-work", needs=("member",))
@each("method", METHODS)
def test_listed_methods_work(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    method: str,
) -> None:
    """The advertised method of client authentication works."""
    # given a method that is listed, and an app it fits
    not_applicable_unless(
        method in smart.listed("token_endpoint_auth_methods_supported"),
        f"the payer does not list {method}",
        smart.exchange,
    )
    fitting = apps.of_type(METHODS[method])
    not_applicable_unless(fitting, f"the payer file has no app that could use {method}")
    app = lease.hold(member, *[one for one in fitting if one != apps.default] or fitting)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the app uses it
    answer = authorization.tokens(app, member).post(
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", request.redirect_uri),
            ("code_verifier", request.pkce.verifier),
        ],
        method=method,
    )
    # then it gets its token
    expect(answer).gives_token()


@check("smart.public-client/connects", needs=("member", "public_app"))
def test_public_app_connects(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """An app without a secret completes the standalone launch with PKCE."""
    # given an app that has no credentials, best the one the member connected first
    app = apps.of_type("public")[-1]
    # when the member authorized it and it exchanged its code with the verifier alone
    first = app == apps.default
    answer = authorization.first_exchange(member) if first else lease.exchange(member, app)
    inconclusive_unless(
        answer.gave_token or answer.error in CLIENT_REFUSED,
        f"the exchange was answered {answer.status} {answer.error}, not for want of a secret",
        answer.exchange,
    )
    # then it holds a token
    expect.that(
        answer.gave_token,
        "a token for an app without a secret",
        "a token came" if answer.gave_token else f"{answer.status} {answer.error}",
        answer.exchange,
    )


def _expect_only_the_app(seen: Others, answer: TokenAnswer | None) -> None:
    """A refresh without the app's secret brought nothing, and with it a token."""
    not_applicable_unless(
        seen.grant.refresh_token, "no refresh token was issued", seen.grant.exchange
    )
    inconclusive_unless(answer, "no spare app has a secret", seen.grant.exchange)
    assert answer is not None
    expect(answer).is_refused()
    inconclusive_unless(
        seen.own_refresh.gave_token, "nor does the right secret work", seen.own_refresh.exchange
    )


def _with_secret(how: str) -> Callable[[App], App]:
    """Gives an app a secret that is wrong in this way."""

    def given(app: App) -> App:
        right = app.secret.reveal() if app.secret else ""
        guess = Guess(SECRETS[how](right))
        inconclusive_unless(guess.value != right, "the secret reads the same however it is written")
        return app.model_copy(update={"secret": guess})

    return given


def _expect_refused(seen: Presented, *errors: str) -> None:
    """The wrong credentials were the reason of a refusal that the right ones do not meet."""
    seen.must_tell()
    expect(seen.wrong).is_refused(*errors)
