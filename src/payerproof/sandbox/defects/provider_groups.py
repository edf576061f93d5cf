"""Whom a clinic finds, and by what: rosters cut short, Groups of others, matches too kind."""

from __future__ import annotations

from dataclasses import replace

from payerproof.sandbox.data.coding import NPI
from payerproof.sandbox.data.world import Person, Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.provider_choices import out_forgotten
from payerproof.sandbox.defects.replacing import Change, partners
from payerproof.sandbox.partners import attribution, groups, matching
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.matching import Asked
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


# -- as many as there are


def _without_appointments(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    day = tenant.clock.today().date()
    known = attribution.relationships(tenant, client, member)
    return any(one.basis != "appointment" and one.holds_on(day) for one in known)


def _first_three(_seen: View, group: Resource) -> Resource:
    return {**group, "member": group["member"][:3]} if "member" in group else group


def _nobody(_seen: View, group: Resource) -> Resource:
    return {name: value for name, value in group.items() if name != "member"}


_seed(
    "appointments-attribute-nobody",
    "AC-05-1 AC-05-7",
    "Upcoming appointments are recorded, and attribution is reckoned without them",
    partners(is_attributed=_without_appointments),
)
_seed(
    "roster-cut-after-three",
    "N-BULK-10 AC-05-1",
    "The roster is a page of a list: it ends after three members",
    partners(assembled_roster=_first_three),
)
_seed(
    "roster-without-members",
    "N-BULK-10 AC-05-1",
    "The roster names no members at all: the list stays in the contracting system",
    partners(assembled_roster=_nobody),
)


def _three_a_clinic(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """A contract that counts: the first three of a clinic's members, whoever treats them."""
    treated = [
        one
        for one in tenant.world.people
        if attribution.is_attributed(tenant, client, one)
        and attribution.is_enrolled(tenant, tenant.world.people[one])
    ]
    return member in treated[:3]


_seed(
    "three-members-a-clinic",
    "AC-05-1 N-BULK-10",
    "The table of attributions holds three members a clinic: a limit of the test system went live",
    partners(is_attributed=_three_a_clinic),
)

# -- the Group as the guide describes it


def _lacking(*names: str) -> object:
    def made(_seen: View, group: Resource) -> Resource:
        return {name: value for name, value in group.items() if name not in names}

    return made


def _of_practitioners(_seen: View, group: Resource) -> Resource:
    return {**group, "type": "practitioner", "actual": False}


for _name, _title, _change in (
    (
        "roster-without-status",
        "The roster doesn't tell the state of the attribution list, which the profile demands",
        _lacking("extension"),
    ),
    (
        "roster-without-characteristic",
        "The roster doesn't tell to which provider it belongs",
        _lacking("characteristic"),
    ),
    (
        "roster-without-identifiers",
        "The roster carries neither NPI nor TIN of its provider",
        _lacking("identifier"),
    ),
    (
        "roster-of-practitioners",
        "The roster says that it is a descriptive Group of practitioners; it lists patients",
        _of_practitioners,
    ),
):
    _seed(_name, "N-BULK-10", _title, partners(assembled_roster=_change))


def _bare_values_only(group: Resource, name: str, value: str) -> bool:
    if name != "identifier":
        return groups.group_matches(group, name, value)
    return any(value == one["value"] for one in group.get("identifier", ()))


def _deaf_to_identifiers(group: Resource, name: str, value: str) -> bool:
    return name == "identifier" or groups.group_matches(group, name, value)


def _tax_numbers_only(group: Resource, name: str, value: str) -> bool:
    if name != "identifier":
        return groups.group_matches(group, name, value)
    kept = [one for one in group["identifier"] if one["system"] != NPI]
    return groups.group_matches({**group, "identifier": kept}, name, value)


_seed(
    "group-identifier-without-system",
    "N-BULK-10",
    "A search for Groups by system|value finds nothing; the bare value finds the roster",
    partners(group_matches=_bare_values_only),
)
_seed(
    "group-identifier-ignored",
    "N-BULK-10",
    "A search for Groups by identifier finds every Group of the clinic, whatever the identifier",
    partners(group_matches=_deaf_to_identifiers),
)
_seed(
    "group-npi-not-indexed",
    "N-BULK-10",
    "Groups are found by TIN; the NPI that they carry isn't indexed",
    partners(group_matches=_tax_numbers_only),
)

# -- Groups of a match


def _all_matches(seen: View) -> list[Resource]:
    own = groups.groups_of(seen)
    known = {group["id"] for group in own}
    others = (
        groups.matched_group(replace(seen, client=seen.tenant.clients[match.client_id]), match)
        for match in seen.tenant.partners.matches.values()
        if match.id not in known
    )
    return [*own, *others]


_seed(
    "matched-groups-open-to-all",
    "N-BULK-10 N-BULK-23",
    "Rosters are bound to their clinic; the Groups that come of matches are open to every client",
    partners(groups_of=_all_matches),
)


def _first_name_unread(person: Person, asked: Asked) -> bool:
    rows = asked.patient.get("name", ())
    names = [{**one, "given": [person.given]} for one in rows]
    return matching.describes(person, replace(asked, patient={**asked.patient, "name": names}))


def _birthday_unread(person: Person, asked: Asked) -> bool:
    born = person.birth_date.isoformat()
    return matching.describes(person, replace(asked, patient={**asked.patient, "birthDate": born}))


def _any_number_of_ours(person: Person, asked: Asked) -> bool:
    bare = replace(
        asked,
        patient={**asked.patient, "identifier": []},
        coverage={**asked.coverage, "identifier": [], "subscriberId": person.subscriber_id},
    )
    return matching.describes(person, bare)


_seed(
    "clinics-match-any-first-name",
    "N-BULK-21",
    "Clinics match by number, birth date and family name: the first name isn't compared",
    partners(describes=_first_name_unread),
)
_seed(
    "clinics-match-any-birthday",
    "N-BULK-21",
    "A birth date that is sent isn't compared",
    partners(describes=_birthday_unread),
)
_seed(
    "clinics-match-any-number",
    "N-BULK-21",
    "Clinics match by name and birth date, whatever number they send",
    partners(describes=_any_number_of_ours),
)


def _attested(seen: View, asked: Asked, person: Person | None) -> str:
    policies = seen.tenant.policies.partners
    holds = person is not None and policies.attestation_holds(seen.tenant, seen.client, asked)
    return "match" if holds and policies.in_network(seen.tenant, seen.client) else "nomatch"


def _unless_matched(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    if tenant.policies.partners.is_matched(tenant, client, member):
        return out_forgotten(tenant, client, member)
    return attribution.shares(tenant, client, member)


_seed(
    "matched-group-lists-opted-out",
    "N-BULK-24 AC-05-2",
    "Whoever is attested stands in the matched Group, by id, though opted out; exports leave out",
    partners(judged_for_provider=_attested, shares_on_roster=_unless_matched),
)
_seed(
    "attestation-overrides-opt-out",
    "N-BULK-24 AC-05-2",
    "An attestation counts for more than an opt-out: who is matched is exported",
    partners(
        judged_for_provider=_attested,
        shares_on_roster=_unless_matched,
        shares_at_kickoff=_unless_matched,
        shares_at_export=_unless_matched,
        shares_on_download=_unless_matched,
    ),
)
