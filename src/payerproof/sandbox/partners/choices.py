"""Rules on a member's choice: whether clinics get the record (42 CFR 422.121(a)(3))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.partners.state import Choice

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def choose(tenant: Tenant, member: str, opted_out: bool, effective: float, by: str) -> None:
    """Record a choice; it counts from `effective`, for every clinic at once, and ends nothing else.

    The person's apps and the wish for an exchange between payers are other choices.
    """
    now = tenant.clock.now()
    tenant.partners.choices.append(Choice(member, opted_out, effective, now, by))


def members_to_decide_for(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    """Members for whom a person may choose: oneself, and whom one may act for today."""
    others = (tenant.world.people[one] for one in person.represents)
    acts_for = tenant.policies.oauth.acts_for
    own = (person,) if person.patient else ()
    return (*own, *(one for one in others if acts_for(tenant, person, one)))
