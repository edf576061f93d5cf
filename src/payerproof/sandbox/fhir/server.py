"""The HTTP side of the FHIR API: one endpoint that takes a request apart and answers it."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.fhir import outcome
from payerproof.sandbox.fhir.accounting import MOST
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.capability import capability_statement
from payerproof.sandbox.fhir.compartment import holders
from payerproof.sandbox.fhir.negotiation import LOGICAL_ID, etag, handling, wants_native
from payerproof.sandbox.fhir.paging import PageRequest, page_request
from payerproof.sandbox.fhir.parameters import PARAMETERS, READABLE
from payerproof.sandbox.fhir.search import later_page, search, shown, unauthorized

_MAX_BODY = 64 * 1024
_MAX_QUERY = 8 * 1024
_FORM = "application/x-www-form-urlencoded"
_NOWHERE = "There is no such address here."
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
        reply = policies.error_reply(refused, _target(request))
    except UnicodeError:
        garbled = Refused(400, "value", "The request is not UTF-8.")
        reply = policies.error_reply(garbled, _target(request))
    return _response(request, reply, policies.headers_of(reply))


def _target(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope.get("query_string", b"")
    return str((raw + (b"?" + query if query else b"")).decode("latin-1"))


def _response(request: Request, reply: Reply, headers: Any) -> Response:
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
    segments = policies.path_segments(_below_base(request, tenant.fhir_base))
    query = _pairs(request.scope.get("query_string", b""))
    _negotiate(policies, request, query)
    if segments == ("metadata",) and method in ("GET", "HEAD"):
        statement = capability_statement(tenant.fhir_base, tenant.base)
        return Reply(resource=policies.capability(statement, tenant.face))
    presented = (getattr(tenant, "authenticator", None) or tenant).authenticate(request)
    if inspect.isawaitable(presented):
        presented = await presented
    link = None
    if method in ("GET", "HEAD") and len(segments) == 1 and segments[0] in PARAMETERS:
        link = page_request(query)
    if link is not None:
        return _later_page(request, tenant, method, presented, link)
    if isinstance(presented, Refusal):
        presented = policies.without_token(presented, segments, query, tenant.world)
    if isinstance(presented, Refusal):
        raise unauthorized(presented)
    call = _call(request, tenant, method, cast(Access, presented))
    return await _accounted(tenant, call, request, segments, query)


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
        tenant.disclosures.append({"at": tenant.clock.today().isoformat(), **entry})
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
        target = _target(request)
        return call.policies.through_cache(call, target, lambda: get(call, segments, query))
    if call.method == "POST":
        return await _post(call, request, segments, query)
    return call.policies.write(call, segments, b"")


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


def _below_base(request: Request, fhir_base: str) -> bytes:
    """Return the raw path below the FHIR base, byte for byte as it was sent."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    prefix = urlsplit(fhir_base).path
    depth = prefix.count("/")
    parts = raw.split(b"/", depth + 1)
    if unquote(b"/".join(parts[: depth + 1]).decode("ascii", "replace")) != prefix:
        raise Refused(404, "not-found", _NOWHERE)
    return b"/" + parts[depth + 1] if len(parts) > depth + 1 else b""


def _pairs(raw: bytes) -> Pairs:
    if len(raw) > _MAX_QUERY:
        raise Refused(414, "too-long", "The query is too long; use POST _search.")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Refused(400, "value", "The query is not percent-encoded.") from None
    return parse_qsl(text, keep_blank_values=True, errors="strict")


def _negotiate(policies: Any, request: Request, query: Sequence[tuple[str, str]]) -> None:
    wanted = next((value for name, value in query if name == "_format"), "")
    accept = request.headers.get("accept", "")
    segments = request.scope["path"].rstrip("/").split("/")
    if len(segments) > 1 and segments[-2] == "Binary" and not wanted:
        return
    if not policies.negotiate(accept, wanted):
        raise Refused(406, "not-supported", "This API speaks FHIR R4 as JSON only.")


def get(call: Call, segments: tuple[str, ...], query: Pairs) -> Reply:
    """Answer one GET of an authenticated call; raises `Refused`."""
    side_door = _side_door(call, segments)
    if side_door is not None:
        return side_door
    kind = segments[0] if segments else ""
    if kind not in READABLE:
        raise Refused(404, "not-supported", _NOWHERE)
    if len(segments) == 1 and kind in PARAMETERS:
        return Reply(resource=search(call, kind, query))
    if len(segments) == 2:
        return _read(call, kind, segments[1], query)
    if len(segments) == 4 and segments[2] == "_history":
        return _vread(call, kind, segments[1], segments[3])
    if len(segments) == 3 and kind == "Patient" and segments[2] in PARAMETERS:
        return _compartment(call, segments[1], segments[2], query)
    raise Refused(404, "not-found", _NOWHERE)


def _side_door(call: Call, segments: tuple[str, ...]) -> Reply | None:
    """Answer history, operations, GraphQL and export, wherever in a path they are asked for."""
    last = segments[-1] if segments else ""
    if last == "_history":
        return call.policies.history(call, segments)
    if not last.startswith("$"):
        return None
    doors = {
        "$everything": call.policies.everything,
        "$graphql": call.policies.graphql,
        "$export": call.policies.export,
    }
    return doors.get(last, call.policies.operation)(call, segments)


def _read(call: Call, kind: str, logical_id: str, query: Pairs) -> Reply:
    if kind == "Binary":
        return _binary(call, logical_id, query)
    if not call.policies.scope_allows(call.access, kind, "r"):
        raise outcome.insufficient_scope(kind)
    resource = _lookup(call, kind, logical_id)
    policies = call.policies
    if not policies.may_read(call.access, resource, call.world):
        raise policies.absent(call.face, "foreign", resource)
    _check_disclosure(call, resource)
    return _one(call, resource, query)


def _lookup(call: Call, kind: str, logical_id: str) -> dict[str, Any]:
    if not LOGICAL_ID.fullmatch(logical_id):
        raise call.policies.absent(call.face, "malformed", None)
    resource = call.world.resource(kind, logical_id)
    if resource is None:
        raise call.policies.absent(call.face, "unknown", None)
    return resource


def _check_disclosure(call: Call, resource: dict[str, Any]) -> None:
    policies = call.policies
    if not policies.discloses_read(call.access, resource, call.world):
        raise policies.absent(call.face, "withheld", resource)
    if not policies.granular_read(call.access, resource, "r"):
        raise policies.absent(call.face, "out-of-scope", resource)


def _one(call: Call, resource: dict[str, Any], query: Pairs) -> Reply:
    headers = {"ETag": etag(resource)}
    if call.policies.not_modified(call.headers, resource):
        return Reply(304, headers=headers)
    written = shown(call, resource)
    given = dict(query)
    chosen = [name for name in given.get("_elements", "").split(",") if name]
    if chosen or given.get("_summary"):
        written = call.policies.project(written, chosen, given.get("_summary", ""))
    return Reply(resource=written, headers=headers)


def _vread(call: Call, kind: str, logical_id: str, version: str) -> Reply:
    if kind == "Binary":
        raise call.policies.absent(call.face, "unknown", None)
    if not call.policies.scope_allows(call.access, kind, "r"):
        raise outcome.insufficient_scope(kind)
    resource = _lookup(call, kind, logical_id)
    if not call.policies.may_vread(call.access, resource, call.world):
        raise call.policies.absent(call.face, "foreign", resource)
    _check_disclosure(call, resource)
    if version != resource["meta"].get("versionId"):
        raise call.policies.absent(call.face, "unknown", None)
    return _one(call, resource, [])


def _compartment(call: Call, patient: str, kind: str, query: Pairs) -> Reply:
    """Answer ``Patient/{id}/Type``: a search within the member's own compartment only."""
    if not call.policies.scope_allows(call.access, kind, "s"):
        raise outcome.insufficient_scope(kind)
    if not call.policies.in_own_compartment(call.access, patient):
        raise call.policies.absent(call.face, "foreign", None)
    if "patient" not in PARAMETERS[kind]:
        raise Refused(404, "not-found", _NOWHERE)
    return Reply(resource=search(call, kind, [*query, ("patient", f"Patient/{patient}")]))


def _binary(call: Call, logical_id: str, query: Pairs) -> Reply:
    """Answer a Binary: only with a readable document of the member's record that names it."""
    policies = call.policies
    kinds = ("DocumentReference", "DiagnosticReport")
    if not any(policies.scope_allows(call.access, kind, "r") for kind in kinds):
        raise outcome.insufficient_scope("Binary")
    binary = _lookup(call, "Binary", logical_id)
    if not policies.may_open_binary(call.access, binary, call.world):
        raise policies.absent(call.face, "foreign", binary)
    documents = holders(binary, call.world)
    if not all(policies.discloses_binary(call.access, one, call.world) for one in documents):
        raise policies.absent(call.face, "withheld", binary)
    if not any(_covers_document(call, one) for one in documents):
        raise policies.absent(call.face, "out-of-scope", binary)
    wanted = dict(query).get("_format", "")
    if not wants_native(call.headers.get("accept", ""), wanted):
        return Reply(resource=binary)
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'"}
    content = base64.b64decode(binary.get("data", ""))
    return Reply(raw=content, content_type=binary["contentType"], headers=headers)


def _covers_document(call: Call, document: dict[str, Any]) -> bool:
    policies, kind = call.policies, document["resourceType"]
    allowed = policies.scope_allows(call.access, kind, "r")
    return allowed and policies.granular_read(call.access, document, "r")


async def _post(call: Call, request: Request, segments: tuple[str, ...], query: Pairs) -> Reply:
    body = await _body(request)
    if not segments:
        return call.policies.batch(call, body)
    side_door = _side_door(call, segments)
    if side_door is not None:
        return side_door
    if segments[-1] != "_search":
        return call.policies.write(call, segments, body)
    kind = segments[0]
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media != _FORM:
        raise Refused(415, "not-supported", f"POST _search takes {_FORM}.")
    pairs = list(call.policies.merge_sources(query, _form(body)))
    _negotiate(call.policies, request, pairs)
    if len(segments) == 2 and kind in PARAMETERS:
        return Reply(resource=search(call, kind, pairs, posted=True))
    if len(segments) == 4 and kind == "Patient" and segments[2] in PARAMETERS:
        return _compartment(call, segments[1], segments[2], pairs)
    raise Refused(404, "not-found", _NOWHERE)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refused(413, "too-long", "The body is too long.")
    return body


def _form(body: bytes) -> Pairs:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Refused(400, "value", "The form is not percent-encoded UTF-8.") from None
