"""The two open FHIR APIs: read, search and metadata, for anybody and without a trace of who."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from payerproof.sandbox.fhir import outcome
from payerproof.sandbox.fhir.call import Refused, Reply
from payerproof.sandbox.fhir.policy import FhirPolicies
from payerproof.sandbox.fhir.serving import (
    answered,
    below_base,
    body_of,
    endpoint_for,
    negotiate,
    query_pairs,
)
from payerproof.sandbox.public.search import Shelf, search
from payerproof.sandbox.public.tables import FORMULARY, PLAN_NET, PROFILES, REVERSE, TABLES

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_PLAIN = FhirPolicies()
_NOWHERE = "There is no such address here."
_STATEMENTS = {
    "directory": PLAN_NET + "CapabilityStatement/plan-net",
    "formulary": FORMULARY + "CapabilityStatement/usdf-server",
}


def endpoint_of(api: str) -> type:
    """Make the ASGI endpoint of one open API; every method comes to it."""
    return endpoint_for(lambda request: answer(request, api))


async def answer(request: Request, api: str) -> Response:
    """Answer one request below an open base."""
    tenant: Tenant = request.state.tenant
    shelf = Shelf(tenant, api)

    async def make(request: Request, _tenant: Tenant) -> Reply:
        return await _reply(request, shelf)

    headers = partial(tenant.policies.public.headers_of, shelf)
    return await answered(request, make, outcome.error_reply, headers)


def headers_of(_shelf: Shelf, reply: Reply) -> dict[str, str]:
    """Headers of every answer: public, cached for minutes, and without a cookie."""
    cache = "public, max-age=300" if reply.status == 200 else "no-store"
    return {"Content-Type": outcome.FHIR_JSON, "Cache-Control": cache, **reply.headers}


async def _reply(request: Request, shelf: Shelf) -> Reply:
    if request.method == "OPTIONS":
        return outcome.options()
    segments = _PLAIN.path_segments(below_base(request, shelf.base))
    query = query_pairs(request.scope.get("query_string", b""))
    negotiate(_PLAIN, request, query)
    policies = shelf.tenant.policies.public
    refused = policies.asks_who(shelf, request, segments)
    if refused is not None:
        raise refused
    if request.method == "POST" and segments[-1:] == ("_search",):
        segments = segments[:-1]
        body = (await body_of(request)).decode("ascii").encode()
        query = [*query, *query_pairs(body)]
    elif request.method not in ("GET", "HEAD"):
        headers = {"Allow": "GET, HEAD, OPTIONS, POST"}
        raise Refused(405, "not-supported", "This API is read-only.", headers=headers)
    return policies.found(shelf, segments, query)


def asks_who(_shelf: Shelf, _request: Request, _segments: tuple[str, ...]) -> Refused | None:
    """Whether somebody must say who they are: nobody must (42 CFR 422.120(a), (b))."""
    return None


def found(shelf: Shelf, segments: tuple[str, ...], query: list[tuple[str, str]]) -> Reply:
    """Answer metadata, a search or a read; raises `Refused` (404) for anything else."""
    if segments == ("metadata",):
        return Reply(resource=shelf.tenant.policies.public.capability(shelf))
    if not segments or segments[0] not in TABLES[shelf.api]:
        raise Refused(404, "not-supported", _NOWHERE)
    if len(segments) == 1:
        return Reply(resource=search(shelf, segments[0], query))
    resource = shelf.world.resource(segments[0], segments[1]) if len(segments) == 2 else None
    if resource is None:
        raise Refused(404, "not-found", _NOWHERE)
    return Reply(resource=resource, headers={"ETag": 'W/"1"'})


def capability_statement(shelf: Shelf) -> dict[str, Any]:
    """Make the CapabilityStatement of an open API."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": f"Sandbox {shelf.api} API"},
        "implementation": {"description": "Open to everybody", "url": shelf.base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "instantiates": [_STATEMENTS[shelf.api]],
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(shelf, kind) for kind in sorted(TABLES[shelf.api])],
            }
        ],
    }


def _resource(shelf: Shelf, kind: str) -> dict[str, Any]:
    rows = TABLES[shelf.api][kind].values()
    made = {
        "type": kind,
        "supportedProfile": list(PROFILES[shelf.api].get(kind, ())),
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchInclude": [f"{kind}:{one.name}" for one in rows if one.kind == "reference"],
        "searchRevInclude": [f"{a}:{b}" for a, b in REVERSE[shelf.api].get(kind, ())],
        "searchParam": [{"name": one.name, "type": one.kind} for one in rows],
    }
    return {name: value for name, value in made.items() if value != []}


def routes(api: str) -> list[BaseRoute]:
    """Addresses of one open API, below ``/directory`` or ``/formulary``."""
    endpoint: Callable[..., Awaitable[Response]] = endpoint_of(api)
    inner = Mount("/fhir", routes=[Route("/{rest:path}", endpoint)])
    return [Mount(f"/{api}", routes=[Route("/fhir", endpoint), inner])]
