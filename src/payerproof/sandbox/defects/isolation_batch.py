"""Doors that carry requests inside a request, batch and GraphQL, and forget to judge these."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import orjson

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import reading
from payerproof.sandbox.fhir.call import Asked, Call, Refused, Reply
from payerproof.sandbox.fhir.parameters import READABLE
from payerproof.sandbox.fhir.search import search

Pairs = list[tuple[str, str]]


def _open(_access: Access, _resource: Resource, _world: World, _asked: Asked) -> bool:
    return True


def _entries(body: bytes) -> list[str]:
    """Read the URLs of a batch of GETs; raises `Refused` (400)."""
    try:
        bundle = orjson.loads(body)
        asked = [one["request"] for one in bundle["entry"]]
        return [one["url"] for one in asked if one["method"] == "GET"]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "structure", "A batch takes a Bundle of GET requests.") from None


def _answered(call: Call, url: str) -> dict[str, Any]:
    path, _, query = url.removeprefix(call.base).lstrip("/").partition("?")
    try:
        reply = reading.get(replace(call, method="GET"), tuple(path.split("/")), parse_qsl(query))
    except Refused as refused:
        outcome = call.policies.error_reply(refused, "").resource
        return {"response": {"status": str(refused.status), "outcome": outcome}}
    return {"resource": reply.resource, "response": {"status": "200"}}


def _batch_bundle(entries: list[dict[str, Any]]) -> Reply:
    resource = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
    return Reply(resource=resource)


@decision(
    "batch",
    "batch-entries-unasked",
    "isolation",
    "N-BOLA-27",
    "The entries of a batch are run inside the server, behind the filter that compares the member",
    twin="batch-served",
)
def _inside(call: Call, body: bytes) -> Reply:
    policies = replace(call.policies, may_read=lambda *_: True, may_find=_open)
    inner = replace(call, policies=policies)
    return _batch_bundle([_answered(inner, url) for url in _entries(body)])


@decision(
    "batch",
    "batch-judged-by-first-entry",
    "isolation",
    "N-BOLA-27",
    "A batch is let through if its first entry is, and the others are not looked at",
    twin="batch-served",
)
def _by_first(call: Call, body: bytes) -> Reply:
    urls = _entries(body)
    first = [_answered(call, url) for url in urls[:1]]
    if first and first[0]["response"]["status"] != "200":
        raise Refused(403, "forbidden", "The batch is not allowed.")
    policies = replace(call.policies, may_read=lambda *_: True, may_find=_open)
    inner = replace(call, policies=policies)
    return _batch_bundle([*first, *(_answered(inner, url) for url in urls[1:])])


@decision(
    "batch",
    "batch-served",
    "isolation",
    "N-BOLA-27",
    "A batch of GETs is served, each entry with the gates that it would have alone",
    lawful=True,
)
def batch_of(call: Call, body: bytes) -> Reply:
    """Answer a batch of GETs, each entry by the decisions of the call."""
    return _batch_bundle([_answered(call, url) for url in _entries(body)])


_FIELD = re.compile(r"(\w+)\s*(?:\(([^)]*)\))?\s*(\{)?")
_ARGUMENT = re.compile(r'(\w+)\s*:\s*"([^"]*)"')


def _graphql_rows(call: Call, kind: str, given: dict[str, str], *, nested: bool) -> list[Resource]:
    if not kind.endswith("List"):
        row = call.world.resource(kind, given.get("id", ""))
        may = row is not None and call.policies.may_read(call.access, row, call.world)
        return [row] if row is not None and may else []
    kind = kind.removesuffix("List")
    if kind not in READABLE:
        return []
    pairs: Pairs = [(name, value) for name, value in given.items() if not name.startswith("_")]
    policies = replace(call.policies, may_find=_open) if nested else call.policies
    bundle = search(replace(call, policies=policies), kind, [*pairs, ("_count", "50")])
    return [one["resource"] for one in bundle.get("entry", ())]


def _graphql(call: Call, query: str) -> dict[str, Any]:
    """Answer a query of types and lists, one inside another, with whole resources."""
    data: dict[str, Any] = {}
    depth = 0
    for part in re.finditer(r"[{}]|" + _FIELD.pattern, query):
        text = part.group(0)
        if text == "}":
            depth -= 1
            continue
        field = _FIELD.match(text)
        if field and field[1][0].isupper():
            given = dict(_ARGUMENT.findall(field[2] or ""))
            rows = _graphql_rows(call, field[1], given, nested=depth > 1)
            single = rows[0] if rows else None
            data[field[1]] = rows if field[1].endswith("List") else single
        depth += text.endswith("{")
    return {"data": data}


@decision(
    "through_cache",
    "graphql-nested-lists-open",
    "isolation",
    "N-BOLA-26",
    "GraphQL holds the outermost field to the token's member, and no field inside it",
    twin="operations-not-found",
)
def _graphql_door(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    path, _, query = target.partition("/fhir/")[2].partition("?")
    asked = dict(parse_qsl(query)).get("query", "")
    if path != "$graphql" or not asked:
        return make()
    return Reply(raw=orjson.dumps(_graphql(call, asked)), content_type="application/json")
