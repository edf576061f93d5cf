"""A member's no to clinics: forgotten on a path, misread, or taken for too much."""

from __future__ import annotations

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.partners import attribution, choices
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.tenant import Tenant, shared_world

AREA = "provider_access"


def out_forgotten(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """A path that looks at network and attribution, and never at the member's choice."""
    policies = tenant.policies.partners
    person = tenant.world.people[member]
    if client.kind != "provider":
        return attribution.shares(tenant, client, member)
    return (
        policies.in_network(tenant, client)
        and policies.is_enrolled(tenant, person)
        and policies.is_attributed(tenant, client, member)
    )


seed(
    "clinic-reads-opted-out",
    AREA,
    "N-BULK-02 AC-05-1",
    "A read by id asks whether the clinic treats the member, not whether the member said no",
    partners(shares_on_read=out_forgotten),
)
seed(
    "clinic-finds-opted-out",
    AREA,
    "N-BULK-02 AC-05-1",
    "A search by a clinic finds members who have opted out",
    partners(shares_on_search=out_forgotten),
)
seed(
    "roster-lists-opted-out",
    AREA,
    "N-BULK-01 N-BULK-10",
    "The attribution Group is made by the contracting system, which knows no opt-outs",
    partners(shares_on_roster=out_forgotten),
)


def _no_for_claims_only(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    bases = {one.basis for one in attribution.relationships(tenant, client, member)}
    if "claims" in bases:
        return attribution.may_have(tenant, client, member)
    return out_forgotten(tenant, client, member)


seed(
    "opt-out-misses-attested-clinics",
    AREA,
    "AC-05-2 N-BULK-01",
    "The opt-out list is joined to claims; clinics that came by attestation never see it",
    partners(may_have=_no_for_claims_only),
)


def _ever_out(tenant: Tenant, member: str) -> bool:
    return any(one.opted_out for one in tenant.partners.choices if one.member == member)


seed(
    "opt-in-never-restores",
    AREA,
    "N-BULK-01 N-BULK-07 AC-05-2",
    "Whoever has opted out once stays out: nobody looks for a later choice",
    partners(has_opted_out=_ever_out),
    twin="since-export-leaves-a-gap",
)


def _first_choice(tenant: Tenant, member: str) -> bool:
    first = next((c for c in tenant.partners.choices if c.member == member), None)
    return first is not None and first.opted_out


seed(
    "first-choice-wins",
    AREA,
    "N-BULK-01",
    "Of several choices the first that was loaded counts",
    partners(has_opted_out=_first_choice),
)


def _last_loaded(tenant: Tenant, member: str) -> bool:
    last = next((c for c in reversed(tenant.partners.choices) if c.member == member), None)
    return last is not None and last.opted_out


seed(
    "choices-count-before-their-day",
    AREA,
    "N-BULK-01",
    "The day from which a choice counts is stored and never read: the last loaded one decides",
    partners(has_opted_out=_last_loaded),
)


def _open_when_unknown(tenant: Tenant, member: str) -> bool:
    choice = attribution.current_choice(tenant, member)
    return tenant.partners.choices_known and choice is not None and choice.opted_out


seed(
    "unknown-choice-means-yes",
    AREA,
    "N-BULK-03",
    "While choices cannot be looked up everybody counts as sharing",
    partners(has_opted_out=_open_when_unknown),
)


def _by_number(tenant: Tenant, member: str) -> bool:
    at_enrolment = shared_world(tenant.face).people[member].member_number
    same = tenant.world.people[member].member_number == at_enrolment
    return same and attribution.has_opted_out(tenant, member)


seed(
    "opt-out-lost-with-the-number",
    AREA,
    "N-BULK-04",
    "Opt-outs are kept by member number; with a new number the member shares again",
    partners(has_opted_out=_by_number),
)


def _without_marketplace(tenant: Tenant, member: str) -> bool:
    coverages = tenant.world.record(tenant.world.people[member].patient, "Coverage")
    marketplace = any(kind["code"] == "511" for one in coverages for kind in one["type"]["coding"])
    return not marketplace and attribution.has_opted_out(tenant, member)


seed(
    "opt-outs-of-one-programme-unread",
    AREA,
    "N-BULK-06",
    "Opt-outs are loaded for the programmes that have exported before; the marketplace has not",
    partners(has_opted_out=_without_marketplace),
)


def _out_by_default(tenant: Tenant, member: str) -> bool:
    choice = attribution.current_choice(tenant, member)
    return choice is None or choice.opted_out


seed(
    "nobody-shared-without-a-yes",
    AREA,
    "AC-05-2",
    "Members without a recorded choice are left out, as if the rule asked for an opt-in",
    partners(has_opted_out=_out_by_default),
)


def _from_tomorrow(tenant: Tenant, member: str, opted_out: bool, effective: float, by: str) -> None:
    choices.choose(tenant, member, opted_out, effective + 3 * 86400.0, by)


seed(
    "choice-waits-three-days",
    AREA,
    "AC-05-2 N-BULK-05",
    "A choice is confirmed at once and put into force after three days",
    partners(choose=_from_tomorrow),
)


def _and_apps(tenant: Tenant, member: str, opted_out: bool, effective: float, by: str) -> None:
    choices.choose(tenant, member, opted_out, effective, by)
    patient = tenant.world.people[member].patient
    for grant in list(tenant.grants.grants.values()):
        if opted_out and grant.patient == patient:
            tenant.grants.end_grant(grant, "the member opted out")


seed(
    "opt-out-cuts-members-apps",
    AREA,
    "AC-05-8",
    "An opt-out from sharing with clinics ends what the member's own apps were granted",
    partners(choose=_and_apps),
)


def _and_exchanges(tenant: Tenant, member: str, opted_out: bool, effective: float, by: str) -> None:
    choices.choose(tenant, member, opted_out, effective, by)
    if opted_out:
        kept = [one for one in tenant.partners.exchanges if one.member != member]
        tenant.partners.exchanges = kept


seed(
    "opt-out-ends-exchange",
    AREA,
    "AC-05-8",
    "One flag serves both: an opt-out from clinics withdraws the wish for a payers' exchange",
    partners(choose=_and_exchanges),
)


def _own_only(_tenant: Tenant, person: Person) -> tuple[Person, ...]:
    return (person,) if person.patient else ()


seed(
    "representative-cannot-opt-out",
    AREA,
    "AC-12-1",
    "The page on sharing with clinics offers only the signed-in person's own record",
    partners(members_to_decide_for=_own_only),
)
