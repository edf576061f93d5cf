"""Authorization request: by GET and by POST it leads to the same place."""

from __future__ import annotations

from payerproof.plugin.session import RunSession
from payerproof.smart.request import AuthorizationRequest
from payerproof.suite import (
    Authorization,
    Lease,
    Person,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


class _ByPost(AuthorizationRequest):
    """The same request with its parameters in the body, so none in the address."""

    __slots__ = ()

    @property
    def url(self) -> str:
        return self.endpoint


@check("smart.authorize-get-post/get", needs=("member",))
def test_request_by_get(authorization: Authorization, member: Person) -> None:
    """The authorization request by GET reaches the login and yields a code."""
    # given the member's first connection, which was asked for by GET
    outcome = authorization.first_connection(member)
    inconclusive_unless(
        outcome.parameters.get("error") != "invalid_scope",
        "the request was refused for its scopes",
        *outcome.exchanges[-3:],
    )
    # when the member approved it
    # then a code came
    expect(outcome).gives_code()


@check("smart.authorize-get-post/post", needs=("member",))
def test_request_by_post(
    authorization: Authorization,
    lease: Lease,
    member: Person,
    run_session: RunSession,
    smart: SmartConfiguration,
) -> None:
    """The same request by form POST reaches the login and yields a code."""
    # given a payer that claims to take requests by POST
    not_applicable_unless(
        "authorize-post" in smart.capabilities,
        "the payer does not claim authorize-post",
        smart.exchange,
    )
    # and a member whose single-use codes are free, for a form from elsewhere carries no session
    quiet = run_session.cast.bystander(2)
    person = run_session.person(quiet) if quiet else member
    right = authorization.request(lease.hold(person))
    # when a correct request is posted as a form
    posted = _ByPost(right.endpoint, right.parameters, right.pkce)
    outcome = authorization.visit(person, posted, method="POST", form=right.parameters)
    # then a code comes under the state that was sent
    expect(outcome).gives_code()
    expect.that(
        outcome.parameters.get("state") == right.state,
        "the state that was sent",
        "the same" if outcome.parameters.get("state") == right.state else "another or none",
        *outcome.exchanges[-3:],
    )
