"""Ways of writing a path by which a read passes the gateway that should have stopped it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import fhir, seed
from payerproof.sandbox.fhir import negotiation, reading
from payerproof.sandbox.fhir.call import Call, Reply

_TWIN = "paths-are-normalised"
Cached = Callable[[Call, str, Callable[[], Reply]], Reply]


def _unasked(_access: Access, _resource: Resource, _world: World) -> bool:
    return True


def _gateway_misses(passes: Callable[[str], bool]) -> Cached:
    """Make a server that trusts its gateway, and a gateway that lets some paths through unasked."""

    def answer(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
        path = target.partition("?")[0].partition("/fhir")[2]
        if not passes(path):
            return make()
        policies = replace(call.policies, may_read=_unasked, may_vread=_unasked)
        return reading.get(replace(call, policies=policies), _tolerant(path), ())

    return answer


def _tolerant(path: str) -> tuple[str, ...]:
    """Read a path as a tolerant server does: decoded, without parameters, dots resolved."""
    kept: list[str] = []
    for part in re.sub(r";[^/]*", "", unquote(unquote(path))).split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part.rstrip(". "):
            kept.append(part.rstrip(". "))
    return tuple(kept)


seed(
    "encoded-slash-past-the-gateway",
    "isolation",
    "N-BOLA-08",
    "The gateway's rule wants a plain slash; a read written with %2F passes it unasked",
    fhir(through_cache=_gateway_misses(lambda path: "%2f" in path.lower())),
    twin=_TWIN,
)

seed(
    "parent-path-past-the-gateway",
    "isolation",
    "N-BOLA-08",
    "The gateway looks at the first id of a path, the server at what '..' leaves of it",
    fhir(through_cache=_gateway_misses(lambda path: "/../" in path)),
    twin=_TWIN,
)

seed(
    "matrix-parameter-past-the-gateway",
    "isolation",
    "N-BOLA-08",
    "An id followed by ;v=1 fits none of the gateway's rules and is found by the server",
    fhir(through_cache=_gateway_misses(lambda path: ";" in path)),
    twin=_TWIN,
)

seed(
    "double-slash-past-the-gateway",
    "isolation",
    "N-BOLA-08",
    "A path with a doubled slash fits none of the gateway's rules and is found by the server",
    fhir(through_cache=_gateway_misses(lambda path: "//" in path)),
    twin=_TWIN,
)

seed(
    "trailing-dot-past-the-gateway",
    "isolation",
    "N-BOLA-08",
    "The gateway compares an id with its trailing dot, the server reads it without",
    fhir(through_cache=_gateway_misses(lambda path: path.endswith((".", "%20", "%2e", "%2E")))),
    twin=_TWIN,
)


def _normalised(raw: bytes) -> tuple[str, ...]:
    segments = negotiation.path_segments(raw)
    return tuple(part for one in segments for part in one.split("/") if part not in ("", "."))


seed(
    "paths-are-normalised",
    "isolation",
    "N-BOLA-08",
    "Doubled, encoded and trailing slashes are read as plain ones, and every gate stands behind",
    fhir(path_segments=_normalised),
    lawful=True,
)
