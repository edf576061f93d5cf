"""Minors: a parent's access ends at majority, and what a minor consented to alone stays hidden.

45 CFR 164.502(g)(2)-(3). The age is a setting (policy.age_of_majority), for States differ.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from payerproof.plugin.first_trip import LoginTrouble
from payerproof.plugin.grants import Grant
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Operator,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import can_log_in, guardianship

AROUND = timedelta(hours=36)
"""From the birthday's first moment back, and from its last one on: whatever the time zone."""
KINDS = ("ExplanationOfBenefit", "Condition", "Encounter", "MedicationRequest", "Observation")


@check(
    "rep.minor-turns-18/parents-app-ends",
    needs=("representative", "two_apps", "control:clock", "state_changes"),
    prod="no",
)
def test_parents_app_ends_at_majority(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    operator: Operator,
    run_session: RunSession,
    target: Target,
) -> None:
    """What a parent connected for a child ends at majority, and is not connected anew."""
    # given a child near majority, and another who stays a minor
    parent, child, born = _nearest(api, run_session, target)
    day = _birthday(born, target.policy.age_of_majority)
    zone = ZoneInfo(target.policy.time_zone)
    first = datetime.combine(day, time.min, zone)
    younger = [one for one in parent.persona.represents if one != child.id]
    not_applicable_unless(younger, f"{parent} acts for nobody else.")
    # when a parent connects an app for each, the day and a half before the birthday
    with operator.later(_until(first - AROUND)):
        grant, other = lease(parent, choose=child.id), lease(parent, choose=younger[-1])
        own = api.as_(grant).read("Patient", grant.patient)
    inconclusive_unless(
        own.resource_type == "Patient" and grant.refresh_token and other.refresh_token,
        f"{parent} could not connect the child's record before the birthday either",
        own.exchange,
        grant.exchange,
    )
    # and both apps refresh, and a further one is tried, after it
    with operator.later(_until(first + timedelta(days=1) + AROUND)):
        opened = _refreshed(api, authorization, target, grant)
        still = _refreshed(api, authorization, target, other)
        fresh = _tries(lease, _other_parent(run_session, target, parent, child), child)
    inconclusive_unless(still, f"{parent}'s app for the younger child ended as well")
    # then the grown-up child's record opens to neither
    told = ["the app's refresh token opens it"] if opened else []
    told += ["it was connected anew"] if fresh else []
    expect.that(
        not told,
        "a grown-up child's record closed to what the parent connected",
        "; ".join(told) or "it is closed, and the younger child's still open",
        grant.exchange,
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


def _nearest(api: Api, session: RunSession, target: Target) -> tuple[Person, Person, date]:
    """A parent and the child with a login whose majority is nearest to today, with its birth."""
    found = []
    for parent in target.personas:
        for child in map(target.persona, parent.represents if can_log_in(target, parent) else ()):
            if child.role in ("minor", "dependent") and can_log_in(target, child):
                person = session.person(child)
                own = api.once(person).read("Patient", person.patient_id)
                written = str(own.body.get("birthDate") or "")
                if len(written) == len("2000-01-01"):
                    found.append((session.person(parent), person, date.fromisoformat(written)))
    not_applicable_unless(found, "No child with a login and a birth date has a representative.")
    age, today = target.policy.age_of_majority, datetime.now(UTC).date()
    return min(found, key=lambda one: abs(_birthday(one[2], age) - today))


def _birthday(born: date, age: int) -> date:
    """The day on which somebody reaches an age; who is born on 29 February does on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


def _refreshed(api: Api, authorization: Authorization, target: Target, grant: Grant) -> bool:
    """Whether a grant's refresh token brings an access token that opens its Patient."""
    answer = authorization.tokens(target.app(grant.app)).refresh(grant.refresh_token)
    if not answer.gave_token:
        return False
    reply = api.anonymous().with_token(answer.access_token).read("Patient", grant.patient)
    return reply.resource_type == "Patient"


def _other_parent(session: RunSession, target: Target, parent: Person, child: Person) -> Person:
    """Another who acts for the child, whose second login waits for no code; else the same."""
    others = (
        one
        for one in target.personas
        if child.id in one.represents and one.id != parent.id and can_log_in(target, one)
    )
    found = next(others, None)
    return session.person(found) if found else parent


def _tries(lease: Lease, parent: Person, child: Person) -> bool:
    """Whether the parent can connect a further app for the child."""
    try:
        return bool(lease(parent, choose=child.id).access_token)
    except LoginTrouble:
        return False
