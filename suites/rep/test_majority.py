"""Minors: a parent's access ends at majority, and what a minor consented to alone stays hidden.

45 CFR 164.502(g)(2)-(3). The age is a setting (policy.age_of_majority), for States differ.
"""

from __future__ import annotations

from payerproof.plugin.observed.majority import Majority
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Lease,
    Observed,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import guardianship

KINDS = ("ExplanationOfBenefit", "Condition", "Encounter", "MedicationRequest", "Observation")


NEEDS = ("representative", "two_apps", "control:clock", "state_changes")


@check("rep.minor-turns-18/parents-app-ends", needs=NEEDS, prod="no")
def test_parents_app_ends_at_majority(observed: Observed) -> None:
    """What a parent connected for a child ends at majority, and is not connected anew."""
    # given apps that a parent connected for a child near majority, and for one who stays a minor
    seen = observed.majority()
    _must_have_opened(seen)
    # when the first has come of age, then their record opens to neither that app nor a further one
    told = ["the app's refresh token opens it"] if seen.opened else []
    told += ["it was connected anew"] if seen.fresh else []
    expect.that(
        not told,
        "a grown-up child's record closed to what the parent connected",
        "; ".join(told) or "it is closed, and the younger child's still open",
        seen.grant.exchange,
    )


@check("rep.member-selector/grown-up-not-offered", needs=(*NEEDS, "browser"), prod="no")
def test_grown_up_child_is_not_offered(observed: Observed) -> None:
    """Once a child has come of age the parent is not offered their record any more."""
    # given the page that asks a parent whose record is meant, after a child's majority
    seen = observed.majority()
    _must_have_opened(seen)
    picker = seen.again.picker
    inconclusive_unless(seen.label, f"the payer file does not tell the label of {seen.child}")
    not_applicable_unless(picker, "The parent is not asked whose record is meant.")
    assert picker
    offered = " | ".join(one.label for one in picker.options if one.enabled).casefold()
    # then the child is not among those offered
    found = seen.label.casefold() in offered
    expect.that(
        not found,
        f"a choice without {seen.child}",
        f"{len(picker.options)} offered, {seen.child} " + ("too" if found else "not"),
        *(page.screenshot for page in seen.again.pages if page.kind == "picker"),
        *seen.again.exchanges[-2:],
    )


@check("rep.minor-own-consent/hidden-from-parent", needs=("minor",))
def test_confidential_services_are_hidden(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """What the minor's own record marks as confidential comes to no parent, by no search."""
    # given a minor's own record with entries that are marked as confidential
    found = guardianship(target)
    assert found is not None, "needs minor: say so in @check(…, needs=('minor',))"
    parent, ward = (run_session.person(one) for one in found)
    own = [
        api.once(ward).search(kind, [("patient", ward.patient_id), ("_count", "100")])
        for kind in KINDS
    ]
    marked = {
        f"{row.get('resourceType')}/{row.get('id')}"
        for reply in own
        for row in reply.matches
        if (row.get("meta") or {}).get("security")
    }
    inconclusive_unless(any(reply.matches for reply in own), f"{ward} sees no record of their own")
    not_applicable_unless(marked, f"Nothing in {ward}'s record is marked as confidential.")
    # when the parent's app asks for the same
    grant = lease.reading(parent, choose=ward.id)
    client = api.once(grant)
    replies = [
        client.search(kind, [("patient", grant.patient), ("_count", "100")]) for kind in KINDS
    ]
    inconclusive_unless(
        any(reply.matches for reply in replies),
        f"{parent}'s app for {ward} sees nothing at all",
        *(reply.exchange for reply in replies[:2]),
    )
    shown = {
        f"{row.get('resourceType')}/{row.get('id')}" for reply in replies for row in reply.resources
    }
    # then none of them comes, nor its number in what does
    tails = {key.partition("/")[2] for key in marked}
    named = [reply for reply in replies if any(tail in reply.text for tail in tails)]
    expect.that(
        not (shown & marked) and not named,
        f"none of the {len(marked)} entries marked as confidential",
        f"{len(shown & marked)} of them came; {len(named)} answers name one",
        *(reply.exchange for reply in named or replies),
    )


def _must_have_opened(seen: Majority) -> None:
    """End the check where the apps opened nothing before, or the younger child's ended as well."""
    inconclusive_unless(
        seen.own.resource_type == "Patient"
        and seen.grant.refresh_token
        and seen.other.refresh_token,
        f"{seen.parent} could not connect the child's record before the birthday either",
        seen.own.exchange,
        seen.grant.exchange,
    )
    inconclusive_unless(seen.still, f"{seen.parent}'s app for the younger child ended as well")
