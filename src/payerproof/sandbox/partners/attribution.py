"""Rules on who may have whose record: four conditions, asked anew at every step.

42 CFR 422.121(a): a provider in the network, with a verified treatment relationship, about an
enrollee who has not opted out, as far as other law allows. The first three are here; what other
law holds back of a record is in `view`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.partners.state import Choice

if TYPE_CHECKING:
    from payerproof.sandbox.partners.clients import Attribution, PartnerClient
    from payerproof.sandbox.tenant import Tenant


def in_network(tenant: Tenant, client: PartnerClient) -> bool:
    """Whether a clinic is under contract today."""
    known = tenant.partners.network.get(client.client_id)
    if known is not None:
        return known
    day = tenant.clock.today().date()
    begun = client.network_from is not None and client.network_from <= day
    return begun and (client.network_until is None or day <= client.network_until)


def relationships(tenant: Tenant, client: PartnerClient, member: str) -> list[Attribution]:
    """Every treatment relationship on record between a clinic and a member, ended ones too."""
    return [
        one
        for one in tenant.partners.attributions
        if one.client_id == client.client_id and one.member == member
    ]


def is_attributed(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether the clinic treats the member today, by whatever proof."""
    day = tenant.clock.today().date()
    return any(one.holds_on(day) for one in relationships(tenant, client, member))


def is_enrolled(tenant: Tenant, person: Person) -> bool:
    """Whether somebody is a member today."""
    if not person.patient:
        return False
    return person.coverage_end is None or tenant.clock.today().date() <= person.coverage_end


def current_choice(tenant: Tenant, member: str) -> Choice | None:
    """What a member last chose that is in force by now; of two at once the later recorded."""
    now = tenant.clock.now()
    known = [c for c in tenant.partners.choices if c.member == member and c.effective <= now]
    return max(known, key=lambda c: (c.effective, c.recorded), default=None)


def has_opted_out(tenant: Tenant, member: str) -> bool:
    """Whether a member is out: as chosen; and as if so while choices cannot be looked up."""
    if not tenant.partners.choices_known:
        return True
    choice = current_choice(tenant, member)
    return choice is not None and choice.opted_out


def may_have(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether a clinic may have a member's record now: all conditions, none remembered."""
    policies = tenant.policies.partners
    person = tenant.world.people.get(member)
    return (
        person is not None
        and policies.in_network(tenant, client)
        and policies.is_enrolled(tenant, person)
        and policies.is_attributed(tenant, client, member)
        and not policies.has_opted_out(tenant, member)
    )


def wants_exchange(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether a member wants this payer to have the record: opted in, and not withdrawn."""
    day = tenant.clock.today().date()
    return any(
        one.member == member and one.client_id == client.client_id and one.holds_on(day)
        for one in tenant.partners.exchanges
    )


def shares(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether anything of a member goes to a client now: a clinic by `may_have`, a payer by match.

    A payer needs a living match, the consent it was made on, and the member's own opt-in.
    """
    policies = tenant.policies.partners
    if client.kind == "provider":
        return policies.may_have(tenant, client, member) and policies.is_reachable(
            tenant, client, member
        )
    return policies.wants_exchange(tenant, client, member) and policies.is_matched(
        tenant, client, member
    )


def is_matched(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether a living match of this client names the member."""
    policies = tenant.policies.partners
    return any(
        match.client_id == client.client_id
        and member in match.members
        and policies.match_lives(tenant, match)
        and policies.consent_holds(tenant, match.members[member])
        for match in tenant.partners.matches.values()
    )


def is_reachable(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    """Whether a clinic has the way that this payer offers: its roster (v1), or a match (v2)."""
    return tenant.face.provider_access != "v2" or tenant.policies.partners.is_matched(
        tenant, client, member
    )


def shared_members(
    tenant: Tenant, client: PartnerClient, path: str = "shares_on_read"
) -> frozenset[str]:
    """Patient ids of the members that a path of the API shares with a client now."""
    decide = getattr(tenant.policies.partners, path)
    return frozenset(
        person.patient
        for person in tenant.world.people.values()
        if person.patient and decide(tenant, client, person.user)
    )


def shared_since(tenant: Tenant, client: PartnerClient, member: str) -> float:
    """From when on a member has been shared with a client without a break, in seconds.

    Who asks for changes since an earlier time gets such a member's whole record.
    """
    choice = current_choice(tenant, member)
    since = choice.effective if choice is not None else 0.0
    day = tenant.clock.today().date()
    for one in relationships(tenant, client, member):
        if one.holds_on(day):
            shift = (day - one.start).days * 86400.0
            since = max(since, tenant.clock.now() - shift - 86400.0)
    return since
