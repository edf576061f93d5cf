"""Odd but lawful: other refusals, other headers, other Bundles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urlencode

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import compartment, conditions, negotiation, outcome
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Refused, Reply

Segments = tuple[str, ...]
Test = Callable[[Resource], bool]


@decision(
    "history",
    "history-not-implemented",
    "isolation",
    "N-BOLA-21 N-BOLA-22",
    "History answers 501, whatever it is asked of",
    lawful=True,
)
def _no_history(_call: Call, _segments: Segments) -> NoReturn:
    raise Refused(501, "not-supported", "History is not implemented.")


def _nowhere(_call: Call, _segments: Segments) -> NoReturn:
    raise Refused(404, "not-supported", "There is no such operation here.")


seed(
    "operations-not-found",
    "isolation",
    "N-BOLA-25 N-BOLA-26 N-BOLA-28",
    "$everything, $graphql, $export and the like answer 404, as anything unknown does",
    fhir(everything=_nowhere, graphql=_nowhere, export=_nowhere, operation=_nowhere),
    lawful=True,
)


@decision(
    "batch",
    "batch-method-not-allowed",
    "isolation",
    "N-BOLA-27",
    "A batch answers 405",
    lawful=True,
)
def _no_batch(_call: Call, _body: bytes) -> NoReturn:
    allowed = {"Allow": "GET, HEAD, OPTIONS"}
    raise Refused(405, "not-supported", "Batches are not served.", headers=allowed)


@decision(
    "write",
    "writes-forbidden",
    "isolation",
    "N-BOLA-32",
    "A write answers 403, as beyond what was granted",
    lawful=True,
)
def _no_write(_call: Call, _segments: Segments, _body: bytes) -> NoReturn:
    raise Refused(403, "forbidden", "Nothing can be written with a member's authorization.")


@decision(
    "chained",
    "chains-forbidden",
    "isolation",
    "N-BOLA-11 N-BOLA-12",
    "Chained search answers 403, whatever the chain would meet",
    lawful=True,
)
def _no_chain(_call: Call, _name: str, _value: str) -> NoReturn:
    raise Refused(403, "forbidden", "Chained search is not offered to member applications.")


@decision(
    "free_filter",
    "free-filters-passed-over",
    "isolation",
    "N-BOLA-33",
    "_filter, _content and the like are passed over unless the client asks for strict handling",
    lawful=True,
)
def _passed_over(call: Call, name: str, value: str) -> Test:
    if call.handling == "strict":
        conditions.refuse_filter(call, name, value)
    return lambda _row: True


@decision(
    "path_segments",
    "odd-paths-refused",
    "isolation",
    "N-BOLA-08",
    "A path with an encoded slash, a doubled slash, dots or a semicolon is refused with 400",
    lawful=True,
)
def _plain_only(raw: bytes) -> Segments:
    segments = negotiation.path_segments(raw)
    if any(one in ("", ".", "..") or set(one) & set("/;%") for one in segments):
        raise Refused(400, "value", "The path is not one of this API.")
    return segments


@decision(
    "may_find",
    "observations-need-a-patient",
    "isolation",
    "N-BOLA-04",
    "A search of observations that names no patient is refused with 400",
    lawful=True,
)
def _patient_needed(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if asked.resource_type == "Observation" and not asked.values("patient", "subject", "_id"):
        raise Refused(400, "required", "A search of observations takes the parameter patient.")
    return compartment.may_find(access, resource, world, asked)


@decision(
    "assemble",
    "empty-bundle-with-outcome",
    "isolation",
    "N-BOLA-03 N-BOLA-18 Q-REST-09",
    "An empty Bundle holds an informational OperationOutcome, whatever it was that found nothing",
    lawful=True,
)
def _outcome_told(bundle: dict[str, Any], _call: Call, asked: Asked) -> dict[str, Any]:
    if "entry" in bundle or asked.summary == "count" or asked.count == 0:
        return bundle
    issue = {"severity": "information", "code": "informational", "diagnostics": "No matches."}
    told = {
        "resource": {"resourceType": "OperationOutcome", "issue": [issue]},
        "search": {"mode": "outcome"},
    }
    return {**bundle, "entry": [told]}


@decision(
    "not_modified",
    "conditional-reads-not-served",
    "isolation",
    "N-BOLA-37",
    "If-None-Match is passed over, and every read is answered in full",
    lawful=True,
)
def _in_full(_headers: Mapping[str, str], _resource: Resource) -> bool:
    return False


@decision(
    "project",
    "elements-not-honoured",
    "scopes",
    "N-SCOPE-15",
    "_elements and _summary are passed over: resources go out whole, and redacted as ever",
    lawful=True,
)
def _whole(resource: Resource, _elements: Sequence[str], _summary: str) -> Resource:
    return resource


@decision(
    "headers_of",
    "media-type-in-capitals",
    "transport",
    "Q-REST-14",
    "The character set of the media type is written without space and in capitals",
    lawful=True,
)
def _capitals(reply: Reply) -> Mapping[str, str]:
    headers = outcome.headers_of(reply)
    media = headers["Content-Type"].replace("; charset=utf-8", ";charset=UTF-8")
    return {**headers, "Content-Type": media}


@decision(
    "headers_of",
    "expires-at-once",
    "transport",
    "N-LEAK-05",
    "Answers also carry Expires: 0, for caches of the old kind",
    lawful=True,
)
def _expired(reply: Reply) -> Mapping[str, str]:
    return {**outcome.headers_of(reply), "Expires": "0"}


@decision(
    "through_cache",
    "documents-under-a-plain-name",
    "transport",
    "N-LEAK-02",
    "The content of a document is offered as a file called document.txt",
    lawful=True,
)
def _plain_name(_call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    reply = make()
    if "/Binary/" not in target:
        return reply
    return reply.with_headers({"Content-Disposition": 'attachment; filename="document.txt"'})


@decision(
    "self_link",
    "self-link-sorted",
    "patient_access",
    "Q-REST-15",
    "The self link has the parameters in the order of their names",
    lawful=True,
)
def _sorted_link(base: str, asked: Asked) -> str:
    query = urlencode(sorted(asked.pairs))
    return f"{base}/{asked.resource_type}" + (f"?{query}" if query else "")


@decision(
    "assemble",
    "bundle-with-id-and-time",
    "patient_access",
    "Q-REST-09 Q-REST-13",
    "A Bundle has an id and the time at which it was made",
    lawful=True,
)
def _dated(bundle: dict[str, Any], _call: Call, _asked: Asked) -> dict[str, Any]:
    return {**bundle, "id": "searchset", "timestamp": "2026-11-21T12:00:00.000Z"}


@decision(
    "capability",
    "capability-in-another-order",
    "discovery",
    "Q-DISC-06",
    "The CapabilityStatement lists its types in another order",
    lawful=True,
)
def _other_order(statement: dict[str, Any], _face: FaceFacts) -> dict[str, Any]:
    rest = statement["rest"][0]
    rows = list(reversed(rest["resource"]))
    return {**statement, "rest": [{**rest, "resource": rows}]}
