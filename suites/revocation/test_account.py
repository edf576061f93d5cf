"""What becomes of tokens when something happens to the member's account."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.fhir.reply import Reply
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Lease,
    Operator,
    Target,
    check,
    each,
    eventually,
    expect,
    inconclusive_unless,
)


@check(
    "revocation.account-events/closed-account",
    needs=("member", "two_apps", "state_changes", "control:account"),
    prod="no",
)
@each("state", ("locked", "deceased", "fraud"))
def test_a_closed_account(
    api: Api, lease: Lease, operator: Operator, run_session: RunSession, target: Target, state: str
) -> None:
    """While an account is locked, of a deceased or flagged for fraud, its tokens open nothing."""
    # given a grant of somebody who plays no other part, and that works
    spare = run_session.cast.bystander(0)
    inconclusive_unless(spare, "the payer file has no member to spare")
    assert spare is not None
    person = run_session.person(spare)
    looks = Looks(api.as_(lease(person)), person.patient_id)
    looks.must_open()
    # when the account is closed for a moment
    told = {"persona": person.id}
    with operator.changed("account", {**told, "state": state}, {**told, "state": "active"}):
        closed: Reply = _watched(looks, target)
    # then the token opened nothing meanwhile
    expect(closed).is_refused()


def _watched(looks: Looks, target: Target) -> Reply:
    """The first refusal, or what came when the run had waited long enough."""
    policy = target.policy
    eventually(
        looks.refused,
        within=policy.revocation_wait_seconds,
        every=policy.revocation_poll_seconds,
    )
    return looks.last
