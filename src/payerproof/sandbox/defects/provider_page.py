"""The page on which members decide about clinics: not there, not safe, or without effect."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, partners
from payerproof.sandbox.defects.rewriting import cut, edge, page
from payerproof.sandbox.partners import choices
from payerproof.sandbox.portal.pages import session_of
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"
OPERATOR = "operator"


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


def _is_page(tenant: Tenant, request: Request) -> bool:
    return str(request.scope["path"]) == f"/{tenant.name}/portal/provider-access"


def _not_yet(tenant: Tenant, request: Request) -> Response | None:
    if _is_page(tenant, request):
        return PlainTextResponse("There is no such page.", 404)
    return None


_seed(
    "opt-out-page-missing",
    "AC-05-2",
    "The page for opting out is announced, and there is none yet",
    edge(rewrite=_not_yet),
)
_seed(
    "opt-out-page-opens-later",
    "AC-05-2",
    "The page says that members can decide from the new year on: no button, no form",
    page("provider-access", cut("<form", "</section>", "<p>You can decide from January on.</p>")),
)
_seed(
    "opt-out-by-letter-only",
    "AC-05-2",
    "The page has no way to decide: it names an address to write to",
    page("provider-access", cut("<form", "</section>", "<p>Please write to Testville.</p>")),
)

_FORM = """<!doctype html><html lang="en"><title>Sharing with doctors and clinics</title><body>
<h1>Sharing with doctors and clinics</h1><p>{said}</p><form method="get">
<label>Member number <input name="number"></label>
<button name="decision" value="out">Stop sharing</button>
<button name="decision" value="in">Share again</button></form></body></html>"""


def _by_number(tenant: Tenant, request: Request) -> Response | None:
    if not _is_page(tenant, request) or request.method != "GET":
        return None
    asked = request.query_params
    if session_of(tenant, request).user and "number" not in asked:
        return None
    said = "Enter the number on your card."
    for person in tenant.world.people.values():
        if person.patient and person.member_number == asked.get("number"):
            choices.choose(
                tenant, person.user, asked.get("decision") == "out", tenant.clock.now(), OPERATOR
            )
            said = f"The choice of {person.name} has been saved."
    return HTMLResponse(_FORM.format(said=said))


_seed(
    "opt-out-by-number-alone",
    "AC-05-2",
    "The page needs no login: whoever knows a member number decides for the member",
    edge(rewrite=_by_number),
)


def _page_forgets_out(
    tenant: Tenant, member: str, opted_out: bool, effective: float, by: str
) -> None:
    if by == OPERATOR or not opted_out:
        choices.choose(tenant, member, opted_out, effective, by)


def _page_forgets_in(
    tenant: Tenant, member: str, opted_out: bool, effective: float, by: str
) -> None:
    if by == OPERATOR or opted_out:
        choices.choose(tenant, member, opted_out, effective, by)


def _page_waits(tenant: Tenant, member: str, opted_out: bool, effective: float, by: str) -> None:
    waits = 0.0 if by == OPERATOR or not opted_out else 30 * 86400.0
    choices.choose(tenant, member, opted_out, effective + waits, by)


_seed(
    "page-forgets-the-opt-out",
    "AC-05-2",
    "The page says that the choice is saved; only the service desk's choices reach the list",
    partners(choose=_page_forgets_out),
)
_seed(
    "page-forgets-the-opt-in",
    "AC-05-2 N-BULK-07",
    "«Share again» says that the choice is saved, and changes nothing",
    partners(choose=_page_forgets_in),
)
_seed(
    "page-waits-for-the-month",
    "AC-05-2 N-BULK-05",
    "An opt-out on the page counts from the next month's list on, an opt-in at once",
    partners(choose=_page_waits),
)
