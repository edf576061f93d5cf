"""State: an app gets back byte for byte what it sent, or it cannot tell its own answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.plugin.observed.asking import RESERVED
from payerproof.suite import (
    Authorization,
    Lease,
    Observed,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
)

SHAPES: dict[str, Callable[[], str]] = {
    "8-characters": lambda: secrets.token_urlsafe(6),
    "64-with-reserved": lambda: (RESERVED + secrets.token_urlsafe(40))[:64],
    "512-characters": lambda: secrets.token_urlsafe(400)[:512],
}


@check("smart.state-returned/on-success", needs=("member",))
@each("shape", SHAPES)
def test_state_on_success(
    authorization: Authorization, lease: Lease, member: Person, shape: str
) -> None:
    """The state comes back byte for byte, short, long or with characters reserved in URLs."""
    # given a request with a state of this shape
    app = lease.hold(member)
    request = authorization.request(app, state=SHAPES[shape]())
    # when the member approves
    outcome = authorization.visit(member, request)
    # then the same state comes back, also where the payer refuses it as too short
    _expect_state(outcome, request.state)


@check("smart.state-returned/on-error", needs=("member",))
def test_state_on_error(member: Person, observed: Observed) -> None:
    """The state comes back byte for byte when the member declines."""
    # given a correct request whose state has characters that are reserved in URLs
    seen = observed.asked()
    outcome = seen.declined
    # when the member, asked even if asked before, declined
    inconclusive_unless(
        outcome.consent_shown or "error" in outcome.parameters,
        f"{member} was not asked again, so could not decline",
        *outcome.exchanges[-3:],
    )
    # then the app got no code, and the state it sent
    expect(outcome).gives_no_code()
    _expect_state(outcome, seen.state)


def _expect_state(outcome: AuthorizationOutcome, sent: str) -> None:
    came = outcome.parameters.get("state", "")
    expect.that(
        outcome.redirected and came == sent,
        "a redirect with the state as it was sent",
        "the same state"
        if came == sent
        else f"a state of {len(came)} characters where {len(sent)} were sent, or an altered one"
        if outcome.redirected
        else "no redirect",
        *outcome.exchanges[-3:],
    )
