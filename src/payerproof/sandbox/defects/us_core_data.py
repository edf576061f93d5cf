"""Clinical data and what comes along with them: Provenance, includes, references, missing data.

Written from US Core's pages on must support, missing data and Provenance, and from its statement of
server demands.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision, fhir, seed
from payerproof.sandbox.fhir import compartment, interactions, paging, scopes
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Refused, Reply

_AREA = "us_core"
_PROVENANCE = "US-Core:provenance"
_MUST_SUPPORT = "US-Core:must-support"
_MISSING = "US-Core:missing-data"
_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


# -- Provenance and includes -----------------------------------------------------------------------


@decision(
    "revinclude_sources",
    "provenance-of-everything",
    _AREA,
    _PROVENANCE,
    "Asked for Provenance, the API adds all of the member's, whatever was found",
)
def _all_of_it(
    access: Access, target: Resource, source: tuple[str, str], world: World, asked: Asked
) -> Sequence[Resource]:
    if source[0] != "Provenance":
        return compartment.revinclude_sources(access, target, source, world, asked)
    return [one for one in world.resources("Provenance") if compartment.belongs(access, one, world)]


@decision(
    "assemble",
    "provenance-among-matches",
    _AREA,
    _PROVENANCE,
    "Included Provenance is marked as a match",
)
def _as_matches(bundle: dict[str, Any], call: Call, asked: Asked) -> dict[str, Any]:  # noqa: ARG001
    for entry in bundle.get("entry", ()):
        if entry["resource"]["resourceType"] == "Provenance":
            entry["search"] = {"mode": "match"}
    return bundle


def _nothing(
    access: Access, target: Resource, source: tuple[str, str], world: World, asked: Asked
) -> Sequence[Resource]:
    if source[0] == "Provenance":
        return []
    return compartment.revinclude_sources(access, target, source, world, asked)


def _link_without(base: str, asked: Asked) -> str:
    link = paging.self_link(base, asked)
    head, _, query = link.partition("?")
    kept = [one for one in query.split("&") if one and not one.startswith("_revinclude")]
    return f"{head}?{'&'.join(kept)}" if kept else head


seed(
    "revinclude-passed-over",
    _AREA,
    _PROVENANCE,
    "_revinclude is not known and passed over",
    fhir(revinclude_sources=_nothing, self_link=_link_without),
)


@data(
    "provenance-not-kept",
    _AREA,
    _PROVENANCE,
    "No Provenance is made of what comes from providers",
)
def _no_provenance(world: World) -> World:
    return world.edit("Provenance", lambda _: None)


@decision(
    "include_target",
    "drugs-not-included",
    _AREA,
    "US-Core:includes",
    "Drugs live in another service, and _include of a drug brings nothing",
)
def _no_drugs(
    access: Access, reference: dict[str, Any], world: World, asked: Asked
) -> Resource | None:
    found = compartment.include_target(access, reference, world, asked)
    return None if found is not None and found["resourceType"] == "Medication" else found


# -- reading ---------------------------------------------------------------------------------------


def _reading(kind: str) -> Callable[[str], bool]:
    return lambda target: f"/{kind}/" in target and "?" not in target


@decision(
    "through_cache",
    "reads-of-an-older-mapping",
    _AREA,
    "US-Core:server-statement",
    "Reading a condition goes through an older mapping, which leaves its onset out",
)
def _older(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    reply = interactions.uncached(call, target, make)
    if _reading("Condition")(target) and reply.resource:
        kept = {name: value for name, value in reply.resource.items() if name != "onsetDateTime"}
        return Reply(resource=kept, headers=reply.headers)
    return reply


@decision(
    "through_cache",
    "specimens-not-readable",
    _AREA,
    "US-Core:server-statement",
    "Specimens are referred to and can't be read",
)
def _unreadable(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    if _reading("Specimen")(target):
        raise Refused(404, "not-found", "There is no such address here.")
    return interactions.uncached(call, target, make)


# -- references and must support -------------------------------------------------------------------


def _amended(
    kind: str, name: str, cites: str, title: str, change: Callable[[Resource], None], **more: Any
) -> None:
    """Seed a mapping that writes every resource of a type otherwise."""

    def edited(resource: Resource) -> Resource:
        made = copy.deepcopy(resource)
        change(made)
        return made

    data(name, _AREA, cites, title, **more)(lambda world: world.edit(kind, edited))


def _gone(resource: Resource) -> None:
    for one in resource.get("performer", ()):
        one["reference"] = one["reference"].replace("Organization/", "Organization/old-")


_amended(
    "Observation",
    "laboratories-not-loaded",
    "US-Core:references Q-REST-24",
    "Results refer to laboratories by the keys of another system",
    _gone,
)


def _without(kind: str, element: str, name: str, title: str) -> None:
    _amended(kind, name, _MUST_SUPPORT, title, lambda resource: resource.pop(element, None))


_without("DocumentReference", "author", "document-authors-left-out", "No document names its author")
_without(
    "Immunization",
    "primarySource",
    "primary-source-left-out",
    "No immunization says whether it was reported by who gave it",
)
_without("Device", "udiCarrier", "device-identifiers-left-out", "No device shows its UDI")


# -- missing data ----------------------------------------------------------------------------------


def _with_reason(resource: Resource) -> None:
    if "abatementDateTime" not in resource:
        resource["_abatementDateTime"] = {"extension": [{"url": _REASON, "valueCode": "unknown"}]}


_amended(
    "Condition",
    "unknown-ends-with-reason",
    _MISSING,
    "A condition that goes on carries an end that is said to be unknown",
    _with_reason,
    twin="demanded-elements-with-reason",
)


def _unknown_result(resource: Resource) -> None:
    if "valueQuantity" in resource and resource["id"][-1] in "02468ace":
        system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        resource.pop("valueQuantity")
        resource["dataAbsentReason"] = {"coding": [{"system": system, "code": "unknown"}]}


_amended(
    "Observation",
    "demanded-elements-with-reason",
    _MISSING,
    "Some results are missing, and say so as the profile asks",
    _unknown_result,
    lawful=True,
)


# -- profiles --------------------------------------------------------------------------------------


def _silent(resource: Resource) -> None:
    resource["meta"].pop("profile", None)
    resource.pop("code", None)


_amended(
    "AllergyIntolerance",
    "allergies-without-code-or-profile",
    "US-Core:profiles",
    "Allergies come without a code, and name no profile that would ask for one",
    _silent,
    twin="profiles-not-named",
)


@data(
    "profiles-not-named",
    _AREA,
    "US-Core:profiles",
    "Clinical resources name no profile, and conform to it",
    lawful=True,
)
def _unnamed(world: World) -> World:
    for kind in ("AllergyIntolerance", "Condition", "Goal", "Immunization", "Procedure"):
        world = world.edit(
            kind,
            lambda one: {
                **one,
                "meta": {k: v for k, v in one["meta"].items() if k != "profile"},
            },
        )
    return world


def _unlisted(statement: dict[str, Any], face: FaceFacts) -> dict[str, Any]:  # noqa: ARG001
    for resource in statement["rest"][0]["resource"]:
        if resource["type"] in ("Condition", "Goal"):
            resource.pop("supportedProfile", None)
    return statement


seed(
    "profiles-not-listed",
    _AREA,
    "US-Core:server-statement",
    "The statement lists no profile of conditions and goals",
    fhir(capability=_unlisted),
)


# -- scopes of categories --------------------------------------------------------------------------


def _observations_only(access: Access, resource: Resource, verb: str) -> bool:
    return resource["resourceType"] != "Observation" or scopes.covers(access, resource, verb)


seed(
    "condition-categories-not-narrowed",
    _AREA,
    "US-Core:granular-scopes",
    "Categories in scopes are heeded for observations, and passed over for conditions",
    fhir(granular_search=_observations_only),
)


def _last_category(access: Access, resource: Resource, verb: str) -> bool:
    finer = [one for one in access.scopes if one.startswith("patient/Observation.") and "?" in one]
    kept = tuple(one for one in access.scopes if one not in sorted(finer)[:-1])
    return scopes.covers(replace(access, scopes=kept), resource, verb)


seed(
    "last-category-counts",
    _AREA,
    "US-Core:granular-scopes",
    "Of several categories that were granted for observations only one counts",
    fhir(granular_search=_last_category),
)
