"""The HTTP side of the FHIR API: one endpoint that takes a request apart and answers it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.fhir import docref, outcome
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.capability import capability_statement, own_oauth_uris
from payerproof.sandbox.fhir.negotiation import handling
from payerproof.sandbox.fhir.paging import PageRequest, page_request
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.fhir.reading import NOWHERE, compartment_search, get, side_door
from payerproof.sandbox.fhir.search import later_page, search, unauthorized
from payerproof.sandbox.fhir.serving import (
    Pairs,
    account,
    answered,
    below_base,
    body_of,
    endpoint_for,
    negotiate,
    query_pairs,
    target_of,
)


async def answer(request: Request) -> Response:
    """Answer one request below the FHIR base; never raises on account of what was sent."""
    policies = request.state.tenant.policies.fhir
    return await answered(request, _reply, policies.error_reply, policies.headers_of)


FhirEndpoint = endpoint_for(answer)
"""ASGI endpoint of the whole FHIR API; every method comes here."""


def routes() -> list[BaseRoute]:
    """Return the routes below the FHIR base; the tenant stands in ``request.state.tenant``."""
    return [Route("/{rest:path}", FhirEndpoint)]


def mounted_at(path: str) -> list[BaseRoute]:
    """Return the routes of the API at a path, the base without trailing slash included."""
    return [Route(path, FhirEndpoint), Mount(path, routes=routes())]


async def _reply(request: Request, tenant: Any) -> Reply:
    policies = tenant.policies.fhir
    method = policies.method_of(request.method, request.headers)
    if method == "OPTIONS":
        return outcome.options()
    segments = policies.path_segments(below_base(request, tenant.fhir_base))
    query = query_pairs(request.scope.get("query_string", b""))
    negotiate(policies, request, query)
    if segments == ("metadata",) and method in ("GET", "HEAD"):
        statement = capability_statement(tenant.fhir_base, await _oauth_uris(tenant))
        return Reply(resource=policies.capability(statement, tenant.face))
    presented = (getattr(tenant, "authenticator", None) or tenant).authenticate(request)
    if inspect.isawaitable(presented):
        presented = await presented
    link = _page_link(method, segments, query, presented)
    if link is not None:
        return _later_page(request, tenant, method, presented, link)
    if isinstance(presented, Refusal):
        presented = policies.without_token(presented, segments, query, tenant.world)
    if isinstance(presented, Refusal):
        raise unauthorized(presented)
    call = _call(request, tenant, method, cast(Access, presented))
    return await _accounted(tenant, call, request, segments, query)


async def answer_earlier(request: Request) -> Response:
    """Answer one request below the base of the earlier version."""
    policies = request.state.tenant.policies.fhir
    return await answered(request, _earlier, policies.error_reply, policies.headers_of)


EarlierEndpoint = endpoint_for(answer_earlier)
"""ASGI endpoint of the version before; every method comes here."""


def earlier_at(path: str) -> list[BaseRoute]:
    """Return the routes of the earlier version at a path."""
    below = [Route("/{rest:path}", EarlierEndpoint)]
    return [Route(path, EarlierEndpoint), Mount(path, routes=below)]


async def _earlier(request: Request, tenant: Any) -> Reply:
    policies = tenant.policies.fhir
    segments = policies.path_segments(below_base(request, f"{tenant.base}/fhir-dstu2"))
    query = query_pairs(request.scope.get("query_string", b""))
    presented = (getattr(tenant, "authenticator", None) or tenant).authenticate(request)
    if inspect.isawaitable(presented):
        presented = await presented
    reply: Reply = policies.earlier_version(presented, segments, query, tenant.world)
    return reply


async def _oauth_uris(tenant: Any) -> Mapping[str, str]:
    outside: Any = getattr(tenant, "authenticator", None)
    if not hasattr(outside, "oauth_uris"):
        return own_oauth_uris(tenant.base)
    found: Mapping[str, str] = await outside.oauth_uris()
    return found


def _page_link(
    method: str, segments: tuple[str, ...], query: Pairs, presented: Access | Refusal
) -> PageRequest | None:
    if method not in ("GET", "HEAD") or len(segments) != 1 or segments[0] not in PARAMETERS:
        return None
    try:
        return page_request(query)
    except Refused:
        if isinstance(presented, Refusal):
            raise unauthorized(presented) from None
        raise


def _later_page(
    request: Request, tenant: Any, method: str, presented: Access | Refusal, link: PageRequest
) -> Reply:
    made: list[Call] = []

    def build(access: Access) -> Call:
        made.append(_call(request, tenant, method, access))
        return made[-1]

    reply = Reply(resource=later_page(presented, build, tenant.name, link))
    account(tenant, made[-1], ("next-page",), reply)
    return reply


async def _accounted(
    tenant: Any, call: Call, request: Request, segments: tuple[str, ...], query: Pairs
) -> Reply:
    """Answer, and write what was disclosed or refused into the tenant's accounting."""
    outcome_of: Reply | Refused
    try:
        outcome_of = await _dispatch(call, request, segments, query)
    except Refused as refused:
        outcome_of = refused
    account(tenant, call, segments, outcome_of)
    if isinstance(outcome_of, Refused):
        raise outcome_of
    return outcome_of


async def _dispatch(call: Call, request: Request, segments: tuple[str, ...], query: Pairs) -> Reply:
    if call.method in ("GET", "HEAD"):
        target = target_of(request)
        return call.policies.through_cache(call, target, lambda: get(call, segments, query))
    if call.method == "POST":
        return await post(call, request, segments, query)
    return call.policies.write(call, segments, await body_of(request))


def _call(request: Request, tenant: Any, method: str, access: Access) -> Call:
    return Call(
        method=method,
        base=tenant.fhir_base,
        tenant_name=tenant.name,
        face=tenant.face,
        world=tenant.world,
        policies=tenant.policies.fhir,
        access=access,
        headers=request.headers,
        handling="strict" if handling(request.headers) == "strict" else "lenient",
    )


async def post(call: Call, request: Request, segments: tuple[str, ...], query: Pairs) -> Reply:
    """Answer one POST of an authenticated call; raises `Refused`."""
    body = await body_of(request)
    if not segments:
        return call.policies.batch(call, body)
    if segments == docref.PATH:
        return call.policies.docref(call, [*query, *(docref.posted(body) if body else ())])
    opened = side_door(call, segments)
    if opened is not None:
        return opened
    if segments[-1] != "_search":
        return call.policies.write(call, segments, body)
    kind = segments[0]
    pairs = list(call.policies.merge_sources(query, call.policies.search_body(call, body)))
    negotiate(call.policies, request, pairs)
    if len(segments) == 2 and kind in PARAMETERS:
        return Reply(resource=search(call, kind, pairs, posted=True))
    if len(segments) == 4 and kind == "Patient" and segments[2] in PARAMETERS:
        return compartment_search(call, segments[1], segments[2], pairs)
    raise Refused(404, "not-found", NOWHERE)
