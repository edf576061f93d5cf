"""The HTTP side of the FHIR API: one endpoint that takes a request apart and answers it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.fhir import docref, outcome
from payerproof.sandbox.fhir.accounting import MOST
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.capability import capability_statement, own_oauth_uris
from payerproof.sandbox.fhir.negotiation import handling
from payerproof.sandbox.fhir.paging import PageRequest, page_request
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.fhir.reading import NOWHERE, compartment_search, get, side_door
from payerproof.sandbox.fhir.search import later_page, search, unauthorized

_MAX_BODY = 64 * 1024
_MAX_QUERY = 8 * 1024
Pairs = list[tuple[str, str]]


def routes() -> list[BaseRoute]:
    """Return the routes below the FHIR base; the tenant stands in ``request.state.tenant``."""
    return [Route("/{rest:path}", FhirEndpoint)]


def mounted_at(path: str) -> list[BaseRoute]:
    """Return the routes of the API at a path, the base without trailing slash included."""
    return [Route(path, FhirEndpoint), Mount(path, routes=routes())]


class FhirEndpoint:
    """ASGI endpoint of the whole FHIR API; every method comes here."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self._scope, self._receive, self._send = scope, receive, send

    def __await__(self) -> Any:
        return self._answer().__await__()

    async def _answer(self) -> None:
        request = Request(self._scope, self._receive)
        response = await answer(request)
        await response(self._scope, self._receive, self._send)


async def answer(request: Request) -> Response:
    """Answer one request below the FHIR base; never raises on account of what was sent."""
    tenant = request.state.tenant
    policies = tenant.policies.fhir
    try:
        reply = await _reply(request, tenant)
    except Refused as refused:
        reply = policies.error_reply(refused, target_of(request))
    except UnicodeError:
        garbled = Refused(400, "value", "The request is not UTF-8.")
        reply = policies.error_reply(garbled, target_of(request))
    return written(request, reply, policies.headers_of(reply))


def target_of(request: Request) -> str:
    """Path and query of a request, as sent."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope.get("query_string", b"")
    return str((raw + (b"?" + query if query else b"")).decode("latin-1"))


def written(request: Request, reply: Reply, headers: Any) -> Response:
    """Write a reply as the answer to a request."""
    body = reply.raw if reply.resource is None else orjson.dumps(reply.resource)
    if reply.status in (204, 304):
        headers = {name: value for name, value in headers.items() if name != "Content-Type"}
        body = b""
    if request.method == "HEAD":
        headers = {**headers, "Content-Length": str(len(body))}
        body = b""
    return Response(body, reply.status, headers=dict(headers))


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
    _account(tenant, made[-1], ("next-page",), reply)
    return reply


def _account(
    tenant: Any, call: Call, segments: tuple[str, ...], outcome_of: Reply | Refused
) -> None:
    entry = call.policies.accounted(call, segments, outcome_of)
    if entry is not None:
        tenant.disclosures.append({"at": tenant.clock.moment().isoformat(), **entry})
        del tenant.disclosures[:-MOST]


async def _accounted(
    tenant: Any, call: Call, request: Request, segments: tuple[str, ...], query: Pairs
) -> Reply:
    """Answer, and write what was disclosed or refused into the tenant's accounting."""
    outcome_of: Reply | Refused
    try:
        outcome_of = await _dispatch(call, request, segments, query)
    except Refused as refused:
        outcome_of = refused
    _account(tenant, call, segments, outcome_of)
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


def below_base(request: Request, fhir_base: str) -> bytes:
    """Return the raw path below the FHIR base, byte for byte as it was sent."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    prefix = urlsplit(fhir_base).path
    depth = prefix.count("/")
    parts = raw.split(b"/", depth + 1)
    if unquote(b"/".join(parts[: depth + 1]).decode("ascii", "replace")) != prefix:
        raise Refused(404, "not-found", NOWHERE)
    return b"/" + parts[depth + 1] if len(parts) > depth + 1 else b""


def query_pairs(raw: bytes) -> Pairs:
    """Read the query; raises `Refused` (400, 414)."""
    if len(raw) > _MAX_QUERY:
        raise Refused(414, "too-long", "The query is too long; use POST _search.")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Refused(400, "value", "The query is not percent-encoded.") from None
    return parse_qsl(text, keep_blank_values=True, errors="strict")


def negotiate(policies: Any, request: Request, query: Sequence[tuple[str, str]]) -> None:
    """Refuse (406) what is not FHIR R4 JSON."""
    wanted = next((value for name, value in query if name == "_format"), "")
    accept = request.headers.get("accept", "")
    segments = request.scope["path"].rstrip("/").split("/")
    if len(segments) > 1 and segments[-2] == "Binary" and not wanted:
        return
    if not policies.negotiate(accept, wanted):
        raise Refused(406, "not-supported", "This API speaks FHIR R4 as JSON only.")


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


async def body_of(request: Request) -> bytes:
    """Read the body, up to what the API takes; raises `Refused` (413)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refused(413, "too-long", "The body is too long.")
    return body
