"""Rules on the connected apps page: what is listed for whom, and what Revoke does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payerproof.sandbox.oauth.model import Grant
from payerproof.sandbox.portal.classes import words_for
from payerproof.sandbox.portal.deciding import day_in_words
from payerproof.sandbox.portal.sessions import Session

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.tenant import Tenant


@dataclass(frozen=True)
class ConnectedApp:
    """One row: an app and the member whose data it has, with every living grant behind it."""

    id: str
    app: App
    member: str
    own: bool
    since: str
    until: str
    data: tuple[str, ...]
    allowed_by: tuple[str, ...]
    grants: tuple[Grant, ...]


def connected_apps(tenant: Tenant, user: str) -> tuple[ConnectedApp, ...]:
    """Apps with living grants that this person gave, or that concern this person's own record."""
    person = tenant.world.people[user]
    rows: dict[tuple[str, str], list[Grant]] = {}
    for grant in tenant.grants.grants.values():
        concerned = grant.user == user or (person.patient and grant.patient == person.patient)
        if concerned and tenant.grants.grant_lives(grant):
            rows.setdefault((grant.client_id, grant.patient), []).append(grant)
    return tuple(_row(tenant, user, grants) for grants in rows.values())


def _row(tenant: Tenant, user: str, grants: list[Grant]) -> ConnectedApp:
    first, people = grants[0], tenant.world.people
    member = tenant.world.person_of(first.patient)
    labels = dict.fromkeys(w for g in grants for w in words_for(g.scopes, g.sensitive))
    givers = dict.fromkeys("you" if g.user == user else people[g.user].name for g in grants)
    return ConnectedApp(
        id=row_id(first),
        app=tenant.apps[first.client_id],
        member=member.name if member else "",
        own=people[user].patient == first.patient,
        since=day_in_words(min(g.created for g in grants)),
        until=day_in_words(max(g.expires for g in grants)),
        data=tuple(labels),
        allowed_by=tuple(givers),
        grants=tuple(grants),
    )


def row_id(grant: Grant) -> str:
    """Name of a row in forms: stable, and free of ids of people."""
    return hashlib.sha256(f"{grant.client_id} {grant.patient}".encode()).hexdigest()[:16]


def disconnect(tenant: Tenant, user: str, row: ConnectedApp) -> None:
    """End every grant behind a row; other apps, and other members' grants, stay."""
    for grant in row.grants:
        tenant.policies.oauth.revoke_by_member(tenant, user, grant)


def end_message(tenant: Tenant, user: str, ended: str) -> str:
    """What the list says after a revocation: only what is so, however often it is loaded.

    Empty unless the row `ended` has existed for this person and is gone.
    """
    if ended in {row.id for row in tenant.policies.portal.connected_apps(tenant, user)}:
        return ""
    person = tenant.world.people[user]
    for grant in tenant.grants.grants.values():
        if row_id(grant) == ended and (grant.user == user or grant.patient == person.patient):
            member = tenant.world.person_of(grant.patient)
            whose = "your information"
            if member is not None and member.user != user:
                whose = f"the information of {member.name}"
            return f"{tenant.apps[grant.client_id].name} can no longer get {whose} from the plan."
    return ""


def portal_needs_sign_in(tenant: Tenant, session: Session) -> bool:
    """Whether a portal page must ask for a sign-in first."""
    return session.user not in tenant.world.people
