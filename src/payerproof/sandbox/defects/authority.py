"""Representatives and families over time: authority ended, birthdays, and who is written down."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Person, Resource, World
from payerproof.sandbox.defects.changing import fhir, seed
from payerproof.sandbox.defects.replacing import oauth, partners, portal
from payerproof.sandbox.defects.rewriting import Memory
from payerproof.sandbox.fhir import accounting, compartment
from payerproof.sandbox.fhir.call import Asked, Call, Refused, Reply
from payerproof.sandbox.oauth import granting
from payerproof.sandbox.oauth.model import Grant
from payerproof.sandbox.tenant import Tenant, shared_world

AREA = "household"


def _once_given(_tenant: Tenant, _grant: Grant) -> bool:
    return True


seed(
    "ended-authority-keeps-tokens",
    AREA,
    "N-HOUSE-10 N-HOUSE-07 AC-12-2",
    "Authority is asked when access is granted and never again",
    oauth(authority_holds=_once_given),
)

_HELD: Memory[dict[str, bool]] = Memory(dict)


def _remembered(tenant: Tenant, grant: Grant) -> bool:
    return _HELD.of(tenant).setdefault(grant.id, granting.authority_holds(tenant, grant))


seed(
    "authority-answer-cached",
    AREA,
    "N-HOUSE-10",
    "The first answer about an authority is kept for the life of the grant",
    oauth(authority_holds=_remembered),
)


def _by_year(tenant: Tenant, person: Person, member: Person) -> bool:
    if member.user not in person.represents or not member.patient:
        return False
    is_child = member.role in ("minor", "dependent")
    age = tenant.clock.today().year - member.birth_date.year
    return not is_child or age <= granting.MAJORITY


seed(
    "eighteen-at-the-end-of-the-year",
    AREA,
    "N-HOUSE-07 AC-12-2",
    "A parent's authority ends with the year of the eighteenth birthday, not on the day",
    oauth(acts_for=_by_year),
)


def _twenty_one(tenant: Tenant, person: Person, member: Person) -> bool:
    if member.user not in person.represents or not member.patient:
        return False
    is_child = member.role in ("minor", "dependent")
    return not is_child or member.age_on(tenant.clock.today().date()) < 21


seed(
    "majority-at-twenty-one",
    AREA,
    "N-HOUSE-07",
    "Parents act for their children until 21, as dependants may stay on the contract longer",
    oauth(acts_for=_twenty_one),
)


def _as_loaded(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    known = shared_world(tenant.face).people[person.user]
    others = tuple(tenant.world.people[one] for one in known.represents)
    return (*((person,) if person.patient else ()), *others)


seed(
    "picker-keeps-former-members",
    AREA,
    "N-HOUSE-13 N-HOUSE-10",
    "The picker offers whom somebody could once act for, though a choice of them is refused",
    portal(members_open_to=_as_loaded),
)


def _former_too(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    return _as_loaded(tenant, person)


seed(
    "former-representative-decides",
    AREA,
    "N-HOUSE-10 AC-12-1",
    "Who may no longer act for a member can still opt that member in or out",
    partners(members_to_decide_for=_former_too),
)


def _as_the_member(_tenant: Tenant, _person: Person, patient: str) -> str:
    return f"Patient/{patient}"


seed(
    "representative-recorded-as-member",
    AREA,
    "N-HOUSE-12",
    "fhirUser names the member whose record it is, also where somebody else signed in",
    oauth(fhir_user=_as_the_member),
)


def _once_one_family(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    """Find by contract for whoever has left it: the old period is still the family's."""
    own = world.person_of(access.patient)
    other = world.person_of(world.patient_of(resource) or "")
    if own is not None and other is not None and own.household and not other.household:
        return own.family == other.family
    return compartment.may_find(access, resource, world, asked)


seed(
    "former-spouse-found",
    AREA,
    "N-HOUSE-14",
    "After a contract is split, a search with the subscriber's token brings who has left it",
    fhir(may_find=_once_one_family),
)


def _member_did_it(
    call: Call, segments: tuple[str, ...], outcome: Reply | Refused
) -> dict[str, Any]:
    person = call.world.person_of(call.access.patient)
    entry = accounting.accounted(call, segments, outcome)
    return {**entry, "user": person.user if person else ""}


seed(
    "accounting-names-the-member",
    AREA,
    "N-HOUSE-12 N-LEAK-16",
    "The accounting of disclosures names the member where a representative acted",
    fhir(accounted=_member_did_it),
)


def _successes_only(
    call: Call, segments: tuple[str, ...], outcome: Reply | Refused
) -> dict[str, Any] | None:
    if isinstance(outcome, Refused):
        return None
    return accounting.accounted(call, segments, outcome)


seed(
    "refusals-not-accounted",
    AREA,
    "N-LEAK-16",
    "Refused requests leave no trace in the accounting",
    fhir(accounted=_successes_only),
)
