"""Administrative resources, writes and requests without a good token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision, fhir, remembering, seed
from payerproof.sandbox.fhir import compartment, interactions, outcome
from payerproof.sandbox.fhir.call import Call, Refused, Reply

Segments = tuple[str, ...]
Query = Any
Make = Callable[[], Reply]


def _path(target: str) -> str:
    return target.partition("?")[0].partition("/fhir/")[2]


def _searchset(call: Call, rows: list[Resource]) -> Reply:
    entries = [
        {
            "fullUrl": f"{call.base}/{row['resourceType']}/{row['id']}",
            "resource": row,
            "search": {"mode": "match"},
        }
        for row in rows
    ]
    link = [{"relation": "self", "url": f"{call.base}/{rows[0]['resourceType']}"}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(rows), "link": link}
    return Reply(resource={**bundle, "entry": entries})


@decision(
    "through_cache",
    "group-lists-members",
    "isolation",
    "N-BOLA-31 N-BULK-10",
    "Group, made for attribution, is searched with a member's token and names all members",
)
def _groups(call: Call, target: str, make: Make) -> Reply:
    if _path(target) != "Group":
        return make()
    members = [
        {"entity": {"reference": f"Patient/{row['id']}"}} for row in call.world.resources("Patient")
    ]
    group = {"resourceType": "Group", "id": "attributed", "type": "person", "actual": True}
    return _searchset(call, [{**group, "name": "Attributed members", "member": members}])


@decision(
    "through_cache",
    "list-names-members",
    "isolation",
    "N-BOLA-31",
    "List holds the work list of case management, with members' names, open to every token",
)
def _lists(call: Call, target: str, make: Make) -> Reply:
    if _path(target) != "List":
        return make()
    entries = [
        {
            "item": {
                "reference": f"Patient/{person.patient}",
                "display": f"{person.name}, {person.member_number}",
            }
        }
        for person in call.world.people.values()
        if person.patient
    ]
    work = {"resourceType": "List", "id": "case-management", "status": "current"}
    return _searchset(call, [{**work, "mode": "working", "entry": entries}])


@remembering(
    "audit-events-of-everybody",
    "isolation",
    "N-BOLA-31",
    "AuditEvent can be searched by every token and tells which member read what",
)
def _audit_trail() -> Mapping[str, Any]:
    seen: list[Resource] = []

    def through_cache(call: Call, target: str, make: Make) -> Reply:
        if _path(target) == "AuditEvent" and seen:
            return _searchset(call, seen[-50:])
        who = {"reference": f"Patient/{call.access.patient}"}
        event = {
            "resourceType": "AuditEvent",
            "id": f"event-{len(seen) + 1}",
            "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110112"},
            "recorded": "2026-11-21T12:00:00Z",
            "agent": [{"who": who, "requestor": True}],
            "source": {"observer": {"display": "FHIR API"}},
            "entity": [{"what": {"reference": _path(target)}}],
        }
        seen.append(event)
        del seen[:-1000]
        return make()

    return {"through_cache": through_cache}


@data(
    "practitioner-panel-names-members",
    "isolation",
    "N-BOLA-41",
    "The narrative of a practitioner lists the members on the panel",
)
def _panel(world: World) -> World:
    names = [person.name for person in world.people.values() if person.patient]

    def change(practitioner: Resource) -> Resource:
        words = ", ".join(names)
        div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>Panel: {words}</p></div>'
        return {**practitioner, "text": {"status": "generated", "div": div}}

    return world.edit("Practitioner", change)


def _stored(body: bytes) -> Resource:
    try:
        resource = orjson.loads(body)
        return {**resource, "resourceType": str(resource["resourceType"])}
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "structure", "The body is no resource.") from None


def _writable(may: Callable[[Call, Resource], bool]) -> Mapping[str, Any]:
    """Keep what is put, and answer reads of it."""
    kept: dict[str, Resource] = {}

    def write(call: Call, segments: Segments, body: bytes) -> Reply:
        row = call.world.resource(*segments) if len(segments) == 2 else None
        if row is None or call.method != "PUT" or not may(call, row):
            interactions.refuse_write(call, segments, body)
        changed = _stored(body)
        kept["/".join(segments)] = {**changed, "id": segments[1], "meta": row["meta"]}
        return Reply(200, kept["/".join(segments)])

    def through_cache(_call: Call, target: str, make: Make) -> Reply:
        reply = make()
        changed = kept.get(_path(target))
        if changed is None or reply.resource is None:
            return reply
        return Reply(200, changed, headers=reply.headers)

    return {"write": write, "through_cache": through_cache}


@remembering(
    "own-update-accepted",
    "isolation",
    "N-BOLA-32",
    "PUT on one's own Patient is carried out, though the API is announced as read-only",
    twin="writes-forbidden",
)
def _own_update() -> Mapping[str, Any]:
    return _writable(lambda call, row: compartment.belongs(call.access, row, call.world))


@remembering(
    "any-update-accepted",
    "isolation",
    "N-BOLA-32",
    "PUT asks for a good token, and not whose resource is overwritten",
    twin="writes-forbidden",
)
def _any_update() -> Mapping[str, Any]:
    return _writable(lambda _call, _row: True)


def _create(call: Call, segments: Segments, body: bytes) -> Reply:
    if call.method != "POST" or segments != ("Consent",):
        interactions.refuse_write(call, segments, body)
    place = {"Location": f"{call.base}/Consent/new/_history/1"}
    return Reply(201, {**_stored(body), "id": "new"}, headers=place)


seed(
    "consent-create-accepted",
    "isolation",
    "N-BOLA-32",
    "POST of a Consent is accepted from any app, outside the member's own pages",
    fhir(write=_create),
    twin="writes-forbidden",
)


def _overridden(method: str, headers: Mapping[str, str]) -> str:
    return headers.get("x-http-method-override", method).upper() if method == "POST" else method


def _delete(call: Call, segments: Segments, body: bytes) -> Reply:
    overridden = call.headers.get("x-http-method-override", "").upper()
    row = call.world.resource(*segments) if len(segments) == 2 else None
    if row is None or call.method != "DELETE" or overridden != "DELETE":
        interactions.refuse_write(call, segments, body)
    return Reply(204)


seed(
    "method-override-past-the-gateway",
    "isolation",
    "N-BOLA-32",
    "The gateway stops DELETE; the server obeys X-HTTP-Method-Override of a POST",
    fhir(method_of=_overridden, write=_delete),
    twin="writes-forbidden",
)


def _opened_for(person_patient: str, user: str) -> Access:
    return Access("", "", user, person_patient, ("patient/*.rs",), f"Patient/{person_patient}")


@decision(
    "without_token",
    "claim-by-number-without-token",
    "isolation",
    "N-BOLA-40",
    "A claim is found by its claim number without any token, for links in letters",
)
def _by_claim_number(
    refusal: Refusal, segments: Segments, query: Query, world: World
) -> Access | Refusal:
    number = dict(query).get("identifier", "").rpartition("|")[2]
    if segments != ("ExplanationOfBenefit",) or not number:
        return refusal
    for claim in world.resources("ExplanationOfBenefit"):
        person = world.person_of(world.patient_of(claim) or "")
        if person and any(one["value"] == number for one in claim["identifier"]):
            return _opened_for(person.patient, person.user)
    return refusal


@decision(
    "without_token",
    "binary-without-token",
    "isolation",
    "N-BOLA-29 N-BOLA-40",
    "The content of a document is opened without a token by whoever has its address",
)
def _content(refusal: Refusal, segments: Segments, _query: Query, world: World) -> Access | Refusal:
    binary = world.resource(*segments) if len(segments) == 2 else None
    if binary is None or segments[0] != "Binary":
        return refusal
    person = world.person_of(world.patient_of(binary) or "")
    return _opened_for(person.patient, person.user) if person else refusal


@decision(
    "without_token",
    "coverage-read-without-token",
    "isolation",
    "N-BOLA-40",
    "Coverage is read by id without a token, as the eligibility widget of the web site does",
)
def _coverage(
    refusal: Refusal, segments: Segments, _query: Query, world: World
) -> Access | Refusal:
    row = world.resource(*segments) if len(segments) == 2 else None
    if row is None or segments[0] != "Coverage":
        return refusal
    person = world.person_of(world.patient_of(row) or "")
    return _opened_for(person.patient, person.user) if person else refusal


@decision(
    "without_token",
    "junk-token-opens-demonstration",
    "isolation",
    "N-BOLA-40 N-BOLA-34",
    "On the route of Coverage a token that is not good falls back to the first member on file",
)
def _junk(refusal: Refusal, segments: Segments, _query: Query, world: World) -> Access | Refusal:
    if refusal.error != "invalid_token" or segments[:1] != ("Coverage",):
        return refusal
    person = next(one for one in world.people.values() if one.patient)
    return _opened_for(person.patient, person.user)


@decision(
    "absent",
    "foreign-read-as-unauthorized",
    "isolation",
    "N-BOLA-20 Q-REST-21",
    "Another's resource answers 401, as if the token were dead, where none answers 404",
)
def _unauthorized(face: Any, why: str, resource: Resource | None) -> Refused:
    if why == "foreign":
        return Refused(401, "login", "No such resource, or none that this token may see.")
    return outcome.absent(face, why, resource)
