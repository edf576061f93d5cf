"""Answer one GET: read, vread, search, compartment search, Binary, and the side doors."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from payerproof.sandbox.fhir import docref, outcome
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.compartment import holders
from payerproof.sandbox.fhir.negotiation import LOGICAL_ID, etag, wants_native
from payerproof.sandbox.fhir.parameters import PARAMETERS, READABLE
from payerproof.sandbox.fhir.search import search, shown

NOWHERE = "There is no such address here."
Pairs = Sequence[tuple[str, str]]


def get(call: Call, segments: tuple[str, ...], query: Pairs) -> Reply:
    """Answer one GET of an authenticated call; raises `Refused`."""
    if segments == docref.PATH:
        return call.policies.docref(call, query)
    opened = side_door(call, segments)
    if opened is not None:
        return opened
    kind = segments[0] if segments else ""
    if kind not in READABLE:
        raise Refused(404, "not-supported", NOWHERE)
    if len(segments) == 1 and kind in PARAMETERS:
        return Reply(resource=search(call, kind, query))
    if len(segments) == 2:
        return _read(call, kind, segments[1], query)
    if len(segments) == 4 and segments[2] == "_history":
        return _vread(call, kind, segments[1], segments[3])
    if len(segments) == 3 and kind == "Patient" and segments[2] in PARAMETERS:
        return compartment_search(call, segments[1], segments[2], query)
    raise Refused(404, "not-found", NOWHERE)


def side_door(call: Call, segments: tuple[str, ...]) -> Reply | None:
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


def compartment_search(call: Call, patient: str, kind: str, query: Pairs) -> Reply:
    """Answer ``Patient/{id}/Type``: a search within the member's own compartment only."""
    if not call.policies.scope_allows(call.access, kind, "s"):
        raise outcome.insufficient_scope(kind)
    if not call.policies.in_own_compartment(call.access, patient):
        raise call.policies.absent(call.face, "foreign", None)
    if "patient" not in PARAMETERS[kind]:
        raise Refused(404, "not-found", NOWHERE)
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
