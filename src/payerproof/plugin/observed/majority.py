"""A child whose majority comes, and what a parent connected for them before it and after.

45 CFR 164.502(g)(2)-(3). The age is a setting (policy.age_of_majority), for States differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import not_applicable_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.observed.scene import Scene
from payerproof.plugin.operating import Operator
from payerproof.plugin.people import Person
from payerproof.target.needs import can_log_in

AROUND = timedelta(hours=36)
"""From the birthday's first moment back, and from its last one on: whatever the time zone."""


@dataclass(frozen=True)
class Majority:
    """What a parent's apps opened before a child's majority, and after it."""

    parent: str
    child: str
    """Persona ids."""
    label: str = field(repr=False)
    """How the payer shows the child to the parent."""
    grant: Grant
    """For the child, from before."""
    other: Grant
    """For a younger child, from before."""
    own: Reply
    """The child's Patient with that grant, before."""
    opened: bool
    """Whether the grant's refresh token brings access to the child's Patient afterwards."""
    still: bool
    """The same of the younger child's."""
    again: AuthorizationOutcome
    """The trip on which a parent tried to connect a further app for the child afterwards."""
    fresh: bool
    """Whether that brought a token."""


def majority(scene: Scene) -> Majority:
    """Connect apps for two children, let one of them come of age, and try the apps again."""
    parent, child, born = _nearest(scene)
    policy = scene.session.target.policy
    first = datetime.combine(
        _birthday(born, policy.age_of_majority), time.min, ZoneInfo(policy.time_zone)
    )
    younger = [one for one in parent.persona.represents if one != child.id]
    not_applicable_unless(younger, f"{parent} acts for nobody else.")
    operator = Operator(scene.session)
    with operator.later(_until(first - AROUND)):
        grant = scene.lease(parent, choose=child.id)
        other = scene.lease(parent, choose=younger[-1])
        own = scene.api.as_(grant).read("Patient", grant.patient)
    with operator.later(_until(first + timedelta(days=1) + AROUND)):
        opened, still = _refreshed(scene, grant), _refreshed(scene, other)
        again, fresh = _tries(scene, _other_parent(scene, parent, child), child)
    label = child.persona.label or ""
    return Majority(parent.id, child.id, label, grant, other, own, opened, still, again, fresh)


def _nearest(scene: Scene) -> tuple[Person, Person, date]:
    """A parent and the child with a login whose majority is nearest to today, with its birth."""
    found, target, session = [], scene.session.target, scene.session
    for parent in target.personas:
        for child in map(target.persona, parent.represents if can_log_in(target, parent) else ()):
            if child.role in ("minor", "dependent") and can_log_in(target, child):
                person = session.person(child)
                own = scene.api.once(person).read("Patient", person.patient_id)
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


def _refreshed(scene: Scene, grant: Grant) -> bool:
    """Whether a grant's refresh token brings an access token that opens its Patient."""
    app = scene.session.target.app(grant.app)
    answer = scene.authorization.tokens(app).refresh(grant.refresh_token)
    if not answer.gave_token:
        return False
    return scene.client(answer.access_token).read("Patient", grant.patient).resource_type == (
        "Patient"
    )


def _other_parent(scene: Scene, parent: Person, child: Person) -> Person:
    """Another who acts for the child, whose second login waits for no code; else the same."""
    target = scene.session.target
    others = (
        one
        for one in target.personas
        if child.id in one.represents and one.id != parent.id and can_log_in(target, one)
    )
    found = next(others, None)
    return scene.session.person(found) if found else parent


def _tries(scene: Scene, parent: Person, child: Person) -> tuple[AuthorizationOutcome, bool]:
    """Try to connect a further app for the child; the trip, and whether a token came of it."""
    app = scene.lease.hold(parent)
    request = scene.authorization.request(app)
    outcome = scene.authorization.visit(parent, request, choose=child.id)
    code = outcome.parameters.get("code", "")
    if not code:
        return outcome, False
    tokens = scene.authorization.tokens(app, parent)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    return outcome, answer.gave_token
