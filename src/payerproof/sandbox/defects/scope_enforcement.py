"""Scopes that were granted narrowly and open more at the FHIR server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import compartment, outcome, projection, scopes
from payerproof.sandbox.fhir.call import Asked


@decision(
    "scope_allows",
    "one-scope-opens-every-type",
    "scopes",
    "N-SCOPE-01",
    "A token with any scope for the member's data reads and searches every type",
)
def _any_type(access: Access, _resource_type: str, verb: str) -> bool:
    parsed = [scopes.parse(scope) for scope in access.scopes]
    return any(scope and verb in scope.verbs for scope in parsed)


@decision(
    "scope_allows",
    "search-scope-unasked",
    "scopes",
    "N-SCOPE-01 N-SCOPE-02",
    "Reads ask for a scope of the type, searches don't",
)
def _read_only(access: Access, resource_type: str, verb: str) -> bool:
    return verb == "s" or scopes.allows(access, resource_type, verb)


@decision(
    "scope_allows",
    "read-scope-unasked",
    "scopes",
    "N-SCOPE-01",
    "Searches ask for a scope of the type, reads by id don't",
)
def _search_only(access: Access, resource_type: str, verb: str) -> bool:
    return verb == "r" or scopes.allows(access, resource_type, verb)


@decision(
    "scope_allows",
    "scope-type-by-prefix",
    "scopes",
    "N-SCOPE-01",
    "A scope for Medication also opens every type whose name begins with it",
)
def _by_prefix(access: Access, resource_type: str, verb: str) -> bool:
    parsed = [scopes.parse(scope) for scope in access.scopes]
    return any(
        scope
        and verb in scope.verbs
        and (scope.resource_type == "*" or resource_type.startswith(scope.resource_type))
        for scope in parsed
    )


@decision(
    "scope_allows",
    "demographics-always-open",
    "scopes",
    "N-SCOPE-01 N-SCOPE-04",
    "Patient is open to every token, also where the member left demographics out",
)
def _patient_always(access: Access, resource_type: str, verb: str) -> bool:
    return resource_type == "Patient" or scopes.allows(access, resource_type, verb)


def _outward(access: Access, resource: Resource, verb: str) -> bool:
    if not scopes.allows(access, resource["resourceType"], "s"):
        raise outcome.insufficient_scope(resource["resourceType"])
    return scopes.covers(access, resource, verb)


seed(
    "search-scope-asked-on-the-way-out",
    "scopes",
    "N-SCOPE-02",
    "A search without scope is refused if there are rows, and answers empty if there are none",
    fhir(scope_allows=_read_only, granular_search=_outward),
)


@decision(
    "scope_allows",
    "read-scope-searches",
    "scopes",
    "N-SCOPE-07",
    "A scope with .r alone also searches",
)
def _searches(access: Access, resource_type: str, _verb: str) -> bool:
    return scopes.allows(access, resource_type, "r") or scopes.allows(access, resource_type, "s")


@decision(
    "scope_allows",
    "search-scope-reads",
    "scopes",
    "N-SCOPE-07",
    "A scope with .s alone also reads by id",
)
def _reads(access: Access, resource_type: str, verb: str) -> bool:
    also = verb == "r" and scopes.allows(access, resource_type, "s")
    return also or scopes.allows(access, resource_type, verb)


@decision(
    "scope_allows_include",
    "include-scope-unasked",
    "scopes",
    "N-SCOPE-03",
    "What an _include brings along needs no scope of its own",
    twin="unscoped-include-refused",
)
def _rides(_access: Access, _resource_type: str) -> bool:
    return True


@decision(
    "scope_allows_include",
    "patient-rides-without-scope",
    "scopes",
    "N-SCOPE-03 N-SCOPE-04",
    "Demographics ride along with a claim though the member has left them out",
    twin="unscoped-include-refused",
)
def _patient_rides(access: Access, resource_type: str) -> bool:
    return resource_type == "Patient" or scopes.allows_include(access, resource_type)


@decision(
    "scope_allows_include",
    "unscoped-include-refused",
    "scopes",
    "N-SCOPE-03",
    "A search whose _include would bring a type without scope is refused as a whole",
    lawful=True,
)
def _refused(access: Access, resource_type: str) -> bool:
    if not scopes.allows_include(access, resource_type):
        raise outcome.insufficient_scope(resource_type)
    return True


@decision(
    "redact",
    "contained-copies-left-in",
    "scopes",
    "N-SCOPE-04 N-LEAK-09",
    "Contained copies of types without scope go out with the resource that holds them",
    twin="contained-copies-never-sent",
)
def _unredacted(_access: Access, resource: Resource) -> Resource:
    return resource


@decision(
    "redact",
    "contained-dropped-display-kept",
    "scopes",
    "N-SCOPE-04 N-LEAK-09",
    "A contained copy without scope is dropped, and its name moves into the reference's display",
    twin="contained-copies-never-sent",
)
def _display_kept(access: Access, resource: Resource) -> Resource:
    names = [one["name"][0] for one in resource.get("contained", ()) if one.get("name")]
    redacted = projection.redact(access, resource)
    if redacted is resource or not names:
        return redacted
    name = f"{' '.join(names[0].get('given', ()))} {names[0].get('family', '')}"
    changed: Resource = _renamed(redacted, name)
    return changed


def _renamed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        if value == {"display": "Withheld"}:
            return {"display": name}
        return {key: _renamed(inner, name) for key, inner in value.items()}
    return [_renamed(one, name) for one in value] if isinstance(value, list) else value


@decision(
    "redact",
    "contained-copies-never-sent",
    "scopes",
    "N-SCOPE-04",
    "Contained people are taken out of every answer, with whatever scope",
    lawful=True,
)
def _never(access: Access, resource: Resource) -> Resource:
    return projection.redact(replace(access, scopes=()), resource)


@decision(
    "granular_read",
    "granular-scope-search-only",
    "scopes",
    "N-SCOPE-06",
    "A scope that names a category narrows searches, and not reads by id",
)
def _all_by_id(_access: Access, _resource: Resource, _verb: str) -> bool:
    return True


@decision(
    "granular_search",
    "granular-scope-read-only",
    "scopes",
    "N-SCOPE-06",
    "A scope that names a category narrows reads by id, and searches give every category",
)
def _all_found(_access: Access, _resource: Resource, _verb: str) -> bool:
    return True


def _by_id_list(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    return compartment.may_find(access, resource, world, asked) and (
        bool(asked.values("_id")) or scopes.covers(access, resource, "s")
    )


seed(
    "granular-scope-not-for-ids",
    "scopes",
    "N-SCOPE-06",
    "A search by _id is answered by lookup, where the category of the scope is not asked",
    fhir(granular_search=_all_found, may_find=_by_id_list),
)
