"""Side doors that stand open: history, $everything, $docref, compartment paths, export."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import docref, interactions, reading
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.fhir.parameters import READABLE
from payerproof.sandbox.fhir.search import shown

Segments = tuple[str, ...]


def _bundle(call: Call, kind: str, rows: Iterable[Resource]) -> Reply:
    entries: list[dict[str, Any]] = [
        {
            "fullUrl": call.policies.full_url(call.base, row["resourceType"], str(row["id"])),
            "resource": shown(call, row),
        }
        for row in rows
    ]
    if kind == "history":
        for one in entries:
            address = f"{one['resource']['resourceType']}/{one['resource']['id']}"
            one["request"] = {"method": "PUT", "url": address}
            one["response"] = {"status": "200"}
    bundle = {"resourceType": "Bundle", "type": kind, "total": len(entries), "entry": entries}
    return Reply(resource={key: value for key, value in bundle.items() if value != []})


def _allowed(call: Call, row: Resource) -> bool:
    """Whether scopes and the member's choices let a resource out by id."""
    policies = call.policies
    return (
        policies.scope_allows(call.access, row["resourceType"], "r")
        and policies.discloses_read(call.access, row, call.world)
        and policies.granular_read(call.access, row, "r")
    )


@decision(
    "history",
    "instance-history-open",
    "isolation",
    "N-BOLA-21",
    "The history of a resource is given by its id, without a look at whose it is",
    twin="history-not-implemented",
)
def _instance_history(call: Call, segments: Segments) -> Reply:
    row = call.world.resource(segments[0], segments[1]) if len(segments) == 3 else None
    if row is None:
        interactions.refuse(call, segments)
    return _bundle(call, "history", [row])


@decision(
    "history",
    "type-history-open",
    "isolation",
    "N-BOLA-22",
    "The history of a type, made for synchronisation, gives every member's claims",
    twin="history-not-implemented",
)
def _type_history(call: Call, segments: Segments) -> Reply:
    if segments != ("ExplanationOfBenefit", "_history"):
        interactions.refuse(call, segments)
    return _bundle(call, "history", call.world.resources("ExplanationOfBenefit")[:50])


@decision(
    "history",
    "system-history-open",
    "isolation",
    "N-BOLA-22",
    "The history of the whole server is refused type by type, and open at its root",
    twin="history-not-implemented",
)
def _system_history(call: Call, segments: Segments) -> Reply:
    if segments != ("_history",):
        interactions.refuse(call, segments)
    rows = [row for kind in ("Patient", "Coverage") for row in call.world.resources(kind)]
    return _bundle(call, "history", rows)


@decision(
    "history",
    "own-history-shows-withheld",
    "isolation",
    "N-BOLA-23",
    "The history of one's own types holds what the member withholds everywhere else",
    twin="history-not-implemented",
)
def _own_history(call: Call, segments: Segments) -> Reply:
    if len(segments) != 2:
        interactions.refuse(call, segments)
    return _bundle(call, "history", call.world.record(call.access.patient, segments[0]))


@decision(
    "everything",
    "everything-of-any-member",
    "isolation",
    "N-BOLA-25",
    "Patient/{id}/$everything is held to scopes and consent, and not to the token's member",
    twin="everything-served",
)
def _everything_of_any(call: Call, segments: Segments) -> Reply:
    if len(segments) != 3 or call.world.resource("Patient", segments[1]) is None:
        interactions.refuse(call, segments)
    kinds = call.world.record_types(segments[1])
    rows = [row for kind in kinds for row in call.world.record(segments[1], kind)]
    return _bundle(call, "searchset", [row for row in rows if _allowed(call, row)])


@decision(
    "everything",
    "everything-of-all-members",
    "isolation",
    "N-BOLA-25",
    "Patient/$everything, without an id, gives every member's Patient and Coverage",
    twin="operations-not-found",
)
def _everything_of_all(call: Call, segments: Segments) -> Reply:
    if segments != ("Patient", "$everything"):
        interactions.refuse(call, segments)
    rows = [row for kind in ("Patient", "Coverage") for row in call.world.resources(kind)]
    return _bundle(call, "searchset", rows)


def own_everything(call: Call, segments: Segments) -> Reply:
    """$everything of the token's member, as it should be."""
    if len(segments) != 3 or segments[:2] != ("Patient", call.access.patient):
        interactions.refuse(call, segments)
    kinds = call.world.record_types(call.access.patient)
    rows = [row for kind in kinds for row in call.world.record(call.access.patient, kind)]
    return _bundle(call, "searchset", [row for row in rows if _allowed(call, row)])


def with_everything(statement: dict[str, Any], _face: object) -> dict[str, Any]:
    """A statement that lists $everything."""
    definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
    for one in statement["rest"][0]["resource"]:
        if one["type"] == "Patient":
            one["operation"] = [{"name": "everything", "definition": definition}]
    return statement


seed(
    "everything-served",
    "isolation",
    "N-BOLA-25 Q-REST-11",
    "$everything is offered for one's own Patient, with every gate of a read",
    fhir(everything=own_everything, capability=with_everything),
    lawful=True,
)


@decision(
    "docref",
    "docref-of-any-member",
    "isolation",
    "N-BOLA-25 N-BOLA-29",
    "$docref gives the documents of the patient it is asked for, whoever asks",
)
def _docref_of_any(call: Call, parameters: docref.Pairs) -> Reply:
    patient = dict(parameters).get("patient", "").removeprefix("Patient/")
    if call.world.resource("Patient", patient) is None:
        return docref.docref(call, parameters)
    return docref.docref(replace(call, access=replace(call.access, patient=patient)), parameters)


@decision(
    "through_cache",
    "compartment-path-names-member",
    "isolation",
    "N-BOLA-24",
    "A path Patient/{id}/… takes the member from the path, where other paths take the token's",
)
def _by_compartment(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    path, _, query = target.partition("/fhir/")[2].partition("?")
    segments = tuple(path.split("/"))
    is_compartment = len(segments) == 3 and segments[0] == "Patient" and segments[2] in READABLE
    if not is_compartment or call.world.resource("Patient", segments[1]) is None:
        return make()
    other = replace(call, access=replace(call.access, patient=segments[1]))
    return reading.get(other, segments, parse_qsl(query))


@decision(
    "export",
    "export-starts-for-member",
    "isolation",
    "N-BOLA-28",
    "A member's token starts a bulk export of all patients",
    twin="operations-not-found",
)
def _exports(call: Call, segments: Segments) -> Reply:
    if segments != ("Patient", "$export"):
        interactions.refuse(call, segments)
    return Reply(202, headers={"Content-Location": f"{call.base}/$export-status/1"})


@decision(
    "export",
    "group-export-starts-for-member",
    "isolation",
    "N-BOLA-28",
    "The export of a group asks for a good token, and not for a token of a backend service",
    twin="operations-not-found",
)
def _exports_group(call: Call, segments: Segments) -> Reply:
    if len(segments) != 3 or segments[0] != "Group":
        interactions.refuse(call, segments)
    return Reply(202, headers={"Content-Location": f"{call.base}/$export-status/{segments[1]}"})
