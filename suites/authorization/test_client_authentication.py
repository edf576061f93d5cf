"""Client authentication: a confidential app proves who it is before it gets anything."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from payerproof.expect.assertions import keyed
from payerproof.suite import (
    App,
    Apps,
    Authorization,
    Lease,
    Person,
    SmartConfiguration,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

SYMMETRIC = "confidential-symmetric"
METHODS = {
    "client_secret_basic": SYMMETRIC,
    "client_secret_post": SYMMETRIC,
    "private_key_jwt": "confidential-asymmetric",
    "none": "public",
}


@dataclass(frozen=True)
class _Guess:
    """A secret that nobody issued."""

    value: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def reveal(self) -> str:
        return self.value


@check("oauth.client-authentication/wrong-secret", needs=("member", "confidential_app"))
def test_wrong_secret(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """A wrong client secret is refused with invalid_client."""
    # given a code for an app that has a secret
    app = lease.hold(member, *apps.of_type(SYMMETRIC))
    request = authorization.request(app)
    code = authorization.code(member, request)
    sent = (code, request.redirect_uri, request.pkce.verifier)
    # when somebody exchanges it with a wrong secret
    answer = authorization.tokens(_impostor(app), member).exchange(*sent)
    # then no token comes, while the right secret brings one
    expect(answer).is_refused("invalid_client")
    right = authorization.tokens(app, member).exchange(*sent)
    inconclusive_unless(right.gave_token, "nor does the right secret work", right.exchange)


@check("oauth.client-authentication/no-secret", needs=("member", "confidential_app"))
def test_no_secret(apps: Apps, authorization: Authorization, lease: Lease, member: Person) -> None:
    """A confidential app without its secret gets no token."""
    # given a code for an app that has a secret
    app = lease.hold(member, *apps.of_type(SYMMETRIC))
    request = authorization.request(app)
    code = authorization.code(member, request)
    sent = (code, request.redirect_uri, request.pkce.verifier)
    # when it is exchanged with the client_id alone, as a public app would
    public = app.model_copy(update={"type": "public"})
    answer = authorization.tokens(public, member).exchange(*sent)
    # then no token comes, while the right secret brings one
    expect(answer).is_refused()
    right = authorization.tokens(app, member).exchange(*sent)
    inconclusive_unless(right.gave_token, "nor does the right secret work", right.exchange)


@check("oauth.client-authentication/wrong-secret-refresh", needs=("member", "confidential_app"))
def test_wrong_secret_at_refresh(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """Refresh with a wrong secret gets no token."""
    # given a grant of an app that has a secret
    app = lease.hold(member, *apps.of_type(SYMMETRIC))
    grant = lease(member, app)
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    # when somebody refreshes it with a wrong secret
    answer = authorization.tokens(_impostor(app), member).refresh(grant.refresh_token)
    # then no token comes, while the right secret brings one
    expect(answer).is_refused()
    right = authorization.tokens(app, member).refresh(grant.refresh_token)
    inconclusive_unless(right.gave_token, "nor does the right secret work", right.exchange)


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
    answer = authorization.tokens(keyed(app), member).post(
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
def test_public_app_connects(apps: Apps, lease: Lease, target: Target, member: Person) -> None:
    """An app without a secret completes the standalone launch with PKCE."""
    # given an app that has no credentials
    public = [app for app in apps.spare if app.type == "public"] or [apps.default]
    # when the member authorizes it and it exchanges its code with the verifier alone
    grant = lease(member, lease.hold(member, *public))
    # then it holds a token
    expect.that(
        grant.access_token and target.app(grant.app).type == "public",
        "a token for an app without a secret",
        "a token came",
        grant.exchange,
    )


def _impostor(app: App) -> App:
    """The same app in the hands of somebody who only guesses its secret."""
    return app.model_copy(update={"secret": _Guess()})
