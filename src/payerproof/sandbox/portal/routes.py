"""Addresses of the portal's pages. No page decides what comes next: `next_step` alone does."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from payerproof.sandbox.portal import clinics, managing, sharing, signing_in
from payerproof.sandbox.portal.visit import Visit, continue_journey, page

BOTH = ["GET", "POST"]


async def _home(visit: Visit) -> Response:
    return visit.to("apps")


def routes() -> list[Route]:
    """All portal pages, below ``/portal``."""
    sign_in = page(signing_in.show_sign_in, signing_in.sign_in)
    password = page(signing_in.show_password, signing_in.give_password)
    second = page(signing_in.show_second_factor, signing_in.give_second_factor)
    members = page(sharing.show_members, sharing.choose_member, journey=True)
    consent = page(sharing.show_consent, sharing.decide, journey=True)
    no_record = page(sharing.show_no_record, sharing.leave_without_record, journey=True)
    return [
        Route("/", page(_home)),
        Route("/sign-in", sign_in, methods=BOTH),
        Route("/password", password, methods=BOTH),
        Route("/second-factor", second, methods=BOTH),
        Route("/sign-out", page(_home, signing_in.sign_out), methods=BOTH),
        Route("/continue", page(continue_journey, journey=True)),
        Route("/choose-member", members, methods=BOTH),
        Route("/consent", consent, methods=BOTH),
        Route("/no-record", no_record, methods=BOTH),
        Route("/provider-access", page(clinics.show_choices, clinics.choose), methods=BOTH),
        Route("/apps", page(managing.show_apps)),
        Route("/apps/revoke", page(managing.ask_revoke, managing.revoke), methods=BOTH),
    ]
