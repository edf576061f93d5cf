"""Faults of the list of connected apps: who sees it, and which apps stand in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import (
    Change,
    Memory,
    edge,
    oauth,
    page,
    portal,
    swap,
)
from payerproof.sandbox.oauth.discovery import smart_configuration
from payerproof.sandbox.portal import connected
from payerproof.sandbox.portal.classes import CLASSES
from payerproof.sandbox.portal.connected import ConnectedApp, connected_apps
from payerproof.sandbox.portal.deciding import day_in_words

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Rows = tuple[ConnectedApp, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, lawful=True))


# -- who sees it


def _everybodys_for_nobody(tenant: Tenant, user: str) -> Rows:
    if user in tenant.world.people:
        return connected_apps(tenant, user)
    givers = dict.fromkeys(g.user for g in tenant.grants.grants.values())
    return tuple(row for giver in givers for row in connected_apps(tenant, giver))


def _no_message_for_nobody(tenant: Tenant, user: str, ended: str) -> str:
    return connected.end_message(tenant, user, ended) if user in tenant.world.people else ""


def _not_for_browsers(tenant: Tenant, request: Request) -> Response | None:
    here = request.scope["path"] == f"/{tenant.name}/portal/apps"
    if here and "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse("Internal error", 500)
    return None


def _moved(tenant: Tenant) -> dict[str, Any]:
    moved = f"{tenant.base}/portal/manage"
    return {**smart_configuration(tenant), "management_endpoint": moved}


_defect(
    "connected-apps-open-to-anybody",
    "N-REV-08 AC-04-4",
    "The connected apps page shows everybody's connections to somebody who hasn't signed in",
    portal(
        portal_needs_sign_in=lambda _tenant, _session: False,
        connected_apps=_everybodys_for_nobody,
        end_message=_no_message_for_nobody,
    ),
)
_defect(
    "management-endpoint-fails-in-browsers",
    "Q-DISC-08",
    "The management endpoint answers programs, and fails for what asks for a web page",
    edge(rewrite=_not_for_browsers),
)
_defect(
    "management-endpoint-is-gone",
    "Q-DISC-08",
    "The management endpoint in discovery is an address that the portal no longer has",
    oauth(smart_configuration=_moved),
)


# -- which apps are listed


def _own_decisions(tenant: Tenant, user: str) -> Rows:
    rows = connected_apps(tenant, user)
    return tuple(row for row in rows if any(grant.user == user for grant in row.grants))


def _one_row_per_app(tenant: Tenant, user: str) -> Rows:
    rows = {row.app.client_id: row for row in reversed(connected_apps(tenant, user))}
    return tuple(reversed(rows.values()))


def _with_refresh_tokens(tenant: Tenant, user: str) -> Rows:
    rows = connected_apps(tenant, user)
    return tuple(r for r in rows if any("offline_access" in grant.scopes for grant in r.grants))


def _with_partner(tenant: Tenant, user: str) -> Rows:
    rows = connected_apps(tenant, user)
    partner = next(app for app in tenant.apps.values() if app.id == "asymmetric")
    person = tenant.world.people[user]
    if not person.patient or partner.client_id in {row.app.client_id for row in rows}:
        return rows
    now = tenant.clock.now()
    row = ConnectedApp(
        id="0123456789abcdef",
        app=partner,
        member=person.name,
        own=True,
        since=day_in_words(now - 200 * 86400),
        until=day_in_words(now + 165 * 86400),
        data=(CLASSES[0].label,),
        allowed_by=("you",),
        grants=(),
    )
    return (*rows, row)


def _of_the_household(tenant: Tenant, user: str) -> Rows:
    mine = connected_apps(tenant, user)
    house = tenant.world.people[user].household
    family = [p.user for p in tenant.world.people.values() if house and p.household == house]
    theirs = (row for other in family if other != user for row in connected_apps(tenant, other))
    known = {row.id for row in mine}
    return (*mine, *(replace(row, own=False) for row in theirs if row.id not in known))


_LISTED: Memory[dict[tuple[str, str], ConnectedApp]] = Memory(dict)


def _ever_listed(tenant: Tenant, user: str) -> Rows:
    kept = _LISTED.of(tenant)
    kept.update({(user, row.id): row for row in connected_apps(tenant, user)})
    return tuple(row for (whose, _), row in kept.items() if whose == user)


_defect(
    "connected-apps-stop-at-two",
    "N-REV-08",
    "The connected apps page lists two apps and has no way to the others",
    portal(connected_apps=lambda tenant, user: connected_apps(tenant, user)[:2]),
)
_defect(
    "connected-apps-without-representatives",
    "N-HOUSE-11 N-REV-08",
    "A member's list leaves out the apps that a representative connected",
    portal(connected_apps=_own_decisions),
)
_defect(
    "connected-apps-one-row-per-app",
    "N-REV-08 AC-07-2",
    "A representative's list shows an app once, for one of the members it was connected to",
    portal(connected_apps=_one_row_per_app),
)
_defect(
    "connected-apps-only-with-refresh-token",
    "N-REV-08",
    "Apps that may not come back while the member is away aren't listed",
    portal(connected_apps=_with_refresh_tokens),
)
_defect(
    "connected-apps-lists-a-partner",
    "N-REV-08",
    "A partner's app is listed as connected though the member never connected it",
    portal(connected_apps=_with_partner),
)
_defect(
    "connected-apps-of-the-household",
    "N-REV-08 AC-03-1",
    "The list shows the apps of everybody in the household",
    portal(connected_apps=_of_the_household),
)
_defect(
    "revoked-app-stays-listed",
    "N-REV-08 AC-04-4",
    "A revoked app is cut off and stands in the list as before",
    portal(connected_apps=_ever_listed),
    twin="connected-apps-shows-ended-ones",
)
_twin(
    "connected-apps-shows-ended-ones",
    "N-REV-08",
    "Below the connected apps stand those whose access has ended, marked as ended",
    page(
        "apps",
        swap(
            "{% endfor %}\n{% endblock %}",
            "{% endfor %}\n{% for grant in tenant.grants.grants.values() "
            "if grant.ended and grant.user == session.user %}\n"
            "<p>Ended: {{ tenant.apps[grant.client_id].name }} can no longer get data.</p>\n"
            "{% endfor %}\n{% endblock %}",
        ),
    ),
)
