"""Faults of whose record it is: the member picker, and what becomes of the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import (
    Change,
    Memory,
    every,
    fhir,
    oauth,
    page,
    portal,
    swap,
)
from payerproof.sandbox.fhir.compartment import may_read
from payerproof.sandbox.oauth.granting import acts_for, record_decision
from payerproof.sandbox.portal import deciding

if TYPE_CHECKING:
    from payerproof.sandbox.access import Access
    from payerproof.sandbox.data.world import Resource, World
    from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- who is offered


def _household_too(tenant: Tenant, person: Person, member: Person) -> bool:
    same = bool(person.household) and person.household == member.household
    return (same and bool(member.patient)) or acts_for(tenant, person, member)


def _household_offered(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    known = deciding.members_open_to(tenant, person)
    if not person.represents:
        return known
    family = (
        other
        for other in tenant.world.people.values()
        if other not in known and _household_too(tenant, person, other)
    )
    return (*known, *family)


def _family_name_alike(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    known = deciding.members_open_to(tenant, person)
    names = {member.family for member in known}
    alike = (
        other
        for other in tenant.world.people.values()
        if other.patient and other not in known and other.family in names
    )
    return (*known, *alike) if person.represents else known


def _whatever_the_age(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    people = tenant.world.people
    own = (person,) if person.patient else ()
    return (*own, *(people[key] for key in person.represents if key in people))


def _linked_only(tenant: Tenant, person: Person, patient: str) -> bool:
    return patient in {one.patient for one in deciding.members_open_to(tenant, person)}


_defect(
    "picker-offers-the-household",
    "N-HOUSE-13 AC-04-6",
    "The picker offers everybody in the household, and the token works for the chosen one",
    every(portal(members_open_to=_household_offered), oauth(acts_for=_household_too)),
)
_defect(
    "picker-names-unlinked-people",
    "N-HOUSE-13 AC-04-6",
    "The picker lists members of the same family name who aren't linked, and refuses them",
    portal(members_open_to=_family_name_alike, may_choose=_linked_only),
)
_defect(
    "picker-keeps-grown-children",
    "N-HOUSE-13 N-HOUSE-06 AC-12-2",
    "The picker goes on offering a child after the 18th birthday",
    portal(members_open_to=_whatever_the_age),
)


# -- who is chosen without a choice


def _first_offered(tenant: Tenant, person: Person) -> str:
    return deciding.members_open_to(tenant, person)[0].patient


def _last_offered(tenant: Tenant, person: Person) -> str:
    return deciding.members_open_to(tenant, person)[-1].patient


_CHOSEN: Memory[dict[str, str]] = Memory(dict)


def _as_last_time(tenant: Tenant, session: Session, journey: Journey) -> deciding.Step:
    kept = _CHOSEN.of(tenant)
    if not journey.patient and session.user in kept:
        journey.patient = kept[session.user]
    step = deciding.next_step(tenant, session, journey)
    if journey.patient and step in ("consent", "finish"):
        kept[session.user] = journey.patient
    return step


_defect(
    "picker-preselects-oneself",
    "N-HOUSE-13 AC-04-6",
    "The picker has the first member ticked when it opens",
    portal(preselected_member=_first_offered),
    twin="picker-shown-to-everybody",
)
_defect(
    "picker-preselects-last-linked",
    "N-HOUSE-13 AC-04-6",
    "The picker has the member linked last ticked when it opens",
    portal(preselected_member=_last_offered),
    twin="picker-shown-to-everybody",
)
_defect(
    "picker-left-out",
    "N-HOUSE-13 N-HOUSE-09 AC-04-6",
    "Representatives are never asked for whom: the first on file is taken",
    portal(picker_is_needed=lambda _tenant, _person: False),
)
_defect(
    "picker-left-out-for-members",
    "N-HOUSE-13 AC-04-6",
    "A representative who is a member too isn't asked for whom, and gets their own record",
    portal(picker_is_needed=lambda _tenant, person: bool(person.represents) and not person.patient),
)
_defect(
    "picker-keeps-the-last-choice",
    "AC-04-6 N-HOUSE-09",
    "Whoever has chosen a member once isn't asked again for whom",
    portal(next_step=_as_last_time),
)
_twin(
    "picker-shown-to-everybody",
    "N-HOUSE-13",
    "Members who act for nobody are shown the picker too, with themselves alone in it",
    portal(picker_is_needed=lambda _tenant, _person: True),
)
_twin(
    "picker-shows-years-of-birth",
    "N-HOUSE-13",
    "The picker gives each linked member's year of birth, to tell namesakes apart",
    page(
        "choose-member",
        swap("{{ member.name }}", "{{ member.name }} ({{ member.birth_date.year }})"),
    ),
)


# -- what becomes of the choice


def _own_if_any(
    tenant: Tenant,
    request: AuthorizationRequest,
    person: Person,
    patient: str,
    approved: tuple[str, ...],
    sensitive: bool,
) -> Grant:
    whose = person.patient or patient
    return record_decision(tenant, request, person, whose, approved, sensitive)


def _known_to_the_plan(tenant: Tenant, _person: Person, patient: str) -> bool:
    return bool(patient) and tenant.world.person_of(patient) is not None


def _all_represented(access: Access, resource: Resource, world: World) -> bool:
    person = world.people.get(access.user)
    others = [world.people[key] for key in person.represents] if person else []
    owner = world.patient_of(resource)
    return may_read(access, resource, world) or (
        owner is not None and owner in {other.patient for other in others}
    )


def _as_the_member(_tenant: Tenant, _person: Person, patient: str) -> str:
    return f"Patient/{patient}"


_defect(
    "picker-choice-is-lost",
    "AC-04-6 N-HOUSE-09",
    "The consent page names the chosen member, and the token is for the representative's record",
    oauth(record_decision=_own_if_any),
)
_defect(
    "picker-takes-any-member",
    "N-HOUSE-13 AC-12-1",
    "A member id that the picker never offered is taken when it is posted",
    portal(may_choose=_known_to_the_plan),
)
_defect(
    "representatives-token-opens-all-represented",
    "N-HOUSE-09 AC-07-2",
    "A representative's token for one member reads the records of the others by id",
    fhir(may_read=_all_represented),
)
_defect(
    "representative-passes-for-the-member",
    "N-HOUSE-11 N-HOUSE-06 AC-12-1",
    "fhirUser says that the member signed in where it was a representative",
    oauth(fhir_user=_as_the_member),
)
