"""Claims that are missing, doubled or cut short, and money that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.sandbox.data.coding import CARIN
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision
from payerproof.sandbox.fhir.call import Asked, Call

_EOB = "ExplanationOfBenefit"
_STATUS = CARIN + "C4BBPayerAdjudicationStatus"


def _codes(concept: dict[str, Any]) -> set[str]:
    return {str(one.get("code")) for one in concept.get("coding", ())}


def _without(name: str, cites: str, title: str, gone: Callable[[Resource], bool]) -> None:
    """Seed a feed that leaves some claims out."""

    def change(world: World) -> World:
        return world.edit_claims(lambda claim: None if gone(claim) else claim)

    data(name, "patient_access", cites, title)(change)


_without(
    "dental-claims-left-out",
    "Q-DATA-18 AC-02-6",
    "Dental claims stay in the system of the dental vendor and never reach the API",
    lambda claim: "oral" in _codes(claim["type"]),
)

_without(
    "pharmacy-claims-left-out",
    "Q-DATA-18 Q-REST-28 AC-02-6",
    "Claims of the pharmacy benefit manager are not loaded",
    lambda claim: "pharmacy" in _codes(claim["type"]),
)

_without(
    "denied-claims-left-out",
    "Q-DATA-18 AC-02-6",
    "Only paid claims are loaded; denied ones are left out",
    lambda claim: "denied" in _codes(claim["payment"]["type"]) and "processNote" not in claim,
)

_without(
    "appealed-claims-left-out",
    "Q-DATA-18 AC-02-6",
    "A claim under appeal is held back until the appeal is decided",
    lambda claim: "appeal" in str(claim.get("processNote", "")),
)

_without(
    "inpatient-claims-left-out",
    "Q-DATA-18 Q-REST-28",
    "Institutional stays are not loaded, because their header amounts don't fit the table",
    lambda claim: "inpatient" in _codes(claim.get("subType", {})),
)


@data(
    "latest-claim-missing",
    "patient_access",
    "Q-DATA-18 Q-REST-26",
    "The load stops one claim early, and each member's latest claim is missing",
)
def _latest(world: World) -> World:
    last: dict[str | None, tuple[str, str]] = {}
    for claim in world.claims():
        key = (claim["billablePeriod"]["start"], str(claim["id"]))
        owner = world.patient_of(claim)
        last[owner] = max(last.get(owner, key), key)
    gone = {logical_id for _, logical_id in last.values()}
    return world.edit_claims(lambda claim: None if claim["id"] in gone else claim)


def _amended(
    name: str, cites: str, title: str, change: Callable[[Resource], Resource], twin: str = ""
) -> None:
    """Seed a mapping that writes every claim otherwise."""
    data(name, "patient_access", cites, title, twin=twin)(lambda world: world.edit_claims(change))


def _first_line(claim: Resource) -> Resource:
    return {**claim, "item": claim["item"][:1]}


_amended(
    "claim-lines-dropped",
    "Q-DATA-17 AC-02-6",
    "Of a claim with several lines the first is kept, the totals are those of all",
    _first_line,
)

_LIABILITY = {"memberliability", "copay", "coinsurance", "deductible"}


def _zeroed(claim: Resource) -> Resource:
    rows = [*claim.get("total", ()), *claim.get("adjudication", ())]
    rows += [row for item in claim["item"] for row in item.get("adjudication", ())]
    for row in rows:
        if _codes(row["category"]) & _LIABILITY and "amount" in row:
            row["amount"]["value"] = 0.0
    return claim


_amended(
    "cost-sharing-zeroed",
    "Q-DATA-16 Q-DATA-17 AC-02-6",
    "What the member owes is zero on every claim: the field was mapped from an empty column",
    _zeroed,
)


def _unpaid(claim: Resource) -> Resource:
    claim["payment"].pop("amount", None)
    claim["total"] = [one for one in claim["total"] if not _codes(one["category"]) & _PAID]
    return claim


_PAID = {"paidtoprovider", "benefit"}
_amended(
    "payment-amounts-missing",
    "AC-02-6 Q-DATA-09",
    "What the plan paid the provider is left out of payment and totals",
    _unpaid,
)


def _shifted_total(claim: Resource) -> Resource:
    for row in claim["total"]:
        if "submitted" in _codes(row["category"]):
            row["amount"]["value"] = round(row["amount"]["value"] * 1.1 + 1, 2)
    return claim


_amended(
    "totals-disagree-with-lines",
    "Q-DATA-17",
    "The submitted total is not the sum of the lines",
    _shifted_total,
    twin="totals-in-another-order",
)


def _reordered(claim: Resource) -> Resource:
    return {**claim, "total": list(reversed(claim["total"]))}


data(
    "totals-in-another-order",
    "patient_access",
    "Q-DATA-17",
    "The totals of a claim come in reverse order",
    lawful=True,
)(lambda world: world.edit_claims(_reordered))


def _two_meanings(claim: Resource) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/adjudication"
    claim["total"][0]["category"]["coding"].append({"system": system, "code": "benefit"})
    return claim


_amended(
    "total-with-two-meanings",
    "Q-DATA-17",
    "One total is coded as submitted and as paid benefit at once",
    _two_meanings,
)


def _without_reason(claim: Resource) -> Resource:
    for part in (claim, *claim["item"]):
        rows = part.get("adjudication", ())
        kept = [one for one in rows if "adjustmentreason" not in _codes(one["category"])]
        if rows:
            part["adjudication"] = kept
    return claim


_amended(
    "denied-without-reason",
    "AC-02-6 Q-DATA-09",
    "A denied claim doesn't say why it was denied",
    _without_reason,
)


def _paid_after_all(claim: Resource) -> Resource:
    if "denied" in _codes(claim["payment"]["type"]):
        claim["payment"]["type"] = {"coding": [{"system": _STATUS, "code": "paid"}]}
    return claim


_amended(
    "denied-shown-as-paid",
    "AC-02-6 Q-DATA-09",
    "Every claim has the payment status paid, the denied ones too",
    _paid_after_all,
)


def _all_active(claim: Resource) -> Resource:
    claim.pop("related", None)
    return {**claim, "status": "active"}


_amended(
    "reversed-claims-active",
    "Q-DATA-19",
    "Original, reversal and replacement of a claim are all active and not linked",
    _all_active,
)


@data(
    "claims-loaded-twice",
    "patient_access",
    "Q-DATA-19",
    "The newest claim of each member is loaded twice, under two ids and one claim number",
)
def _twice(world: World) -> World:
    newest: dict[str | None, Resource] = {}
    for claim in world.claims():
        newest[world.patient_of(claim)] = claim
    return world.with_resources(
        *({**claim, "id": f"{str(claim['id'])[:60]}.2"} for claim in newest.values())
    )


@decision(
    "assemble",
    "failed-backend-hidden-in-success",
    "patient_access",
    "Q-REST-10",
    "The pharmacy backend fails, and a 200 with a fatal OperationOutcome inside hides it",
)
def _failed_part(bundle: dict[str, Any], _call: Call, asked: Asked) -> dict[str, Any]:
    if asked.resource_type != _EOB or "entry" not in bundle:
        return bundle
    kept = [
        one
        for one in bundle["entry"]
        if one["resource"]["resourceType"] != _EOB
        or "pharmacy" not in _codes(one["resource"]["type"])
    ]
    issue = {"severity": "fatal", "code": "exception", "diagnostics": "Pharmacy: no answer"}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    told = {"resource": outcome, "search": {"mode": "outcome"}}
    return {**bundle, "entry": [*kept, told]}
