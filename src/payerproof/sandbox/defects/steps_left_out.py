"""Faults of steps that are left out, taken too early, or known to one server of two only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from payerproof.sandbox.access import Access
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, Memory, edge, every, oauth, portal
from payerproof.sandbox.oauth import granting
from payerproof.sandbox.oauth.resource import (
    access_of,
    access_token_record,
    authenticate,
    presented_token,
    token_is_current,
)
from payerproof.sandbox.portal import deciding
from payerproof.sandbox.portal.pages import render, session_of

if TYPE_CHECKING:
    from payerproof.sandbox.access import Refusal
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import AuthorizationRequest
    from payerproof.sandbox.portal.sessions import Journey
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, area: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, area, tuple(cites.split()), title, change))


# -- whose consent page it is

_SHOWN: Memory[dict[str, tuple[Journey, Person]]] = Memory(dict)


def _kept(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str
) -> deciding.ConsentView:
    for session in list(tenant.sessions._sessions.values()):
        for journey in session.journeys.values():
            if journey.request is request:
                _SHOWN.of(tenant)[journey.id] = (journey, person)
    return deciding.consent_view(tenant, request, person, patient)


def _by_its_address(tenant: Tenant, request: Request) -> Response | None:
    """The consent page out of a store that is asked for the journey, and never for the session."""
    if request.method != "GET" or request.scope["path"] != f"/{tenant.name}/portal/consent":
        return None
    session = session_of(tenant, request)
    found = _SHOWN.of(tenant).get(request.query_params.get("journey", ""))
    if session.user or found is None:
        return None
    journey, person = found
    view = deciding.consent_view(tenant, journey.request, person, journey.patient)
    ticked = frozenset(item.id for item in (*view.items, *view.extras) if item.ticked)
    return render(
        tenant, "consent.html.j2", session=session, journey=journey, error="", view=view,
        ticked=ticked,
    )  # fmt: skip


_defect(
    "consent-page-open-by-its-address",
    "consent",
    "N-OAUTH-28 AC-02-3",
    "Whoever has the address of a member's consent page sees it, signed in or not",
    every(portal(consent_view=_kept), edge(rewrite=_by_its_address)),
)


def _written_at_once(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str
) -> deciding.ConsentView:
    view = deciding.consent_view(tenant, request, person, patient)
    if tenant.grants.grant_of(person.user, request.app.client_id, patient) is None:
        granting.record_decision(tenant, request, person, patient, request.scopes, False)
    return view


def _struck_out(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> str:
    grant = tenant.grants.grant_of(user, request.app.client_id, patient)
    if grant is not None:
        tenant.grants.end_grant(grant, "declined")
    return deciding.decline(tenant, request, user, patient)


_defect(
    "consent-recorded-when-its-page-opens",
    "consent",
    "AC-02-3 N-REV-09",
    "An app is connected as soon as its consent page is shown, and cut off where that is declined",
    portal(consent_view=_written_at_once, decline=_struck_out),
)
_defect(
    "consent-never-asked",
    "consent",
    "AC-04-2 AC-02-3",
    "Signing in counts as consent to whatever an app asks for",
    oauth(consent_is_remembered=lambda *_: True),
)
_defect(
    "second-factor-never-asked",
    "consent",
    "AC-02-2 N-OAUTH-28",
    "On the way to the consent page the password alone is enough",
    portal(second_factor_is_needed=lambda _tenant, _person: False),
)


# -- one server of two

_TURN: Memory[dict[str, int]] = Memory(dict)


def _every_second_server(tenant: Tenant, request: Request) -> Access | Refusal:
    found = authenticate(tenant, request)
    token = presented_token(request)
    record = access_token_record(tenant, token) if token else None
    if isinstance(found, Access) or record is None or not token_is_current(tenant, record):
        return found
    turns = _TURN.of(tenant)
    turns[record.key] = turns.get(record.key, 0) + 1
    return access_of(record) if turns[record.key] % 2 == 0 else found


_defect(
    "revocation-known-to-one-of-two-servers",
    "revocation",
    "N-REV-14 N-REV-01",
    "A revocation reaches one of two API servers; the other goes on serving the token",
    oauth(authenticate=_every_second_server),
)


def _figures(tenant: Tenant, request: Request) -> Response | None:
    if request.scope["path"] != f"/{tenant.name}/metrics":
        return None
    figures = "# HELP requests_total Requests by path\n# TYPE requests_total counter\n"
    return PlainTextResponse(f'{figures}requests_total{{path="/fhir/Patient"}} 4711\n')


_defect(
    "metrics-open-to-the-internet",
    "transport",
    "N-LEAK-07",
    "The figures of the monitoring are open beside the API",
    edge(rewrite=_figures),
)
