"""Client assertions: signed by the app's own key, for this endpoint, short-lived and used once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from payerproof.expect import assertions
from payerproof.smart.client import client_assertion
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

ASYMMETRIC = "confidential-asymmetric"
NEEDS = ("member", "asymmetric_app")
AUDIENCES: dict[str, Callable[[str], str]] = {
    "other-server": lambda _: "https://auth.payerproof.invalid/token",
    "same-host": lambda endpoint: urljoin(endpoint, "/payerproof/elsewhere"),
}
LIFETIMES = {"expired": -300, "too-long": 86_400}


@check("oauth.client-assertion/right-one", needs=NEEDS)
def test_right_assertion(observed: Observed) -> None:
    """A private_key_jwt assertion as SMART describes is accepted."""
    # given a code for an app with a registered key
    seen = observed.asserted()
    # when it was exchanged with a right assertion, then a token came
    expect(seen.exchange).gives_token()


@check("oauth.client-assertion/replayed-jti", needs=NEEDS)
def test_replayed_assertion(observed: Observed) -> None:
    """The same assertion sent twice is refused the second time."""
    # given a grant and an assertion that was good for one refresh
    seen = observed.asserted()
    inconclusive_unless(
        seen.exchange.gave_token, "no assertion is good for anything", seen.exchange.exchange
    )
    not_applicable_unless(seen.once, "no refresh token was issued", seen.exchange.exchange)
    assert seen.once is not None
    assert seen.twice is not None
    inconclusive_unless(seen.once.gave_token, "the assertion did not work once", seen.once.exchange)
    # when it was sent again with the next refresh, then it was worth nothing
    expect(seen.twice).is_refused("invalid_client")


@check("oauth.client-assertion/wrong-audience", needs=NEEDS)
@each("audience", AUDIENCES)
def test_wrong_audience(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    audience: str,
) -> None:
    """An assertion whose aud is another endpoint is refused with invalid_client."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))
    # when its assertion is meant for another server, or another address of this one
    elsewhere = AUDIENCES[audience](smart.endpoint("token_endpoint"))

    def wrong() -> str:
        return client_assertion(app, elsewhere)

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/expired-or-too-long", needs=NEEDS)
@each("lifetime", LIFETIMES)
def test_lifetime(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    lifetime: str,
) -> None:
    """An assertion that is expired, or lives longer than five minutes, is refused."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))
    # when its assertion ended five minutes ago, or ends in a day

    def wrong() -> str:
        return assertions.lasting(app, smart.endpoint("token_endpoint"), LIFETIMES[lifetime])

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/foreign-key", needs=NEEDS)
def test_foreign_key(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """An assertion signed by an unregistered key under the registered kid is refused."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))
    # when somebody else signs its assertion

    def wrong() -> str:
        return assertions.signed_by_a_stranger(app, smart.endpoint("token_endpoint"))

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/own-key", needs=NEEDS)
def test_own_key(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """An assertion signed by an unregistered key that its own header brings along is refused."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))

    # when its assertion is signed by another, and says itself by which
    def wrong() -> str:
        return assertions.with_own_key(app, smart.endpoint("token_endpoint"))

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/without-jti", needs=NEEDS)
def test_without_an_id(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """An assertion without a jti, by which nobody could tell a replay, is refused."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))

    # when its assertion has no jti
    def wrong() -> str:
        return assertions.without_id(app, smart.endpoint("token_endpoint"))

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/unsigned", needs=NEEDS)
def test_unsigned(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """An assertion with alg none is refused."""
    # given an app with a registered key
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))
    # when its assertion bears no signature and says so

    def wrong() -> str:
        return assertions.unsigned(app, smart.endpoint("token_endpoint"))

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


@check("oauth.client-assertion/issuer-not-subject", needs=(*NEEDS, "two_apps"))
@each("claim", ("iss", "sub"))
def test_issuer_is_not_subject(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
    claim: str,
) -> None:
    """An assertion whose iss or sub is another client is refused."""
    # given an app with a registered key, and another app
    app = lease.hold(member, *apps.of_type(ASYMMETRIC))
    other = apps.other_than(app)
    # when its assertion names the other app in one of the two places
    claims: dict[str, Any] = {claim: other.client_id}

    def wrong() -> str:
        return client_assertion(app, smart.endpoint("token_endpoint"), **claims)

    # then no token comes for it
    _expect_refused(authorization, member, app, wrong)


def _expect_refused(
    authorization: Authorization, member: Person, app: App, wrong: Callable[[], str]
) -> None:
    """Wrong assertions are refused, right ones let in; `wrong` makes a new one each time.

    A code that nobody issued shows it without a member: the wrong assertion must be the reason of
    the refusal (invalid_client), with the right one it is the code. Where a payer looks at the code
    first, a real one is needed to tell.
    """
    tokens = authorization.tokens(app, member)
    refused = tokens.post(
        _exchange("payerproof-no-code", app, "v" * 43) + assertions.fields_of(wrong()),
        authenticate=False,
    )
    let_in = authorization.unissued(app)
    told_apart = refused.error == "invalid_client" and let_in.error == "invalid_grant"
    answers = [] if told_apart else _with_a_real_code(authorization, member, app, wrong())
    inconclusive_unless(
        told_apart or any(answer.gave_token for answer in answers),
        "nor does a right assertion work",
        let_in.exchange,
    )
    expect((answers or [refused])[0]).is_refused("invalid_client")


def _with_a_real_code(
    authorization: Authorization, member: Person, app: App, wrong: str
) -> list[TokenAnswer]:
    """What a real code brings with a wrong assertion, and then with a right one."""
    request = authorization.request(app)
    tokens = authorization.tokens(app, member)
    code = authorization.code(member, request)
    fields = _exchange(code, app, request.pkce.verifier)
    return [
        tokens.post(fields + assertions.fields_of(wrong), authenticate=False),
        tokens.post(fields),
    ]


def _exchange(code: str, app: App, verifier: str) -> assertions.Fields:
    return [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", app.redirect_uri),
        ("code_verifier", verifier),
    ]
