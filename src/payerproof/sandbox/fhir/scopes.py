"""What SMART scopes allow (SMART App Launch 2.2.0, Scopes): v1, v2 and granular, for one member.

A resource scope is ``patient/Type.cruds`` or ``user/Type.cruds`` (v1: ``.read``, ``.write``,
``.*``), with an optional query that narrows it. For a member's token ``user/`` opens no more than
``patient/``: the compartment bounds both. ``system/`` scopes open nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Criterion
from payerproof.sandbox.fhir.matching import elements, split, token_matches
from payerproof.sandbox.fhir.parameters import PARAMETERS

_FORM = re.compile(r"(patient|user)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True)
class ResourceScope:
    """One scope taken apart; `resource_type` may be ``*``, `query` is empty or narrows it."""

    resource_type: str
    verbs: str
    query: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=4096)
def parse(scope: str) -> ResourceScope | None:
    """Take a scope apart; None for one that opens no resource of a member."""
    found = _FORM.fullmatch(scope)
    if found is None or not found[3]:
        return None
    query = tuple(parse_qsl(found[4] or "", keep_blank_values=True))
    return ResourceScope(found[2], _V1.get(found[3], found[3]), query)


def _granting(access: Access, resource_type: str, verb: str) -> list[ResourceScope]:
    parsed = (parse(scope) for scope in access.scopes)
    return [
        scope
        for scope in parsed
        if scope and scope.resource_type in ("*", resource_type) and verb in scope.verbs
    ]


def allows(access: Access, resource_type: str, verb: str) -> bool:
    """Whether any scope gives this verb (``r`` read, ``s`` search) on the type."""
    return bool(_granting(access, resource_type, verb))


def allows_include(access: Access, resource_type: str) -> bool:
    """Whether resources of this type may ride along in a search: the type needs a scope itself."""
    return allows(access, resource_type, "r") or allows(access, resource_type, "s")


def covers(access: Access, resource: Resource, verb: str) -> bool:
    """Whether the granular scopes, where a type has only such, cover this resource.

    A type without any scope is not this gate's business but that of `allows`.
    """
    kind = resource["resourceType"]
    verbs = "rs" if verb == "include" else verb
    granting = [scope for each in verbs for scope in _granting(access, kind, each)]
    return not granting or any(_satisfies(resource, scope) for scope in granting)


def _satisfies(resource: Resource, scope: ResourceScope) -> bool:
    known = PARAMETERS.get(resource["resourceType"], {})
    for name, value in scope.query:
        parameter = known.get(name)
        if parameter is None or parameter.kind != "token":
            return False
        criterion = Criterion(parameter, "", tuple(split(value, ",")))
        if not any(
            token_matches(asked, element, parameter.system)
            for asked in criterion.values
            for element in elements(resource, parameter)
        ):
            return False
    return True
