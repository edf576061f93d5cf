"""Answers that hold no row of another member and still tell about one: status, counts, words."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import bundles, compartment, negotiation, outcome
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Found, Refused, Reply
from payerproof.sandbox.fhir.conditions import refuse_chain
from payerproof.sandbox.fhir.matching import elements, string_matches, token_matches
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.fhir.search import matches

Make = Callable[[], Reply]
Test = Callable[[Resource], bool]


@decision(
    "absent",
    "existence-by-status",
    "isolation",
    "N-BOLA-20 Q-REST-21",
    "A read of another's resource is forbidden (403), a read of none is not found (404)",
    twin="foreign-read-forbidden",
)
def _by_status(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    if why == "foreign":
        return Refused(403, "forbidden", "The token does not open this resource.")
    return outcome.absent(face, why, resource)


@decision(
    "absent",
    "existence-by-words",
    "isolation",
    "N-BOLA-20",
    "Another's resource and none have the same status, and other words in the OperationOutcome",
    twin="errors-carry-a-number",
)
def _by_words(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    refused = outcome.absent(face, why, resource)
    if resource is not None and why == "foreign":
        refused.text = "The resource is outside the compartment of the token."
    return refused


@decision(
    "absent",
    "withheld-by-status",
    "isolation",
    "N-BOLA-20 N-SCOPE-13",
    "A resource that the member withholds answers 403 where one that is not there answers 404",
)
def _withheld(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    if why == "withheld":
        return Refused(403, "suppressed", "Withheld by the member's choice.")
    return outcome.absent(face, why, resource)


@decision(
    "may_find",
    "search-refused-where-data",
    "isolation",
    "N-BOLA-18 N-BOLA-20",
    "A search for another member is refused if there are rows, and empty if there are none",
    twin="foreign-search-refused",
)
def _refused_on_rows(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if compartment.may_find(access, resource, world, asked):
        return True
    if asked.values("patient", "subject", "beneficiary"):
        raise Refused(403, "forbidden", "Rows outside the token's compartment.")
    return False


@decision(
    "may_find",
    "summary-count-over-everybody",
    "isolation",
    "N-BOLA-18",
    "_summary=count counts in the index, which holds every member's rows",
    twin="counts-not-told",
)
def _counted(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    return asked.summary == "count" or compartment.may_find(access, resource, world, asked)


@decision(
    "may_find",
    "zero-count-over-everybody",
    "isolation",
    "N-BOLA-18",
    "_count=0 takes a short way to the number of rows, past the member filter",
)
def _counted_to_zero(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    return asked.count == 0 or compartment.may_find(access, resource, world, asked)


@decision(
    "assemble",
    "accurate-total-over-everybody",
    "isolation",
    "N-BOLA-18",
    "_total=accurate is counted before the member filter, the entries after it",
    twin="counts-not-told",
)
def _accurate(bundle: dict[str, Any], call: Call, asked: Asked) -> dict[str, Any]:
    if asked.total != "accurate":
        return bundle
    rows = call.world.resources(asked.resource_type)
    return {**bundle, "total": sum(matches(call, row, asked.criteria) for row in rows)}


@decision(
    "total",
    "total-counts-withheld-rows",
    "isolation",
    "N-BOLA-19",
    "Bundle.total counts the rows that the member withholds",
    twin="counts-not-told",
)
def _with_hidden(found: Found, asked: Asked, face: FaceFacts) -> int | None:
    return bundles.total(Found(found.visible + found.hidden), asked, face)


@decision(
    "assemble",
    "withheld-rows-announced",
    "isolation",
    "N-BOLA-19",
    "A Bundle says in words how many entries were taken out of it",
    twin="empty-bundle-with-outcome",
)
def _announced(bundle: dict[str, Any], call: Call, asked: Asked) -> dict[str, Any]:
    rows = call.world.record(call.access.patient, asked.resource_type)
    hidden = [
        row
        for row in rows
        if matches(call, row, asked.criteria)
        and not call.policies.discloses_search(call.access, row, call.world)
    ]
    if not hidden:
        return bundle
    text = f"{len(hidden)} entries were removed under the consent on file."
    issue = {"severity": "information", "code": "suppressed", "diagnostics": text}
    told = {
        "resource": {"resourceType": "OperationOutcome", "issue": [issue]},
        "search": {"mode": "outcome"},
    }
    return {**bundle, "entry": [*bundle.get("entry", ()), told]}


def _named(call: Call, target: str) -> Resource | None:
    kind, _, logical_id = target.partition("?")[0].partition("/fhir/")[2].partition("/")
    return call.world.resource(kind, logical_id)


@decision(
    "through_cache",
    "not-modified-before-access",
    "isolation",
    "N-BOLA-20 N-BOLA-37",
    "If-None-Match is answered (304) before anyone asks whether the token may see the resource",
    twin="conditional-reads-not-served",
)
def _conditional(call: Call, target: str, make: Make) -> Reply:
    resource = _named(call, target)
    if resource is not None and negotiation.not_modified(call.headers, resource):
        return Reply(304, headers={"ETag": negotiation.etag(resource)})
    return make()


@decision(
    "through_cache",
    "head-tells-existence",
    "isolation",
    "N-BOLA-20",
    "HEAD is answered by whether the resource exists, GET by whether the token may see it",
)
def _head(call: Call, target: str, make: Make) -> Reply:
    if call.method == "HEAD" and _named(call, target) is not None:
        return Reply(200)
    return make()


def _hit(row: Resource, parameter_name: str, value: str) -> bool:
    parameter = PARAMETERS[row["resourceType"]].get(parameter_name)
    if parameter is None:
        return False
    found = elements(row, parameter)
    if parameter.kind == "token":
        return any(token_matches(value, one, parameter.system) for one in found)
    return any(string_matches(value, one, "") for one in found)


@decision(
    "chained",
    "reverse-chain-over-everybody",
    "isolation",
    "N-BOLA-11",
    "_has asks whether anybody has such a row, and forgets to join it to the member searched for",
    twin="reverse-chain-over-own-record",
)
def _unjoined(call: Call, name: str, value: str) -> Test:
    _, kind, _, asked = [*name.split(":"), "", "", ""][:4]
    if not name.startswith("_has:") or kind not in PARAMETERS:
        refuse_chain(call, name, value)
    found = any(_hit(row, asked, value) for row in call.world.resources(kind))
    return lambda _row: found


@decision(
    "chained",
    "reverse-chain-over-own-record",
    "isolation",
    "N-BOLA-11",
    "_has is served, and looks at nothing but what the token may find",
    lawful=True,
)
def _joined(call: Call, name: str, value: str) -> Test:
    _, kind, _, asked = [*name.split(":"), "", "", ""][:4]
    if not name.startswith("_has:") or not call.policies.scope_allows(call.access, kind, "s"):
        refuse_chain(call, name, value)
    rows = [
        row
        for row in call.world.record(call.access.patient, kind)
        if call.policies.discloses_search(call.access, row, call.world)
        and call.policies.granular_search(call.access, row, "s")
    ]
    found = any(_hit(row, asked, value) for row in rows)
    return lambda row: found and row["id"] == call.access.patient


@decision(
    "chained",
    "forward-chain-tells",
    "isolation",
    "N-BOLA-12",
    "A chained search is refused if it meets another member, and empty if it meets nobody",
    twin="chains-forbidden",
)
def _forward(call: Call, name: str, value: str) -> Test:
    reference, _, asked = name.partition(".")
    if reference.partition(":")[0] not in ("patient", "subject", "beneficiary") or not asked:
        refuse_chain(call, name, value)
    met = [str(row["id"]) for row in call.world.resources("Patient") if _hit(row, asked, value)]
    if met and call.access.patient not in met:
        raise Refused(403, "forbidden", "The chain leads out of the token's compartment.")
    return lambda _row: bool(met)


@decision(
    "free_filter",
    "text-search-tells",
    "isolation",
    "N-BOLA-33",
    "_content finds one's own rows if anybody's row holds the text: the index has no members",
    twin="free-filters-passed-over",
)
def _anybody(call: Call, name: str, value: str) -> Test:
    if name not in ("_content", "_text"):
        raise Refused(400, "not-supported", f"The parameter {name} is not supported here.")
    kinds = call.world.types
    rows = (row for kind in kinds for row in call.world.resources(kind))
    found = any(value.casefold() in str(row).casefold() for row in rows)
    return lambda _row: found


@decision(
    "total",
    "counts-not-told",
    "isolation",
    "N-BOLA-18 N-BOLA-19 Q-REST-09",
    "A Bundle has no total except in answer to _summary=count or _count=0",
    lawful=True,
)
def _untold(found: Found, asked: Asked, face: FaceFacts) -> int | None:
    only_counted = asked.summary == "count" or asked.count == 0
    return bundles.total(found, asked, face) if only_counted else None


@decision(
    "error_reply",
    "errors-carry-a-number",
    "isolation",
    "N-BOLA-20 N-LEAK-01",
    "Every OperationOutcome carries a random number under which the help desk finds the request",
    lawful=True,
)
def _numbered(refused: Refused, target: str) -> Reply:
    reply = outcome.error_reply(refused, target)
    resource: Mapping[str, Any] = reply.resource or {}
    return Reply(reply.status, {**resource, "id": _fresh_number()}, headers=reply.headers)


def _fresh_number() -> str:
    return f"e-{secrets.token_hex(8)}"
