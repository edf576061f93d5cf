"""Who acts for whom, taken too widely, too long, or ended for too much."""

from __future__ import annotations

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import both, oauth, portal
from payerproof.sandbox.oauth import granting
from payerproof.sandbox.oauth.exchanging import grant_lives
from payerproof.sandbox.oauth.model import Connection, Grant
from payerproof.sandbox.portal import connected, deciding
from payerproof.sandbox.portal.connected import ConnectedApp
from payerproof.sandbox.tenant import Tenant, shared_world

AREA = "household"


def _related(tenant: Tenant, person: Person, member: Person) -> bool:
    same = bool(person.household) and person.household == member.household
    return same or granting.acts_for(tenant, person, member)


def _family(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    own = deciding.members_open_to(tenant, person)
    people = tenant.world.people.values()
    more = (one for one in people if one.patient and _related(tenant, person, one))
    return tuple({one.user: one for one in (*own, *more)}.values())


def _family_picks(_tenant: Tenant, person: Person) -> bool:
    return bool(person.represents or person.household)


seed(
    "family-counts-as-representative",
    AREA,
    "N-HOUSE-13 AC-12-1",
    "Whoever is on a contract may act for everybody on it; nobody asks for an authority",
    both(
        oauth(acts_for=_related),
        portal(members_open_to=_family, picker_is_needed=_family_picks),
    ),
)


def _anybody_named(tenant: Tenant, person: Person, member: Person) -> bool:
    return bool(person.represents and member.patient) or granting.acts_for(tenant, person, member)


def _any_member(tenant: Tenant, person: Person, patient: str) -> bool:
    known = tenant.world.person_of(patient) is not None
    return deciding.may_choose(tenant, person, patient) or (bool(person.represents) and known)


seed(
    "once-representative-of-all",
    AREA,
    "N-HOUSE-13 AC-12-1",
    "Representative is a role of the account: for whom isn't asked of what is chosen",
    both(oauth(acts_for=_anybody_named), portal(may_choose=_any_member)),
)


def _ended_any(tenant: Tenant, user: str) -> bool:
    person, before = tenant.world.people[user], shared_world(tenant.face).people.get(user)
    return before is not None and bool(set(before.represents) - set(person.represents))


def _all_or_none(tenant: Tenant, grant: Grant) -> bool:
    return granting.authority_holds(tenant, grant) and not _ended_any(tenant, grant.user)


seed(
    "ended-authority-ends-all",
    AREA,
    "N-HOUSE-10 AC-12-2",
    "When one authority of a person ends, every app that the person ever connected ends with it",
    oauth(authority_holds=_all_or_none),
)


def _app_of_the_member(tenant: Tenant, connection: Connection) -> bool:
    giver = tenant.world.people.get(connection.grant.user)
    if giver is not None and giver.patient == connection.grant.patient:
        people = shared_world(tenant.face).people.values()
        acted = (one.user for one in people if giver.user in one.represents)
        if any(giver.user not in tenant.world.people[one].represents for one in acted):
            return False
    return grant_lives(tenant, connection)


seed(
    "ended-authority-ends-the-members-apps",
    AREA,
    "N-HOUSE-10 AC-12-2",
    "When a representative goes, the member's own apps go too",
    oauth(grant_lives=_app_of_the_member),
)


def _as_enrolled(tenant: Tenant, person: Person, member: Person) -> bool:
    known = shared_world(tenant.face).people.get(person.user, person)
    return granting.acts_for(tenant, known, member)


def _once_open(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    known = shared_world(tenant.face).people.get(person.user, person)
    return deciding.members_open_to(tenant, known)


def _now(tenant: Tenant, grant: Grant) -> bool:
    """Old grants end with the authority, as they must; what is granted after that lives."""
    person = tenant.world.people.get(grant.user)
    member = tenant.world.person_of(grant.patient)
    if person is None or member is None or person.patient == grant.patient:
        return granting.authority_holds(tenant, grant)
    if granting.acts_for(tenant, person, member):
        return True
    at_hand = [one for one in tenant.grants.grants.values() if one.user == grant.user]
    return grant is at_hand[-1] and _as_enrolled(tenant, person, member)


seed(
    "former-representative-connects-again",
    AREA,
    "N-HOUSE-10 AC-12-2",
    "Tokens end with the authority; the list of whom one may act for is of the enrolment",
    both(
        oauth(acts_for=_as_enrolled, authority_holds=_now),
        portal(members_open_to=_once_open),
    ),
)


def _own_record_only(tenant: Tenant, user: str) -> tuple[ConnectedApp, ...]:
    return tuple(row for row in connected.connected_apps(tenant, user) if row.own)


def _owns_only(tenant: Tenant, user: str, row: ConnectedApp) -> None:
    if row.own:
        connected.disconnect(tenant, user, row)


seed(
    "representative-sees-no-apps",
    AREA,
    "AC-12-1",
    "The list of connected apps shows those of one's own record; representatives see none",
    portal(connected_apps=_own_record_only),
)
seed(
    "representative-cannot-end-apps",
    AREA,
    "AC-12-1 AC-07-2",
    "Representatives see what they connected for a member, and Revoke does nothing for them",
    portal(disconnect=_owns_only),
)
