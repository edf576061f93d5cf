"""What a guide asks of a server: its CapabilityStatements and search parameters as compact facts.

A search parameter keeps ``url``, ``code``, ``base``, ``type``, ``expression``, ``target`` and
``chain`` (names that may follow it), and where the guide grades them ``comparator`` (prefix ->
expectation) and ``or`` / ``and`` (expectation of several values). A server is type -> ``e``
expectation, ``i`` interactions, ``p`` parameters
(name -> [expectation, definition]), ``c`` combinations ([expectation, names]), ``n`` and ``v``
includes and reverse includes, ``o`` operations ([expectation, definition]), ``s`` profiles.

Sources: FHIR R4 CapabilityStatement, its extensions capabilitystatement-expectation and
capabilitystatement-search-parameter-combination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]

_STRUCTURE = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-"
EXPECTATION = _STRUCTURE + "expectation"
COMBINATION = _STRUCTURE + "search-parameter-combination"


def compile_parameter(parameter: Json) -> Json:
    """The facts of one SearchParameter."""
    keys = ("url", "code", "base", "type", "expression", "target", "chain")
    out = {key: parameter[key] for key in keys if key in parameter}
    graded = {
        str(value): _graded(beside)
        for value, beside in zip(
            parameter.get("comparator") or [], parameter.get("_comparator") or [], strict=False
        )
    }
    if any(graded.values()):
        out["comparator"] = graded
    for short, long in (("or", "multipleOr"), ("and", "multipleAnd")):
        if parameter.get(long) and (grade := _graded(parameter.get("_" + long))):
            out[short] = grade
    return out


def compile_servers(statements: Iterable[Json]) -> Json:
    """Address -> type -> what is asked, of every statement about a server."""
    out: Json = {}
    for statement in sorted(statements, key=lambda one: str(one.get("url"))):
        types: Json = {}
        for rest in statement.get("rest") or []:
            if rest.get("mode") == "server":
                for resource in rest.get("resource") or []:
                    types[resource["type"]] = _type(resource)
        if types:
            out[str(statement.get("url"))] = dict(sorted(types.items()))
    return out


def _type(resource: Json) -> Json:
    parameters = {
        one["name"]: [_graded(one), one.get("definition", "")]
        for one in resource.get("searchParam") or []
    }
    made: Json = {
        "e": _graded(resource),
        "i": {one["code"]: _graded(one) for one in resource.get("interaction") or []},
        "p": parameters,
        "c": [
            [_graded(one), _required(one)]
            for one in resource.get("extension") or []
            if one.get("url") == COMBINATION
        ],
        "n": _listed(resource, "searchInclude"),
        "v": _listed(resource, "searchRevInclude"),
        "o": {
            one["name"]: [_graded(one), one.get("definition", "")]
            for one in resource.get("operation") or []
        },
        "s": [str(one).partition("|")[0] for one in resource.get("supportedProfile") or []],
    }
    return {key: value for key, value in made.items() if value}


def _listed(resource: Json, name: str) -> dict[str, str]:
    values = resource.get(name) or []
    beside = [*(resource.get("_" + name) or []), *([None] * len(values))]
    return {str(value): _graded(one) for value, one in zip(values, beside, strict=False)}


def _required(combination: Json) -> list[str]:
    return [
        str(one["valueString"])
        for one in combination.get("extension") or []
        if one.get("url") == "required" and one.get("valueString")
    ]


def _graded(holder: object) -> str:
    """SHALL, SHOULD, MAY or SHOULD-NOT as the expectation extension says; empty without one."""
    extensions = holder.get("extension") if isinstance(holder, Mapping) else None
    for one in extensions or []:
        if isinstance(one, Mapping) and one.get("url") == EXPECTATION:
            return str(one.get("valueCode") or "")
    return ""
