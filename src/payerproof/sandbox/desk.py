"""The plan's service desk: contact details, closed accounts, and what apps say of themselves.

The operator's calls do what staff or a registration form would. Each decision is a field of
`DeskPolicies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.routing import Route

from payerproof.sandbox import identities
from payerproof.sandbox.control import Refused, client_of, endpoint_of, person_of, text_of
from payerproof.sandbox.identities import Body, Merge

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.data.world import Person, World
    from payerproof.sandbox.tenant import Tenant

STATES = ("active", "locked", "deceased", "fraud")
_DETAILS = ("name", "developer", "site", "privacy_policy")


def contact_standing(tenant: Tenant, person: Person, email: str, phone: str) -> str:
    """What becomes of contact details for an account: accepted, proxy (flagged) or refused.

    Details of somebody else are refused: whoever reads that mailbox would be the account's owner.
    """
    others = (one for one in tenant.world.people.values() if one.user != person.user)
    taken = any((email and one.email == email) or (phone and one.phone == phone) for one in others)
    return "refused" if taken else "accepted"


def account_is_open(tenant: Tenant, user: str) -> bool:
    """Whether an account may be used: neither locked by staff, nor of a deceased, nor flagged."""
    return tenant.desk.accounts.get(user, "active") == "active"


def category_changed(tenant: Tenant, client_id: str, long_access: bool) -> None:
    """An app loses long access: what members granted it for longer ends at once."""
    if long_access:
        return
    for grant in list(tenant.grants.grants.values()):
        if grant.client_id == client_id:
            tenant.grants.end_grant(grant, "the app's access category was changed")


def unacceptable(app: App) -> str:
    """Why an app's details aren't taken, or nothing: addresses must be of the web, and secure.

    Names may hold anything; pages escape them.
    """
    for name in ("site", "privacy_policy"):
        parts = urlsplit(getattr(app, name))
        if parts.scheme != "https" or not parts.hostname:
            return f"{name}: an https address is required"
    return ""


@dataclass(frozen=True)
class DeskPolicies:
    """The correct decisions of the service desk."""

    contact_standing: Callable[[Tenant, Person, str, str], str] = contact_standing
    account_is_open: Callable[[Tenant, str], bool] = account_is_open
    category_changed: Callable[[Tenant, str, bool], None] = category_changed
    unacceptable: Callable[[App], str] = unacceptable
    newborn_records: Callable[[Tenant, Person], tuple[str, ...]] = identities.newborn_records
    returned_rows: Callable[[World, Merge], tuple[str, ...]] = identities.own_rows


@dataclass
class Desk:
    """What the desk has noted since the start: account states, short access, merged records."""

    accounts: dict[str, str] = field(default_factory=dict)
    short_access: set[str] = field(default_factory=set)
    newborns: int = 0
    merges: list[Merge] = field(default_factory=list)
    booked: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Claims that the operator booked, by user and day of service."""

    def book(self, user: str, day: str, claims: Iterable[str]) -> None:
        """Note claims that were booked for somebody."""
        self.booked.setdefault((user, day), []).extend(claims)


def contact(tenant: Tenant, body: Body) -> Body:
    """Register an account's details: ``{persona, email?, phone?}``; tells what became of them."""
    person = person_of(tenant, body)
    email, phone = text_of(body, "email", ""), text_of(body, "phone", "")
    if not email and not phone:
        raise Refused("email or phone: one of them is required")
    standing = tenant.policies.desk.contact_standing(tenant, person, email, phone)
    if standing != "refused":
        changed = replace(person, email=email or person.email, phone=phone or person.phone)
        tenant.world = tenant.world.with_people(changed)
    return {"persona": person.user, "standing": standing}


def account(tenant: Tenant, body: Body) -> Body:
    """Close an account or open it again: ``{persona, state}``."""
    person, state = person_of(tenant, body), text_of(body, "state")
    if state not in STATES:
        raise Refused(f"state: one of {', '.join(STATES)}")
    tenant.desk.accounts[person.user] = state
    return {"persona": person.user, "state": state}


def app_category(tenant: Tenant, body: Body) -> Body:
    """Say how long an app may keep access: ``{client_id, access}``, long or short."""
    client_id, access = client_of(tenant, body), text_of(body, "access")
    if client_id not in tenant.apps or access not in ("long", "short"):
        raise Refused("client_id of an app, and access: long or short")
    short = tenant.desk.short_access
    (short.add if access == "short" else short.discard)(client_id)
    tenant.policies.desk.category_changed(tenant, client_id, access == "long")
    return {"client_id": client_id, "access": access}


def app_details(tenant: Tenant, body: Body) -> Body:
    """Take what a developer says of an app: ``{client_id, name?, developer?, site?, …}``."""
    client_id = client_of(tenant, body)
    if client_id not in tenant.apps:
        raise Refused("client_id: an app's is required")
    given: dict[str, Any] = {name: text_of(body, name) for name in _DETAILS if name in body}
    changed = replace(tenant.apps[client_id], **given)
    why = tenant.policies.desk.unacceptable(changed)
    if why:
        return {"client_id": client_id, "accepted": False, "why": why}
    tenant.apps[client_id] = changed
    return {"client_id": client_id, "accepted": True, "why": ""}


def logged(tenant: Tenant, body: Body) -> Body:
    """What the payer's own log holds of a text: ``?contains=``, as its staff would look."""
    wanted = text_of(body, "contains")
    lines = [line for line in tenant.log if wanted in line]
    return {"lines": len(lines), "looked_at": len(tenant.log), "found": lines[:20]}


def routes() -> list[Route]:
    """All calls, below ``/control``."""
    posts: dict[str, Any] = {
        "/contact": contact,
        "/account": account,
        "/app-category": app_category,
        "/app-details": app_details,
    }
    return [
        *(Route(path, endpoint_of(action), methods=["POST"]) for path, action in posts.items()),
        Route("/log", endpoint_of(logged), methods=["GET"]),
        *identities.routes(),
    ]
