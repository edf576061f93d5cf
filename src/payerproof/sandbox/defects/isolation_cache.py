"""Answers and contexts that are kept for one member and given to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from payerproof.sandbox.access import Access
from payerproof.sandbox.defects.changing import remembering
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.fhir.reading import get

Make = Callable[[], Reply]


@remembering(
    "cache-by-url",
    "isolation",
    "N-BOLA-37",
    "A cache at the edge keeps the answers to plain /Patient and /Coverage under their URL",
    twin="cache-by-grant",
)
def _by_url() -> Mapping[str, Any]:
    return {"through_cache": _cache(_bare)}


def _bare(_call: Call, target: str) -> str:
    return target if target.endswith(("/Patient", "/Coverage")) else ""


@remembering(
    "cache-by-url-and-app",
    "isolation",
    "N-BOLA-37",
    "A cache keeps the first pages of searches under URL and app: two members of an app share them",
    twin="cache-by-grant",
)
def _by_app() -> Mapping[str, Any]:
    def key(call: Call, target: str) -> str:
        return f"{call.access.client_id} {target}" if "_count=" in target else ""

    return {"through_cache": _cache(key)}


@remembering(
    "cache-by-grant",
    "isolation",
    "N-BOLA-37",
    "A cache keeps answers for the very grant, state of the data and headers they were made for",
    lawful=True,
)
def _by_grant() -> Mapping[str, Any]:
    def key(call: Call, target: str) -> str:
        names = ("accept", "prefer", "if-none-match")
        form = [call.headers.get(name, "") for name in names]
        return f"{call.access} {call.method} {target} {form} {id(call.world)}"

    return {"through_cache": _cache(key, {"Age": "0"})}


def _cache(
    key: Callable[[Call, str], str], headers: Mapping[str, str] | None = None
) -> Callable[[Call, str, Make], Reply]:
    """Make a cache; what has no key is not kept."""
    kept: dict[str, Reply] = {}

    def through_cache(call: Call, target: str, make: Make) -> Reply:
        place = key(call, target)
        if not place:
            return make()
        if place not in kept:
            kept[place] = make().with_headers(headers or {})
            if len(kept) > 2000:
                del kept[next(iter(kept))]
        return kept[place]

    return through_cache


@remembering(
    "context-crosses-under-load",
    "isolation",
    "N-BOLA-36",
    "Once an app's requests for two members have alternated eight times, contexts get mixed up",
)
def _crossed() -> Mapping[str, Any]:
    recent: dict[str, deque[Access]] = {}

    def through_cache(call: Call, target: str, make: Make) -> Reply:
        before = recent.setdefault(call.access.client_id, deque(maxlen=8))
        before.append(call.access)
        members = [access.patient for access in before]
        alternating = all(one != other for one, other in pairwise(members))
        path, _, query = target.partition("/fhir/")[2].partition("?")
        if len(members) < 8 or not alternating:
            return make()
        return get(replace(call, access=before[-2]), tuple(path.split("/")), parse_qsl(query))

    return {"through_cache": through_cache}
