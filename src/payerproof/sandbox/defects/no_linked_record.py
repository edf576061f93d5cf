"""Somebody signs in who is no member, and gets a token that is no member's."""

from __future__ import annotations

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Person, Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, fhir, oauth, portal
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.oauth import granting
from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant
from payerproof.sandbox.portal import deciding
from payerproof.sandbox.portal.sessions import Journey, Session
from payerproof.sandbox.tenant import Tenant

AREA = "isolation"
CITES = "Q-TOK-21"


def _to_consent(tenant: Tenant, session: Session, journey: Journey) -> deciding.Step:
    """The page with «no record» was never built: whoever signs in may consent."""
    step = deciding.next_step(tenant, session, journey)
    return "consent" if step == "no-record" else step


def _about_oneself(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str
) -> deciding.ConsentView:
    """The consent page shows the account's own name where there is no member."""
    if patient:
        return deciding.consent_view(tenant, request, person, patient)
    return deciding.ConsentView(
        app=request.app,
        person=person,
        member=person,
        own=True,
        items=deciding.data_items(tenant, request),
        extras=deciding.extra_items(tenant, request),
        ends=deciding.end_words(tenant),
        attestation=deciding.attestation_words(request.app),
        replaces=False,
    )


def _joined(tenant: Tenant, grant: Grant) -> bool:
    person = tenant.world.people.get(grant.user)
    unlinked = person is not None and not person.patient and not person.represents
    return unlinked or granting.authority_holds(tenant, grant)


def _granting(change: Change) -> Change:
    pages = portal(next_step=_to_consent, consent_view=_about_oneself)
    return both(both(pages, oauth(authority_holds=_joined)), change)


def _read_anything(access: Access, resource: Resource, world: World) -> bool:
    return not access.patient or compartment.may_read(access, resource, world)


def _find_anything(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    return not access.patient or compartment.may_find(access, resource, world, asked)


def _crashing(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    """Look up whose token it is, for each row: there is always a member."""
    person: Person = next(one for one in world.people.values() if one.patient == access.patient)
    if not access.patient:
        raise LookupError(person.user)
    return compartment.may_find(access, resource, world, asked)


seed(
    "unlinked-account-opens-everything",
    AREA,
    CITES,
    "An account without a member record gets a token without a member, and that isn't filtered",
    _granting(fhir(may_read=_read_anything, may_find=_find_anything)),
)
seed(
    "unlinked-account-crashes-searches",
    AREA,
    CITES,
    "An account without a member record gets a token, and every search with it is an error 500",
    _granting(fhir(may_find=_crashing)),
)


def _somebody(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    """Without a record the account is joined to the first row of the outer join."""
    found = deciding.members_open_to(tenant, person)
    people = tenant.world.people.values()
    return found or tuple(one for one in people if one.patient)[:1]


seed(
    "unlinked-account-is-the-first-member",
    AREA,
    CITES,
    "An account without a member record is joined to the first member there is",
    both(portal(members_open_to=_somebody), oauth(authority_holds=_joined)),
)
