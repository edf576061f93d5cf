"""Odd but lawful prior authorizations: the profile leaves open where things are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.sandbox.data.authorizations import (
    KINDS,
    PRIOR_AUTHORIZATION,
    REVIEW_ACTION,
    WHEN_DECIDED,
)
from payerproof.sandbox.data.coding import HCPCS, concept
from payerproof.sandbox.data.world import Resource, World, is_claim
from payerproof.sandbox.defects.changing import data
from payerproof.sandbox.defects.prior_auth import AREA, is_pending, lines_of, state_of

_PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-"


def _amended(name: str, cites: str, title: str, change: Callable[[Resource], Resource]) -> None:
    data(name, AREA, cites, title, lawful=True)(lambda world: world.edit_authorizations(change))


@data(
    "authorizations-come-first",
    "prior_auth_data",
    "Q-DATA-25 Q-REST-05",
    "A search gives prior authorizations before claims",
    lawful=True,
)
def _first(world: World) -> World:
    rows = [row for kind in world.types for row in world.resources(kind)]
    return World(world.people, sorted(rows, key=is_claim))


def _bare(request: Resource) -> Resource:
    if not is_pending(request):
        return request
    lines = [{k: v for k, v in line.items() if k != "adjudication"} for line in lines_of(request)]
    return {**request, "item": lines}


_amended(
    "pending-without-adjudication",
    "PDex:prior-authorization",
    "A pending request has the outcome queued, and no adjudication yet",
    _bare,
)


def _period_asked_for(request: Resource) -> Resource:
    period = {"start": request["created"], "end": "2027-03-31"}
    return {**request, "billablePeriod": period}


_amended(
    "authorization-with-billable-period",
    "PDex:prior-authorization",
    "A request has a billable period, that for which the service is asked",
    _period_asked_for,
)


def _at_the_line(request: Resource) -> Resource:
    """Say until when an approval holds at each line that was approved."""
    if "end" not in str(request.get("preAuthRefPeriod", "")):
        return request
    period = {"url": _PAS + "itemPreAuthPeriod", "valuePeriod": request["preAuthRefPeriod"][0]}
    lines = [
        {**line, "extension": [period]} if state_of(line) == "A1" else line
        for line in lines_of(request)
    ]
    return {k: v for k, v in request.items() if k != "preAuthRefPeriod"} | {"item": lines}


_amended(
    "approval-period-at-the-line",
    "PDex:prior-authorization",
    "Until when an approval holds stands at its lines, not at the header",
    _at_the_line,
)


def _issued(request: Resource) -> Resource:
    lines = []
    for line in lines_of(request):
        days = [
            one["valueDateTime"]
            for row in line["adjudication"]
            for one in row.get("extension", ())
            if one["url"] == WHEN_DECIDED
        ]
        if state_of(line) == "A1":
            issued = {"url": _PAS + "itemPreAuthIssueDate", "valueDate": days[0]}
            rows = [_undated(row) for row in line["adjudication"]]
            lines.append({**line, "extension": [issued], "adjudication": rows})
        else:
            lines.append(line)
    return {**request, "item": lines}


def _undated(row: dict[str, Any]) -> dict[str, Any]:
    if "extension" not in row:
        return row
    return {**row, "extension": [one for one in row["extension"] if one["url"] == REVIEW_ACTION]}


_amended(
    "issue-date-at-the-line",
    "PDex:prior-authorization",
    "The day of an approval is the issue date of each line",
    _issued,
)


def _used(request: Resource) -> Resource:
    used = {"category": concept(KINDS, "consumedunits"), "value": 1}
    lines = [
        {**line, "adjudication": [*line["adjudication"], used]} if state_of(line) == "A1" else line
        for line in lines_of(request)
    ]
    return {**request, "item": lines}


_amended(
    "units-used-are-told",
    "PDex:pdex-395",
    "An approval tells how many units have been used, which the regulation doesn't ask for",
    _used,
)


@data(
    "drug-authorizations-too",
    "prior_auth_data",
    "PDex:pdex-395",
    "The authorization of an infused drug is served as well, which the regulation doesn't ask for",
    lawful=True,
)
def _with_drugs(world: World) -> World:
    ada = world.people["ada"].patient
    known = world.record(ada, "ExplanationOfBenefit")
    request = next(one for one in known if not is_claim(one) and state_of(lines_of(one)) == "A1")
    drug = {**lines_of(request)[0], "productOrService": concept(HCPCS, "J1745")}
    dropped = ("item", "supportingInfo", "processNote")
    kept = {name: value for name, value in request.items() if name not in dropped}
    made = {
        **kept,
        "id": f"{str(request['id'])[:60]}.9",
        "identifier": [{**request["identifier"][0], "value": "PA-ADA-RX01"}],
        "preAuthRef": ["PA-ADA-RX01"],
        "preAuthRefPeriod": [{"start": "2026-10-05", "end": "2027-10-04"}],
        "item": [drug],
    }
    assert made["meta"]["profile"] == [PRIOR_AUTHORIZATION]
    return world.with_resources(made)
