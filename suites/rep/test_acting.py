"""Representatives: those who may act can do so, for the member chosen, and nobody else can.

45 CFR 164.502(g)(1)-(3), 164.514(h)(1).
"""

from __future__ import annotations

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.claims import CLAIMS
from payerproof.plugin.observed.authority import quiet_pair
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Observed,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import can_log_in, related


@check("rep.treated-as-member/record-arrives", needs=("representative", "two_apps"))
def test_representative_connects_the_members_record(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """A representative's app gets the record of the member they act for, whole."""
    # given a representative, and what the member's own app sees
    pair = quiet_pair(target, run_session.cast.first)
    inconclusive_unless(pair, "no representative acts for a grown-up member who can log in")
    acting, member = (run_session.person(one) for one in pair or ())
    own = api.once(member).search(CLAIMS, [("patient", member.patient_id), ("_count", "100")])
    inconclusive_unless(own.matches, f"{member} sees no claims of their own", own.exchange)
    # when the representative connects an app for the member
    grant = lease.reading(acting, choose=member.id)
    reply = api.once(grant).search(CLAIMS, [("patient", grant.patient), ("_count", "100")])
    # then the same claims come
    missing = {r.get("id") for r in own.matches} - {r.get("id") for r in reply.matches}
    expect.that(
        grant.patient == member.patient_id and not missing,
        f"the {len(own.matches)} claims that {member} sees",
        f"{reply.status}; {len(missing)} of {len(own.matches)} are missing",
        own.exchange,
        reply.exchange,
    )


@check(
    "rep.treated-as-member/see-and-end",
    needs=("representative", "browser", "portal", "two_apps", "state_changes"),
)
def test_representative_sees_and_ends_what_they_connected(observed: Observed) -> None:
    """What a representative connected stands in their own list, and can be ended there."""
    # given an app that a representative connected
    seen = observed.acting()
    inconclusive_unless(seen.listed, f"the list of {seen.person} was not looked at")
    assert seen.listed
    # then it stands in the list with a way to end it, for whomever it was connected
    living = [reply for reply in seen.left if reply.resource_type == "Patient"]
    expect.that(
        bool(seen.listed.apps) and seen.revoked is not None and not living,
        f"an entry for {seen.app} with a way to revoke it, and no token that lives on",
        f"{len(seen.listed.apps)} entries, "
        + ("revoked" if seen.revoked else "without a way to revoke it")
        + f", {len(living)} of {len(seen.left)} tokens open a record afterwards",
        seen.listed.page.screenshot or seen.listed.page.exchange,
        *(reply.exchange for reply in seen.left),
    )


@check("rep.verified/unlinked-member", needs=("representative", "two_apps", "state_changes"))
def test_nobody_acts_without_a_recorded_authority(
    api: Api, authorization: Authorization, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """Whoever acts for one member cannot connect an app for another by choosing them."""
    # given a representative who can connect an app for one member
    pair = quiet_pair(target, run_session.cast.first)
    inconclusive_unless(pair, "no representative acts for a grown-up member who can log in")
    acting, member = (run_session.person(one) for one in pair or ())
    grant = lease.reading(acting, choose=member.id)
    own = api.once(grant).read("Patient", grant.patient)
    inconclusive_unless(own.resource_type == "Patient", "that opens nothing", own.exchange)
    stranger = next(
        (
            one
            for one in target.personas
            if can_log_in(target, one) and one.label and not related(acting.persona, one)
            if one.id != acting.id and one.expect.claims
        ),
        None,
    )
    not_applicable_unless(stranger, "The payer file names nobody else.")
    assert stranger
    # when they choose a member who never named them
    app = lease.hold(acting)
    request = authorization.request(app, prompt="consent")
    outcome = authorization.visit(acting, request, choose=stranger.id)
    code = outcome.parameters.get("code", "")
    tokens = authorization.tokens(app, acting)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier) if code else None
    patient = answer.patient if answer else ""
    # then no token for somebody else comes
    expect.that(
        not patient or patient in (grant.patient, acting.patient_id),
        "no token for a member who named nobody",
        "a token for another came" if patient else "none came",
        *outcome.exchanges[-3:],
    )


@check(
    "rep.verified/posted-choice",
    needs=("representative", "browser", "two_apps", "state_changes"),
    prod="gated",
)
def test_a_choice_that_was_not_offered_is_refused(
    authorization: Authorization, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """A member whom the payer did not offer cannot be chosen by posting their id."""
    # given a representative, a member they act for, and one with whom they have nothing to do
    pair = quiet_pair(target, run_session.cast.first)
    inconclusive_unless(pair, "no representative acts for a grown-up member who can log in")
    acting, member = (run_session.person(one) for one in pair or ())
    grant = lease.reading(acting, choose=member.id)
    first = run_session.cast.pair or ()
    stranger = next((one for one in first if not related(acting.persona, one)), None)
    not_applicable_unless(stranger, "The payer file names nobody else.")
    assert stranger
    # when the payer asks whose record is meant, and the form is sent with the other's id
    request = authorization.request(lease.hold(acting), prompt="consent")
    posted = run_session.patient_id(stranger)
    outcome = authorization.visit(acting, request, choose=posted, decision="smuggle")
    offered = {one.value for one in outcome.picker.options} if outcome.picker else set()
    not_applicable_unless(offered, "The representative is not asked whose record is meant.")
    not_applicable_unless(
        grant.patient in offered and posted not in offered,
        "The page names members otherwise than by the ids of Patients, or offers the other too.",
        *outcome.exchanges[-2:],
    )
    inconclusive_unless(
        outcome.trouble != "timeout", "no page came of it in time", *outcome.exchanges[-2:]
    )
    # then no page follows on which that member's record could be shared
    label = str(stranger.label or "")
    shown = outcome.consent_shown or outcome.redirected
    expect.that(
        not shown,
        "the question again, or a refusal",
        "the consent page" + (f" about {stranger.id}" if _named(label, outcome) else "")
        if shown
        else "so it is",
        *(page.screenshot for page in outcome.pages[-1:]),
        *outcome.exchanges[-3:],
    )


@check("rep.minor-parent/record-arrives", needs=("representative", "two_apps"))
def test_parent_connects_a_childs_record(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """A parent connects an app for their child, and the child's claims arrive, nobody else's."""
    # given a parent, and a child who has claims and no login of their own, or a minor
    parent, child = _family(run_session, target)
    # when the parent connects an app for the child
    grant = lease.reading(parent, choose=child)
    client = api.once(grant)
    patient = client.read("Patient", grant.patient)
    claims = client.search(CLAIMS, [("patient", grant.patient), ("_count", "100")])
    theirs = {str(row.get("patient", {}).get("reference")) for row in claims.matches}
    # then the child's record opens, and it is not the parent's
    expect.that(
        patient.resource_type == "Patient" and bool(claims.matches),
        f"the Patient and the claims of {child}",
        f"{patient.status} and {len(claims.matches)} claims",
        patient.exchange,
        claims.exchange,
    )
    expect.that(
        all(one.endswith(grant.patient) for one in theirs) and parent.patient_id != grant.patient,
        f"claims of {child} alone",
        f"claims of {len(theirs)} people",
        claims.exchange,
    )


def _family(session: RunSession, target: Target) -> tuple[Person, str]:
    """A parent with a login, and the youngest they act for, who is known to have claims."""
    found = [
        (one, child)
        for one in target.personas
        if can_log_in(target, one)
        for child in map(target.persona, one.represents)
        if child.role == "minor" and child.expect.claims
    ]
    alone = [pair for pair in found if not can_log_in(target, pair[1])]
    not_applicable_unless(found, "The payer file names no minor for whom somebody acts.")
    parent, child = (alone or found)[0]
    return session.person(parent), child.id


def _named(label: str, outcome: AuthorizationOutcome) -> bool:
    """True where the last page of a trip names somebody."""
    return bool(label) and any(label in page.text for page in outcome.pages[-1:])
