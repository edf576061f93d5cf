"""The connected apps pages: list, confirm, revoke."""

from __future__ import annotations

from starlette.responses import Response

from payerproof.sandbox.portal.connected import ConnectedApp
from payerproof.sandbox.portal.visit import Visit


def _stranger(visit: Visit) -> Response | None:
    """Send somebody who isn't signed in to the sign-in page, and back here afterwards."""
    if not visit.tenant.policies.portal.portal_needs_sign_in(visit.tenant, visit.session):
        return None
    visit.session.wanted = "apps"
    return visit.to("sign-in")


async def show_apps(visit: Visit) -> Response:
    """GET /portal/apps."""
    stranger = _stranger(visit)
    if stranger is not None:
        return stranger
    rows = visit.tenant.policies.portal.connected_apps(visit.tenant, visit.session.user)
    tell = visit.tenant.policies.portal.end_message
    message = tell(visit.tenant, visit.session.user, visit.form.text("ended"))
    return visit.page("apps.html.j2", rows=rows, message=message)


def _row(visit: Visit) -> ConnectedApp | None:
    rows = visit.tenant.policies.portal.connected_apps(visit.tenant, visit.session.user)
    return next((row for row in rows if row.id == visit.form.text("connection")), None)


async def ask_revoke(visit: Visit) -> Response:
    """GET /portal/apps/revoke: asks whether this is meant."""
    stranger = _stranger(visit)
    if stranger is not None:
        return stranger
    row = _row(visit)
    return visit.to("apps") if row is None else visit.page("revoke.html.j2", row=row)


async def revoke(visit: Visit) -> Response:
    """POST /portal/apps/revoke: ends the access, then says so on the list."""
    stranger = _stranger(visit)
    if stranger is not None:
        return stranger
    row = _row(visit)
    if row is not None:
        visit.tenant.policies.portal.disconnect(visit.tenant, visit.session.user, row)
    return visit.to("apps", ended=visit.form.text("connection"))
