"""Accounts with another's contact details: whoever reads that mailbox would own the account."""

from __future__ import annotations

from payerproof.expect.claims import mappings
from payerproof.expect.operator import operate
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
)
from payerproof.target.needs import guardianship


@check(
    "login.account-contact/minor-with-a-parents",
    needs=("minor", "state_changes", "control:contact"),
    prod="no",
)
@each("kind", ("email", "phone"))
def test_a_minor_with_a_parents_details(
    api: Api, run_session: RunSession, target: Target, kind: str
) -> None:
    """An account of a minor with a parent's e-mail or telephone is refused, or flagged."""
    # given a minor, and contact details of the parent that are not the minor's own
    found = guardianship(target)
    assert found is not None  # by needs
    parent, minor = (run_session.person(one) for one in found)
    theirs, own = _contact(parent, kind), _contact(minor, kind)
    inconclusive_unless(theirs and theirs != own, f"no {kind} of {parent} alone is known")
    # when the minor's account is registered with them
    answer = operate(api, target, "contact", **{"persona": minor.id, kind: theirs})
    standing = str(answer.json_object().get("standing") or "")
    if standing == "accepted" and own:
        operate(api, target, "contact", **{"persona": minor.id, kind: own})
    inconclusive_unless(
        standing, "the hook contact did not tell what became of it", answer.exchange
    )
    # then they were refused, or the account is marked as a representative's
    expect.that(
        standing in ("refused", "proxy"),
        "refused, or marked as a representative's account",
        standing,
        answer.exchange,
    )


def _contact(person: Person, kind: str) -> str:
    """A person's e-mail address or telephone number, as their Patient tells; or nothing."""
    patient = next(iter(person.record.of("Patient")), {})
    return next(
        (
            str(one["value"])
            for one in mappings(patient.get("telecom"))
            if one.get("system") == kind and one.get("value")
        ),
        "",
    )
