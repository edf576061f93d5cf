"""What the payer's FHIR APIs have in common: how a request is taken apart, and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.fhir.accounting import MOST
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.reading import NOWHERE

_MAX_BODY = 64 * 1024
_MAX_QUERY = 8 * 1024
Pairs = list[tuple[str, str]]
Make = Callable[[Request, Any], Awaitable[Reply]]
"""Makes the reply to a request of a tenant, or raises `Refused`."""


def endpoint_for(respond: Callable[[Request], Awaitable[Response]]) -> type:
    """Make the ASGI endpoint of an API from what answers a request; every method comes to it."""

    class Endpoint:
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            self._scope, self._receive, self._send = scope, receive, send

        def __await__(self) -> Any:
            return self._answer().__await__()

        async def _answer(self) -> None:
            response = await respond(Request(self._scope, self._receive))
            await response(self._scope, self._receive, self._send)

    return Endpoint


async def answered(
    request: Request,
    make: Make,
    error_reply: Callable[[Refused, str], Reply],
    headers_of: Callable[[Reply], Mapping[str, str]],
) -> Response:
    """Answer one request by `make`; what it refuses becomes an OperationOutcome."""
    try:
        reply = await make(request, request.state.tenant)
    except Refused as refused:
        reply = error_reply(refused, target_of(request))
    except UnicodeError:
        garbled = Refused(400, "value", "The request is not UTF-8.")
        reply = error_reply(garbled, target_of(request))
    return written(request, reply, headers_of(reply))


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


def account(
    tenant: Any, call: Call, segments: tuple[str, ...], outcome_of: Reply | Refused
) -> None:
    """Write what was disclosed or refused into the payer's accounting."""
    entry = call.policies.accounted(call, segments, outcome_of)
    if entry is not None:
        tenant.disclosures.append({"at": tenant.clock.moment().isoformat(), **entry})
        del tenant.disclosures[:-MOST]


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


async def body_of(request: Request) -> bytes:
    """Read the body, up to what the API takes; raises `Refused` (413)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refused(413, "too-long", "The body is too long.")
    return body
