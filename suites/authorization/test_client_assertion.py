"""Client assertions: signed by the app's own key, for this endpoint, short-lived and used once."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from payerproof.expect import assertions
from payerproof.plugin.observed import Presented
from payerproof.smart.client import client_assertion
from payerproof.suite import (
    Apps,
    Observed,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

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
def test_wrong_audience(observed: Observed, audience: str) -> None:
    """An assertion whose aud is another endpoint is refused with invalid_client."""
    # when an app's assertion is meant for another server, or another address of this one
    meant_for = AUDIENCES[audience]
    seen = observed.asserting(
        f"for {audience}", lambda app, endpoint: client_assertion(app, meant_for(endpoint))
    )
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/expired-or-too-long", needs=NEEDS)
@each("lifetime", LIFETIMES)
def test_lifetime(observed: Observed, lifetime: str) -> None:
    """An assertion that is expired, or lives longer than five minutes, is refused."""
    # when an app's assertion ended five minutes ago, or ends in a day
    seconds = LIFETIMES[lifetime]
    seen = observed.asserting(
        lifetime, lambda app, endpoint: assertions.lasting(app, endpoint, seconds)
    )
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/foreign-key", needs=NEEDS)
def test_foreign_key(observed: Observed) -> None:
    """An assertion signed by an unregistered key under the registered kid is refused."""
    # when somebody else signs an app's assertion
    seen = observed.asserting("a stranger's", assertions.signed_by_a_stranger)
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/own-key", needs=NEEDS)
def test_own_key(observed: Observed) -> None:
    """An assertion signed by an unregistered key that its own header brings along is refused."""
    # when an app's assertion is signed by another, and says itself by which
    seen = observed.asserting("with its own key", assertions.with_own_key)
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/without-jti", needs=NEEDS)
def test_without_an_id(observed: Observed) -> None:
    """An assertion without a jti, by which nobody could tell a replay, is refused."""
    # when an app's assertion has no jti
    seen = observed.asserting("without jti", assertions.without_id)
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/unsigned", needs=NEEDS)
def test_unsigned(observed: Observed) -> None:
    """An assertion with alg none is refused."""
    # when an app's assertion bears no signature and says so
    seen = observed.asserting("unsigned", assertions.unsigned)
    # then no token comes for it
    _expect_refused(seen)


@check("oauth.client-assertion/issuer-not-subject", needs=(*NEEDS, "two_apps"))
@each("claim", ("iss", "sub"))
def test_issuer_is_not_subject(apps: Apps, observed: Observed, claim: str) -> None:
    """An assertion whose iss or sub is another client is refused."""
    # given an app with a registered key, and another app
    other = apps.other_than(apps.of_type("confidential-asymmetric")[0])
    # when its assertion names the other app in one of the two places
    seen = observed.asserting(
        f"another's {claim}",
        lambda app, endpoint: client_assertion(app, endpoint, **{claim: other.client_id}),
    )
    # then no token comes for it
    _expect_refused(seen)


def _expect_refused(seen: Presented) -> None:
    """The wrong assertion was the reason of a refusal that the right one does not meet."""
    seen.must_tell()
    expect(seen.wrong).is_refused("invalid_client")
