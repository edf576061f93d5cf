"""The operator's API: what a payer's own staff could do, by HTTP, guarded by a token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from payerproof.sandbox.data import injected_row, with_claim
from payerproof.sandbox.hook import HookRequest, authorize_by_hook
from payerproof.sandbox.oauth.model import Grant

if TYPE_CHECKING:
    from payerproof.sandbox.app import House
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.tenant import Tenant

Body = dict[str, Any]
Action = Callable[["Tenant", Body], Body]
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The operator asked for something that can't be done; the text says what would be right."""


def text_of(body: Body, name: str, default: str | None = None) -> str:
    """A text of the body; raises `Refused` where it is missing."""
    value = body.get(name, default)
    if not isinstance(value, str) or (not value and default is None):
        raise Refused(f"{name}: a text is required")
    return value


def number_of(body: Body, name: str) -> float:
    """A number of the body; raises `Refused` where it is none."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name}: a number is required")
    return float(value)


def person_of(tenant: Tenant, body: Body) -> Person:
    """The persona that the body names; raises `Refused`."""
    key = text_of(body, "persona")
    person: Person | None = tenant.world.people.get(key)
    if person is None:
        raise Refused(f"persona: there is no {key!r}; there are {', '.join(tenant.world.people)}")
    return person


def client_of(tenant: Tenant, body: Body) -> str:
    """The client id that the body names, of an app or a partner; raises `Refused`."""
    client_id = text_of(body, "client_id")
    if client_id not in tenant.apps and client_id not in tenant.clients:
        known = ", ".join((*tenant.apps, *tenant.clients))
        raise Refused(f"client_id: there is no {client_id!r}; there are {known}")
    return client_id


def clock(tenant: Tenant, body: Body) -> Body:
    """Shift the payer's clock: ``advance_seconds``, or ``now`` as an RFC 3339 time."""
    if "advance_seconds" in body:
        tenant.clock.advance(number_of(body, "advance_seconds"))
    elif "now" in body:
        try:
            wanted = datetime.fromisoformat(text_of(body, "now"))
        except ValueError:
            raise Refused("now: a time such as 2027-01-31T12:00:00Z is required") from None
        if wanted.tzinfo is None:
            raise Refused("now: the time needs an offset, such as Z")
        tenant.clock.set(wanted.timestamp())
    tenant.intake.arrive(tenant)
    return _time(tenant)


def _time(tenant: Tenant) -> Body:
    now = tenant.clock.moment().isoformat(timespec="seconds")
    return {"now": now, "shift_seconds": tenant.clock.shift}


def authorize(tenant: Tenant, body: Body) -> Body:
    """Grant or decline for a person, by the same decisions as the pages."""
    form = body.get("form") or ()
    leave_out, include = body.get("leave_out") or (), body.get("include") or ()
    asked = HookRequest(
        person=person_of(tenant, body),
        url=text_of(body, "url"),
        method=text_of(body, "method", "GET").upper(),
        form=tuple((str(name), str(value)) for name, value in form),
        decision=text_of(body, "decision", "approve"),
        leave_out=tuple(str(name) for name in leave_out),
        include=tuple(str(name) for name in include),
        choose=text_of(body, "choose", ""),
    )
    if asked.decision not in ("approve", "decline", "look"):
        raise Refused("decision: approve, decline or look")
    return authorize_by_hook(tenant, asked)


def _matching(tenant: Tenant, body: Body) -> list[Grant]:
    user, client_id = person_of(tenant, body).user, client_of(tenant, body)
    found = [g for g in tenant.grants.grants_by(user) if g.client_id == client_id]
    if "member" in body:
        member = tenant.world.people.get(text_of(body, "member"))
        found = [g for g in found if member is not None and g.patient == member.patient]
    return found


def revoke(tenant: Tenant, body: Body) -> Body:
    """End what a person granted an app, as the person's own Revoke would."""
    grants = _matching(tenant, body)
    for grant in grants:
        tenant.policies.oauth.revoke_by_member(tenant, grant.user, grant)
    return {"ended": [grant.id for grant in grants]}


def expire_grant(tenant: Tenant, body: Body) -> Body:
    """Move the end date of what a person granted an app to now."""
    grants = _matching(tenant, body)
    for grant in grants:
        grant.expires = tenant.clock.now()
    return {"expired": [grant.id for grant in grants]}


def deactivate_app(tenant: Tenant, body: Body) -> Body:
    """Cut an app off."""
    tenant.deactivated.add(client_of(tenant, body))
    return {"deactivated": sorted(tenant.deactivated)}


def activate_app(tenant: Tenant, body: Body) -> Body:
    """Let an app in again that was cut off by `deactivate_app`."""
    tenant.deactivated.discard(client_of(tenant, body))
    return {"deactivated": sorted(tenant.deactivated)}


def reset(tenant: Tenant, _body: Body) -> Body:
    """Put the tenant back to its start: grants, sessions, clock, data."""
    tenant.reset()
    return _time(tenant)


def inject_claim(tenant: Tenant, body: Body) -> Body:
    """Add what the adjudication system sends: a claim named by its day, or whole resources.

    ``{persona, serviced, number}`` makes a plain professional claim of that day; ``number`` is
    one the member has not used yet, 900 by default. ``{resources}`` adds or replaces resources,
    ``{remove}`` drops them by ``Type/id``, and ``{persona, booked}`` what was booked for somebody
    by their name and that day.
    """
    if "booked" in body:
        day = (person_of(tenant, body).user, text_of(body, "booked"))
        return inject_claim(tenant, {"remove": tenant.desk.booked.pop(day, [])})
    if "persona" in body:
        return _dated_claim(tenant, body)
    if "remove" in body:
        tenant.partners.note_removed(tenant.world, body["remove"], tenant.clock.now())
        tenant.world = tenant.world.without(*(str(name) for name in body["remove"]))
        return {"removed": list(body["remove"])}
    resources = body.get("resources")
    if not isinstance(resources, list) or not all(is_resource(r) for r in resources):
        raise Refused("resources: a list of FHIR resources with resourceType and id is required")
    tenant.world = tenant.world.with_resources(*resources)
    return {"stored": [f"{r['resourceType']}/{r['id']}" for r in resources]}


def _dated_claim(tenant: Tenant, body: Body) -> Body:
    before = {r["id"] for r in tenant.world.resources("ExplanationOfBenefit")}
    number = int(number_of(body, "number")) if "number" in body else 900
    try:
        row = injected_row(person_of(tenant, body).user, number, text_of(body, "serviced"))
        tenant.world = with_claim(tenant.world, tenant.face.logical_id, row)
    except ValueError as error:
        raise Refused(str(error)) from None
    after = (r["id"] for r in tenant.world.resources("ExplanationOfBenefit"))
    stored = [f"ExplanationOfBenefit/{new}" for new in after if new not in before]
    tenant.desk.book(person_of(tenant, body).user, text_of(body, "serviced"), stored)
    return {"stored": stored}


def is_resource(value: object) -> bool:
    """Whether a value has the least that a FHIR resource needs: type and id."""
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) and value[name] for name in ("resourceType", "id")
    )


def unlock(tenant: Tenant, body: Body) -> Body:
    """Forget failed sign-ins and used second-factor codes of a person."""
    user = person_of(tenant, body).user
    tenant.attempts.failures.pop(user, None)
    tenant.attempts.last_step.pop(user, None)
    return {"unlocked": user}


def grants(tenant: Tenant, _body: Body) -> Body:
    """The consent records: who allowed which app what, for whom, when, and how it ended."""
    return {"grants": [_record(tenant, grant) for grant in tenant.grants.grants.values()]}


def _record(tenant: Tenant, grant: Grant) -> Body:
    def moment(at: float | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")

    return {
        "id": grant.id,
        "persona": grant.user,
        "client_id": grant.client_id,
        "app": tenant.apps[grant.client_id].name,
        "patient": grant.patient,
        "scopes": list(grant.scopes),
        "sensitive": grant.sensitive,
        "created": moment(grant.created),
        "expires": moment(grant.expires),
        "ended": moment(grant.ended),
        "why_ended": grant.why_ended,
    }


def credentials(tenant: Tenant, body: Body) -> Body:
    """User name, password and second-factor seed of a (synthetic) person."""
    person = person_of(tenant, body)
    return {"username": person.user, "password": person.password, "totp": person.totp}


def disclosures(tenant: Tenant, _body: Body) -> Body:
    """The log of what was disclosed to whom."""
    return {"disclosures": tenant.disclosures}


def _guarded(request: Request) -> Response | None:
    house: House = request.state.house
    presented = request.headers.get("authorization", "").partition(" ")[2]
    if hmac.compare_digest(presented.encode(), house.control_token.encode()):
        return None
    return JSONResponse(
        {"error": "the control token is required as Bearer token"},
        401,
        {"WWW-Authenticate": 'Bearer realm="control"'},
    )


async def _body(request: Request) -> Body:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        raise Refused("the body must be JSON") from None
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    return body


def endpoint_of(action: Action) -> Endpoint:
    """Make an endpoint of an operator's action, guarded by the control token."""

    async def endpoint(request: Request) -> Response:
        stopped = _guarded(request)
        if stopped is not None:
            return stopped
        try:
            return JSONResponse(action(request.state.tenant, await _body(request)))
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, 422)

    return endpoint


async def tenants_endpoint(request: Request) -> Response:
    """GET lists tenants; POST {face, defects, name?} makes one and answers its base URL."""
    from payerproof.sandbox.app import UnknownTenant, build_spec

    stopped = _guarded(request)
    if stopped is not None:
        return stopped
    house: House = request.state.house
    if request.method == "GET":
        return JSONResponse({"tenants": {name: t.base for name, t in house.tenants.items()}})
    try:
        body = await _body(request)
        face, defects = text_of(body, "face", "plain"), tuple(body.get("defects") or ())
        name = text_of(body, "name", "+".join((face, *defects)))
        if name == "control" or not name or "/" in name:
            raise Refused("name: must not be empty, hold a slash, or be 'control'")
        tenant = house.add(name, build_spec(face, defects))
    except (Refused, UnknownTenant) as refused:
        return JSONResponse({"error": str(refused)}, 422)
    return JSONResponse({"name": name, "base": tenant.base, "fhir_base": tenant.fhir_base}, 201)


def routes() -> list[Route]:
    """All operator calls, below ``/control``."""
    posts: dict[str, Action] = {
        "/authorize": authorize,
        "/clock": clock,
        "/apps/revoke": revoke,
        "/expire-grant": expire_grant,
        "/deactivate-app": deactivate_app,
        "/activate-app": activate_app,
        "/claims": inject_claim,
        "/unlock": unlock,
        "/reset": reset,
    }
    gets: dict[str, Action] = {
        "/clock": lambda tenant, _body: _time(tenant),
        "/grants": grants,
        "/credentials": credentials,
        "/disclosures": disclosures,
    }
    return [
        *(Route(path, endpoint_of(action), methods=["POST"]) for path, action in posts.items()),
        *(Route(path, endpoint_of(action), methods=["GET"]) for path, action in gets.items()),
    ]
