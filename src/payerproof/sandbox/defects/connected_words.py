"""Faults of the words on the connected apps page, and of what pressing Revoke does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, cut, edge, every, page, portal, swap
from payerproof.sandbox.portal.classes import CLASSES
from payerproof.sandbox.portal.connected import ConnectedApp, connected_apps, disconnect
from payerproof.sandbox.portal.pages import session_of

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, lawful=True))


# -- what is said of an app


def _row_change(change: Callable[[Tenant, ConnectedApp], ConnectedApp]) -> Change:
    def rows(tenant: Tenant, user: str) -> tuple[ConnectedApp, ...]:
        return tuple(change(tenant, row) for row in connected_apps(tenant, user))

    return portal(connected_apps=rows)


_DATE = ("<dt>Connected on</dt>", "<dt>Access ends on</dt>")
_NOTICE = ('<div class="note">', "{% endblock %}\n{% block below %}")

_defect(
    "connected-apps-without-dates",
    "N-REV-08 AC-04-4",
    "The list doesn't say since when an app is connected",
    page("apps", cut(*_DATE)),
    twin="connected-apps-in-other-words",
)
_defect(
    "connected-apps-dated-by-their-end",
    "N-REV-08",
    "The list gives the day on which access ends as the day on which an app was connected",
    _row_change(lambda _tenant, row: replace(row, since=row.until)),
    twin="connected-apps-in-other-words",
)
_defect(
    "connected-apps-by-client-id",
    "N-REV-08 AC-04-4",
    "The list gives client ids in place of the apps' names",
    _row_change(lambda _tenant, row: replace(row, app=replace(row.app, name=row.app.client_id))),
)
_defect(
    "connected-apps-name-all-data",
    "N-REV-08 N-REV-16",
    "The list says that every app gets everything, whatever the member unticked",
    _row_change(lambda _tenant, row: replace(row, data=tuple(c.label for c in CLASSES))),
)
_defect(
    "connected-apps-always-by-you",
    "N-HOUSE-11",
    "The list says “Allowed by you” of what a representative allowed",
    _row_change(lambda _tenant, row: replace(row, allowed_by=("you",))),
)
_defect(
    "connected-apps-silent-on-deletion",
    "AC-04-4",
    "Nothing says that revoking doesn't delete what an app already has",
    every(
        page("apps", cut(*_NOTICE)),
        page("revoke", cut("<p>This does not delete", '<form method="post"')),
    ),
    twin="connected-apps-in-other-words",
)
_defect(
    "connected-apps-silent-on-whom-to-ask",
    "AC-04-4",
    "The page says that data stay with the app, and not whom to ask for their deletion",
    every(
        page(
            "apps",
            swap(" To have that deleted, ask the app’s developer.", ""),  # noqa: RUF001 - as it is there
            cut("<dt>Developer</dt>", "</dl>"),
        ),
        page("revoke", cut(" For that, write to", "</p>\n<form")),
    ),
    twin="connected-apps-in-other-words",
)
_twin(
    "connected-apps-in-other-words",
    "N-REV-08 AC-04-4",
    "The page dates connections as “Since” and speaks of deletion in words of its own",
    page(
        "apps",
        swap("<dt>Connected on</dt>", "<dt>Since</dt>"),
        swap("<dt>Access ends on</dt>", "<dt>Until</dt>"),
        cut(
            *_NOTICE,
            '<div class="note"><p>An app that you revoke gets nothing more from us. Copies it has '
            "already made are not deleted; its developer can do that if you ask them to.</p>"
            "</div>\n",
        ),
    ),
)


# -- pressing Revoke


def _by_link(tenant: Tenant, request: Request) -> Response | None:
    if request.method != "GET" or request.scope["path"] != f"/{tenant.name}/portal/apps/revoke":
        return None
    user, wanted = session_of(tenant, request).user, request.query_params.get("connection", "")
    if user not in tenant.world.people:
        return None
    for row in connected_apps(tenant, user):
        if row.id == wanted:
            disconnect(tenant, user, row)
    return RedirectResponse(f"{tenant.base}/portal/apps?ended={wanted}", 303)


def _and_signs_out(tenant: Tenant, user: str, row: ConnectedApp) -> None:
    disconnect(tenant, user, row)
    tenant.sessions.close_all_of(user)


def _first_of_the_list(tenant: Tenant, user: str, _row: ConnectedApp) -> None:
    disconnect(tenant, user, connected_apps(tenant, user)[0])


_FORM = '<form method="get" action="{{ tenant.base }}/portal/apps/revoke">\n'
_ONE_STEP = (
    '<form method="post" action="{{ tenant.base }}/portal/apps/revoke">\n'
    '<input type="hidden" name="csrf" value="{{ csrf }}">\n'
)

_defect(
    "revoke-without-confirmation",
    "AC-04-4",
    "After Revoke the app is gone from the list and no word says so",
    portal(end_message=lambda _tenant, _user, _ended: ""),
    twin="revoke-in-one-step",
)
_defect(
    "revoke-by-following-a-link",
    "N-OAUTH-19 AC-04-4",
    "Opening an address revokes an app, so that any page or prefetch can do it",
    edge(rewrite=_by_link),
    twin="revoke-in-one-step",
)
_defect(
    "revoke-signs-the-member-out",
    "AC-04-4",
    "Revoking an app ends the member's portal session, in every browser",
    portal(disconnect=_and_signs_out),
)
_defect(
    "revoke-takes-the-first-row",
    "N-REV-05 AC-04-4",
    "Whichever app is chosen, Revoke ends the one at the top of the list",
    portal(disconnect=_first_of_the_list),
)
_twin(
    "revoke-in-one-step",
    "AC-04-4",
    "Revoke in the list ends the access at once, without asking back, and says so",
    page("apps", swap(_FORM, _ONE_STEP)),
)
