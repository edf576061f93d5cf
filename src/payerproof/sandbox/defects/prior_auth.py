"""Prior authorizations that are missing, or don't say what was decided, when, for how long, why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.authorizations import REVIEW_ACTION, WHEN_DECIDED
from payerproof.sandbox.data.coding import CARC, concept
from payerproof.sandbox.data.world import Resource, World, is_claim
from payerproof.sandbox.defects.changing import data, fhir, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.partners.content import is_denied

AREA = "prior_auth_data"
Edit = Callable[[Resource], Resource | None]


def _amended(name: str, cites: str, title: str, change: Edit, twin: str = "") -> None:
    """Seed a mapping that writes every authorization otherwise, or leaves it out (None)."""
    data(name, AREA, cites, title, twin=twin)(lambda world: world.edit_authorizations(change))


def lines_of(request: Resource) -> list[dict[str, Any]]:
    """The lines of a request."""
    return list(request.get("item", ()))


def state_of(part: Any) -> str:
    """The review action codes of a line or a request, in order: ``A1``, ``A3``, ``A1 A3`` …."""
    found = [
        one["valueCodeableConcept"]["coding"][0]["code"]
        for line in (part if isinstance(part, list) else [part])
        for row in line.get("adjudication", ())
        for extension in row.get("extension", ())
        if extension["url"] == REVIEW_ACTION
        for one in extension["extension"]
    ]
    return " ".join(found)


def is_pending(request: Resource) -> bool:
    """Whether nothing has been decided yet."""
    return "A4" in state_of(lines_of(request))


# -- which of them


def _claims_found(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    return is_claim(resource) and compartment.may_find(access, resource, world, asked)


def _claims_read(access: Access, resource: Resource, world: World) -> bool:
    return is_claim(resource) and compartment.may_read(access, resource, world)


seed(
    "authorizations-not-served-to-members",
    "prior_auth_data",
    "Q-DATA-25",
    "Prior authorizations go to clinics and payers; members' apps don't get them",
    fhir(may_find=_claims_found, may_read=_claims_read, may_vread=_claims_read),
    twin="authorizations-come-first",
)
_amended(
    "denied-authorizations-hidden",
    "Q-DATA-25 AC-05-5",
    "Denied requests stay in the system of utilization management; approved and pended ones show",
    lambda request: None if is_denied(request) else request,
)
_amended(
    "pending-authorizations-hidden",
    "Q-DATA-25",
    "A request is loaded once it has been decided",
    lambda request: None if is_pending(request) else request,
    twin="pending-without-adjudication",
)

# -- status


def _each_row(request: Resource, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Resource:
    items = [
        {**line, "adjudication": [change(row) for row in line.get("adjudication", ())]}
        for line in lines_of(request)
    ]
    return {**request, "item": items} if items else request


def _without_extension(url: str) -> Edit:
    def bare(row: dict[str, Any]) -> dict[str, Any]:
        kept = [one for one in row.get("extension", ()) if one["url"] != url]
        rest = {name: value for name, value in row.items() if name != "extension"}
        return {"extension": kept, **rest} if kept else rest

    return lambda request: _each_row(request, bare)


def _no_status(request: Resource) -> Resource:
    made = _without_extension(REVIEW_ACTION)(request) or request
    return {**made, "outcome": "complete"}


_amended(
    "authorization-status-lost",
    "Q-DATA-25 PDex:prior-authorization",
    "The review action is not mapped, and the outcome of every request reads complete",
    _no_status,
)


def _in_words(request: Resource) -> Resource:
    words = {"A1": "APPR", "A3": "DENY", "A4": "PEND"}

    def told(row: dict[str, Any]) -> dict[str, Any]:
        for extension in row.get("extension", ()):
            for one in extension.get("extension", ()):
                code = one["valueCodeableConcept"]["coding"][0]["code"]
                one["valueCodeableConcept"] = {"text": words[code]}
        return row

    return {**_each_row(request, told), "outcome": "complete"}


_amended(
    "authorization-status-in-words",
    "Q-DATA-25 PDex:prior-authorization",
    "The review action is the abbreviation of the old system, as text without a code",
    _in_words,
)


def _one_approved(request: Resource) -> Resource:
    """Take the first line's decision for all of them."""
    lines = lines_of(request)
    if state_of(lines) != "A1 A3":
        return request
    first = lines[0]["adjudication"]
    return {**request, "item": [{**line, "adjudication": first} for line in lines]}


_amended(
    "partly-approved-shown-as-approved",
    "PDex:prior-authorization",
    "The decision of the first line is shown for every line",
    _one_approved,
)

# -- dates


_amended(
    "decision-date-left-out",
    "Q-DATA-25 PDex:prior-authorization",
    "A decided request doesn't tell when it was decided",
    _without_extension(WHEN_DECIDED),
    twin="issue-date-at-the-line",
)


def _loaded_when(request: Resource) -> Resource:
    def dated(row: dict[str, Any]) -> dict[str, Any]:
        for extension in row.get("extension", ()):
            if extension["url"] == WHEN_DECIDED:
                extension["valueDateTime"] = "2026-11-20"
        return row

    return _each_row(request, dated)


_amended(
    "decision-date-of-the-load",
    "PDex:prior-authorization",
    "The date of decision is the day on which the request was loaded",
    _loaded_when,
)


def _dropped(*names: str) -> Edit:
    return lambda request: {k: v for k, v in request.items() if k not in names}


_amended(
    "approval-without-end",
    "Q-DATA-25 PDex:prior-authorization",
    "An approval tells neither until when it holds nor what ends it",
    _dropped("preAuthRefPeriod", "processNote"),
    twin="approval-period-at-the-line",
)
_amended(
    "open-ended-approval-without-circumstance",
    "PDex:prior-authorization",
    "An approval without a last day doesn't tell what ends it",
    _dropped("processNote"),
)

# -- items


def _header_only(request: Resource) -> Resource:
    approved = state_of(lines_of(request)).startswith("A1")
    return {k: v for k, v in request.items() if k != "item" or not approved}


_amended(
    "authorization-without-lines",
    "Q-DATA-25 PDex:prior-authorization",
    "Of an approval the header is loaded, and not what was approved",
    _header_only,
)
_amended(
    "approved-lines-cut",
    "PDex:prior-authorization",
    "Of an approval with several lines the first is shown",
    lambda request: {**request, "item": lines_of(request)[:1]},
)


def _uncoded(request: Resource) -> Resource:
    named = {"text": "Durable medical equipment"}
    return {**request, "item": [{**line, "productOrService": named} for line in lines_of(request)]}


_amended(
    "approved-items-without-codes",
    "PDex:prior-authorization",
    "What was approved is named by its group, without a code",
    _uncoded,
)

# -- why


def _denials(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    def each(row: dict[str, Any]) -> dict[str, Any]:
        return change(row) if "denialreason" in str(row["category"]) else row

    return lambda request: _each_row(request, each)


def _unexplained(row: dict[str, Any]) -> dict[str, Any]:
    """The decision stands at the amount that was asked for; nothing says why."""
    category = concept("http://terminology.hl7.org/CodeSystem/adjudication", "benefit")
    return {
        "extension": row["extension"],
        "category": category,
        "amount": {"value": 0.0, "currency": "USD"},
    }


_amended(
    "authorization-denied-without-reason",
    "Q-DATA-25 PDex:prior-authorization",
    "A denied request doesn't say why it was denied",
    _denials(_unexplained),
)
_amended(
    "authorization-denied-in-general-terms",
    "Q-DATA-25 PDex:prior-authorization",
    "Every denial gives the code for not medically necessary, and nothing of this request",
    _denials(lambda row: {**row, "reason": concept(CARC, "50")}),
)

# -- told apart from claims


_amended(
    "authorizations-shown-as-claims",
    "Q-DATA-25 PDex:prior-authorization",
    "Authorizations have the use of claims",
    lambda request: {**request, "use": "claim"},
)


@data(
    "claims-shown-as-authorizations",
    "prior_auth_data",
    "PDex:prior-authorization",
    "A claim that refers to an approval is loaded with the use of a request in advance",
)
def _mixed(world: World) -> World:
    def change(claim: Resource) -> Resource:
        hospital = "inpatient" in str(claim.get("subType", ""))
        return {**claim, "use": "preauthorization"} if hospital else claim

    return world.edit_claims(change)


@data(
    "withheld-treatment-in-authorization",
    "scopes",
    "N-LEAK-10 N-SCOPE-13",
    "The authorization of a treatment that the member withholds carries no label, and shows",
)
def _unlabelled(world: World) -> World:
    def change(request: Resource) -> Resource:
        request["meta"].pop("security", None)
        return request

    return world.edit_authorizations(change)
