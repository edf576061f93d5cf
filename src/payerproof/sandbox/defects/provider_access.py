"""Whose record a clinic gets: network, attribution, enrolment, Groups and matches."""

from __future__ import annotations

from dataclasses import replace

from payerproof.sandbox.data.world import Person, Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.fhir.call import Refused
from payerproof.sandbox.fhir.compartment import labels
from payerproof.sandbox.partners import attribution, groups, matching, view
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.matching import Asked
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"


def _everybody_in(_tenant: Tenant, _client: PartnerClient) -> bool:
    return True


seed(
    "out-of-network-served",
    AREA,
    "AC-05-1",
    "Any registered clinic is served, under contract or not",
    partners(in_network=_everybody_in),
)


def _once_in(tenant: Tenant, client: PartnerClient) -> bool:
    return client.network_from is not None and tenant.partners.network.get(client.client_id, True)


seed(
    "departed-clinic-served",
    AREA,
    "N-BULK-09",
    "The end of a clinic's contract isn't read",
    partners(in_network=_once_in),
)


def _of_the_network(_tenant: Tenant, _client: PartnerClient, _member: str) -> bool:
    return True


seed(
    "unattributed-served",
    AREA,
    "N-BULK-08 AC-05-1",
    "A clinic of the network gets every member, whether it treats them or not",
    partners(is_attributed=_of_the_network),
)


def _ever_treated(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    return bool(attribution.relationships(tenant, client, member))


seed(
    "ended-attribution-served",
    AREA,
    "N-BULK-09",
    "The end of a treatment relationship isn't read",
    partners(is_attributed=_ever_treated),
)


def _ever_enrolled(_tenant: Tenant, person: Person) -> bool:
    return bool(person.patient)


seed(
    "former-members-served",
    AREA,
    "N-HOUSE-16",
    "Clinics get the records of people whose membership has ended",
    partners(is_enrolled=_ever_enrolled),
)


def _all_rosters(seen: View) -> list[Resource]:
    own = groups.groups_of(seen)
    others = [
        groups.roster(replace(seen, client=client))
        for client in seen.tenant.clients.values()
        if client.client_id != seen.client.client_id
    ]
    return [*own, *(group for group in others if group is not None)]


seed(
    "every-clinics-group-visible",
    AREA,
    "N-BULK-08 N-BULK-10 N-BULK-23",
    "Groups are found by any clinic's token: nothing binds them to the client",
    partners(groups_of=_all_rosters),
)


def _counted(seen: View, group: Resource) -> Resource:
    treated = [
        one
        for one in seen.tenant.world.people
        if seen.tenant.policies.partners.is_attributed(seen.tenant, seen.client, one)
    ]
    return {**group, "quantity": len(treated)}


seed(
    "roster-counts-opted-out",
    AREA,
    "N-BULK-24 N-BULK-10",
    "The roster's quantity counts those who have opted out, so that it tells how many there are",
    partners(assembled_roster=_counted),
    twin="roster-counts-its-members",
)


def _counted_rightly(_seen: View, group: Resource) -> Resource:
    return {**group, "quantity": len(group.get("member", ()))}


seed(
    "roster-counts-its-members",
    AREA,
    "N-BULK-10",
    "The roster tells how many members it lists",
    partners(assembled_roster=_counted_rightly),
    lawful=True,
)


def _says_why(seen: View, why: str, resource: Resource | None) -> Refused:
    tenant = seen.tenant
    person = tenant.world.person_of(seen.world.patient_of(resource) or "") if resource else None
    if person is not None and attribution.has_opted_out(tenant, person.user):
        return Refused(403, "suppressed", "The member has opted out of Provider Access.")
    return view.absent(seen, why, resource)


seed(
    "refusal-names-the-opt-out",
    AREA,
    "N-BULK-24",
    "A refusal tells the clinic that the member has opted out",
    partners(absent=_says_why),
)


def _no_member_with_part2(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    patient = tenant.world.people[member].patient
    held = any(
        "42CFRPart2" in labels(one)
        for kind in tenant.world.record_types(patient)
        for one in tenant.world.record(patient, kind)
    )
    return not held and attribution.may_have(tenant, client, member)


seed(
    "protected-member-dropped-whole",
    AREA,
    "AC-05-9",
    "A member with a protected record is left out whole, which tells that there is one",
    partners(may_have=_no_member_with_part2),
)


def _anybody_attests(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:  # noqa: ARG001
    return asked.consent.get("resourceType") == "Consent"


seed(
    "attestation-not-read",
    AREA,
    "AC-05-1",
    "$provider-member-match takes any Consent for an attestation: status, period, by whom",
    partners(attestation_holds=_anybody_attests),
)


def _claims_only(seen: View, asked: Asked, person: Person | None) -> str:
    known = person is not None and attribution.relationships(seen.tenant, seen.client, person.user)
    return matching.judged_for_provider(seen, asked, person) if known else "nomatch"


seed(
    "attestation-is-never-enough",
    AREA,
    "AC-05-7",
    "Only past claims prove a treatment relationship; an attested new patient isn't matched",
    partners(judged_for_provider=_claims_only),
)


def _out_not_asked(seen: View, asked: Asked, person: Person | None) -> str:
    policies = seen.tenant.policies.partners
    holds = person is not None and policies.attestation_holds(seen.tenant, seen.client, asked)
    return "match" if holds and policies.in_network(seen.tenant, seen.client) else "nomatch"


seed(
    "match-finds-opted-out",
    AREA,
    "N-BULK-24 AC-05-1",
    "$provider-member-match says «matched» of members who have opted out",
    partners(judged_for_provider=_out_not_asked),
)


def _told_apart(seen: View, asked: Asked, person: Person | None) -> str:
    if person is not None and seen.tenant.policies.partners.has_opted_out(seen.tenant, person.user):
        return "consentconstraint"
    return matching.judged_for_provider(seen, asked, person)


seed(
    "match-tells-opt-out-apart",
    AREA,
    "N-BULK-24",
    "$provider-member-match answers for an opted-out member otherwise than for an unknown one",
    partners(judged_for_provider=_told_apart),
)
