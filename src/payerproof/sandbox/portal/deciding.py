"""Rules between sign-in and code: whose record, which consent, and what the decision does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from payerproof.sandbox.apps import App
from payerproof.sandbox.data.world import Person
from payerproof.sandbox.oauth.authorize import refuse
from payerproof.sandbox.oauth.model import AuthorizationRequest
from payerproof.sandbox.portal import classes
from payerproof.sandbox.portal.classes import Item
from payerproof.sandbox.portal.sessions import Journey, Session

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Step = Literal["sign-in", "second-factor", "choose-member", "consent", "no-record", "finish"]


@dataclass(frozen=True)
class ConsentView:
    """Everything that the consent page says."""

    app: App
    person: Person
    member: Person
    own: bool
    items: tuple[Item, ...]
    extras: tuple[Item, ...]
    ends: str
    attestation: str
    replaces: bool


def members_open_to(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    """Members whose record a person may share: their own, and those they verifiably act for."""
    people = tenant.world.people
    own = (person,) if person.patient else ()
    others = (people[key] for key in person.represents if key in people)
    acts_for = tenant.policies.oauth.acts_for
    return (*own, *(other for other in others if acts_for(tenant, person, other)))


def may_choose(tenant: Tenant, person: Person, patient: str) -> bool:
    """Whether a posted choice is one of those that were offered."""
    options = tenant.policies.portal.members_open_to(tenant, person)
    return patient in {option.patient for option in options}


def picker_is_needed(_tenant: Tenant, person: Person) -> bool:
    """Whoever acts for somebody says each time for whom; nobody is chosen for them."""
    return bool(person.represents)


def preselected_member(_tenant: Tenant, _person: Person) -> str:
    """Logical id that the picker has ticked beforehand: none."""
    return ""


def data_items(_tenant: Tenant, request: AuthorizationRequest) -> tuple[Item, ...]:
    """Boxes for data: what the app asked for, ticked, and nothing more."""
    return classes.data_items(request.scopes)


def extra_items(_tenant: Tenant, request: AuthorizationRequest) -> tuple[Item, ...]:
    """The other boxes; the specially protected data start unticked."""
    return classes.extra_items(request.scopes)


def approved_scopes(request: AuthorizationRequest, ticked: frozenset[str]) -> tuple[str, ...]:
    """Scopes that the ticked boxes stand for."""
    return classes.approved_scopes(request.scopes, ticked)


def sensitive_is_shared(ticked: frozenset[str]) -> bool:
    """Only the member's own tick shares specially protected data."""
    return classes.SENSITIVE.id in ticked


def attestation_words(app: App) -> str:
    """What the member is told of the developer's attestation; it never blocks."""
    if app.attested:
        return (
            f"{app.developer} has told us that it follows a privacy policy that answers the "
            "questions of the CARIN code of conduct."
        )
    return (
        f"{app.developer} has not told us how it protects your data: it has not agreed to the "
        "privacy questions we ask every developer. You can still connect. Read its privacy "
        "policy first."
    )


def end_words(tenant: Tenant) -> str:
    """Day on which a grant given now ends, in words."""
    at = tenant.clock.now() + tenant.policies.oauth.grant_lifetime
    return day_in_words(at)


def day_in_words(at: float) -> str:
    """``5 January 2027``, in UTC."""
    day = datetime.fromtimestamp(at, UTC)
    return f"{day.day} {day:%B %Y}"


def next_step(tenant: Tenant, session: Session, journey: Journey) -> Step:
    """Where a journey stands: the only page that may be shown next, whatever URL was asked."""
    policies = tenant.policies.portal
    if not policies.is_signed_in(tenant, session, journey):
        pending = policies.pending_person(tenant, session)
        return "second-factor" if pending is not None else "sign-in"
    person = tenant.world.people[session.user]
    options = policies.members_open_to(tenant, person)
    if not options:
        return "no-record"
    if not journey.patient:
        if policies.picker_is_needed(tenant, person):
            return "choose-member"
        journey.patient = options[0].patient
    elif not policies.may_choose(tenant, person, journey.patient):
        journey.patient = ""
        return "choose-member"
    remembered = tenant.policies.oauth.consent_is_remembered(
        tenant, journey.request, session.user, journey.patient
    )
    return "finish" if remembered else "consent"


def is_signed_in(tenant: Tenant, session: Session, journey: Journey) -> bool:
    """Whether the session is good enough for this request (prompt=login, max_age)."""
    if session.user not in tenant.world.people:
        return False
    request = journey.request
    if "login" in request.prompt or "select_account" in request.prompt:
        return session.auth_time >= journey.begun
    if request.max_age is not None:
        return session.auth_time >= journey.begun - request.max_age
    return True


def consent_view(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str
) -> ConsentView:
    """Put together what the consent page shows."""
    policies = tenant.policies.portal
    member = tenant.world.person_of(patient)
    assert member is not None
    earlier = tenant.grants.grant_of(person.user, request.app.client_id, patient)
    return ConsentView(
        app=request.app,
        person=person,
        member=member,
        own=person.patient == patient,
        items=policies.data_items(tenant, request),
        extras=policies.extra_items(tenant, request),
        ends=policies.end_words(tenant),
        attestation=policies.attestation_words(request.app),
        replaces=earlier is not None,
    )


def allow(
    tenant: Tenant,
    request: AuthorizationRequest,
    person: Person,
    patient: str,
    ticked: frozenset[str],
    auth_time: float,
) -> str:
    """Carry out an Allow with the boxes that were ticked; returns the app's address with a code."""
    portal, oauth = tenant.policies.portal, tenant.policies.oauth
    approved = portal.approved_scopes(request, ticked)
    sensitive = portal.sensitive_is_shared(ticked)
    grant = oauth.record_decision(tenant, request, person, patient, approved, sensitive)
    return tenant.policies.oauth.answer_with_code(tenant, request, grant, auth_time)


def decline(tenant: Tenant, request: AuthorizationRequest, _user: str, _patient: str) -> str:
    """Carry out a Don't allow; whatever was allowed earlier stays as it was."""
    return refuse(tenant, request, "access_denied", "The member did not allow access")


def refuse_without_record(tenant: Tenant, request: AuthorizationRequest) -> str:
    """Tell the app in so many words that the account has no member record."""
    words = "No member record is linked to this portal account"
    return refuse(tenant, request, "access_denied", words)


def finish(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str, auth_time: float
) -> str:
    """Answer without a consent page; returns the app's address with a code.

    The remembered grant decides what is opened. Where the policy found no page needed though
    nothing is remembered, what was asked counts as allowed, and is put on record as such.
    """
    grant = tenant.grants.grant_of(person.user, request.app.client_id, patient)
    if grant is None:
        record = tenant.policies.oauth.record_decision
        grant = record(tenant, request, person, patient, request.scopes, False)
    return tenant.policies.oauth.answer_with_code(tenant, request, grant, auth_time)


def nothing_is_chosen(view: ConsentView, ticked: frozenset[str]) -> bool:
    """Whether Allow was pressed with every kind of data unticked."""
    return bool(view.items) and not any(item.id in ticked for item in view.items)
