"""Rules on granting: whose record, what is remembered, and what ends an earlier grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.oauth.asking import stays_within
from payerproof.sandbox.oauth.model import AuthorizationRequest, Connection, Grant
from payerproof.sandbox.oauth.store import new_id

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


MAJORITY = 18


def acts_for(tenant: Tenant, person: Person, member: Person) -> bool:
    """Whether a person may act for a member now: verified by the plan, and not outgrown.

    A parent's authority over a child ends on the 18th birthday, by the payer's clock; somebody
    who represents an adult was appointed for that.
    """
    if member.user not in person.represents or not member.patient:
        return False
    is_child = member.role in ("minor", "dependent")
    return not is_child or member.age_on(tenant.clock.today().date()) < MAJORITY


def authority_holds(tenant: Tenant, grant: Grant) -> bool:
    """Whether whoever gave a grant may still decide about that member's record."""
    person = tenant.world.people.get(grant.user)
    member = tenant.world.person_of(grant.patient)
    if person is None or member is None:
        return False
    return person.patient == grant.patient or tenant.policies.oauth.acts_for(tenant, person, member)


def fhir_user(tenant: Tenant, person: Person, patient: str) -> str:
    """Relative reference of the person who signed in: a member, or somebody's representative."""
    return tenant.world.fhir_user(person.user, patient)


def consent_is_remembered(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> bool:
    """Whether the person has already allowed this app all that is asked, for this member.

    A grant that has ended is forgotten; wider scopes are asked for again.
    """
    if "consent" in request.prompt:
        return False
    grant = tenant.grants.grant_of(user, request.app.client_id, patient)
    policies = tenant.policies.oauth
    return grant is not None and policies.stays_within(request.scopes, grant.scopes)


def connection_is_cut(connection: Connection, grant: Grant) -> bool:
    """Whether a fresh decision of the member ends an earlier connection of the same app.

    It does when the connection can open more than the member has now allowed.
    """
    if connection.grant.sensitive and not grant.sensitive:
        return True
    return not stays_within(connection.scopes, grant.scopes)


def record_decision(
    tenant: Tenant,
    request: AuthorizationRequest,
    person: Person,
    patient: str,
    approved: tuple[str, ...],
    sensitive: bool,
) -> Grant:
    """Keep what a person allowed on the consent page; it replaces what they allowed before."""
    policies, store, now = tenant.policies.oauth, tenant.grants, tenant.clock.now()
    earlier = store.grant_of(person.user, request.app.client_id, patient)
    grant = Grant(
        id=new_id(),
        client_id=request.app.client_id,
        user=person.user,
        patient=patient,
        fhir_user=policies.fhir_user(tenant, person, patient),
        scopes=approved,
        sensitive=sensitive,
        created=now,
        expires=now + policies.grant_lifetime,
    )
    store.add_grant(grant)
    if earlier is not None:
        carry_over(tenant, earlier, grant)
    return grant


def carry_over(tenant: Tenant, earlier: Grant, grant: Grant) -> None:
    """Move the connections that the new decision still allows to it; the others end."""
    for connection in list(tenant.grants.connections_of(earlier)):
        if tenant.policies.oauth.connection_is_cut(connection, grant):
            tenant.grants.end_connection(connection, "narrower consent")
        else:
            connection.grant = grant
    tenant.grants.end_grant(earlier, "replaced by a newer decision")


def revoke_by_member(tenant: Tenant, user: str, grant: Grant) -> None:
    """End a grant because the member said so, with every connection of the app under it."""
    tenant.grants.end_grant(grant, f"revoked by {user}")


def connection_scopes(request: AuthorizationRequest, grant: Grant) -> tuple[str, ...]:
    """Scopes of a new connection: what the grant holds of this request, and nothing else.

    Right after the consent page that is all of the grant; under a remembered consent it is what
    this request asked.
    """
    if stays_within(request.scopes, grant.scopes):
        return request.scopes
    return grant.scopes
