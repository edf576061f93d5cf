"""What of a record is shown late, in part, or to a representative otherwise than to the member."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, fhir, oauth, remembering, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.oauth import granting

_EOB = "ExplanationOfBenefit"
_SHARE = {"memberliability", "copay", "coinsurance", "deductible"}

# -- money and lines


def _is_share(row: dict[str, Any]) -> bool:
    codes = {str(one.get("code")) for one in row["category"].get("coding", ())}
    return bool(codes & _SHARE)


def _without_share(claim: Resource) -> Resource:
    for part in (claim, *claim["item"]):
        for name in ("adjudication", "total"):
            if name in part:
                part[name] = [row for row in part[name] if not _is_share(row)]
    return {name: value for name, value in claim.items() if value != []}


@data(
    "member-share-left-out",
    "patient_access",
    "Q-DATA-17 AC-02-6",
    "A claim tells what the plan paid and nowhere what the member owes",
)
def _unshared(world: World) -> World:
    return world.edit_claims(_without_share)


@data(
    "claims-without-lines",
    "patient_access",
    "Q-DATA-17 AC-02-6",
    "Claims of hospitals are loaded by their header, and their lines are left behind",
)
def _headers_only(world: World) -> World:
    def change(claim: Resource) -> Resource:
        kinds = str(claim["type"])
        return {k: v for k, v in claim.items() if k != "item" or "institutional" not in kinds}

    return world.edit_claims(change)


# -- late


@remembering(
    "search-index-of-last-week",
    "patient_access",
    "Q-REST-26",
    "The index of claims is built anew on Sundays; what came since is found next week",
)
def _built_once() -> dict[str, Any]:
    index: set[str] = set()

    def may_find(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
        if not index:
            index.update(str(claim["id"]) for claim in world.resources(_EOB))
        known = resource["resourceType"] != _EOB or resource["id"] in index
        return known and compartment.may_find(access, resource, world, asked)

    return {"may_find": may_find}


# -- to a representative

_FOR_OTHERS = ("Patient", "Coverage", _EOB, "RelatedPerson")


def _claims_for_others(access: Access, resource: Resource, world: World) -> bool:
    plain = resource["resourceType"] in _FOR_OTHERS or compartment.is_own(access, world)
    return plain and compartment.may_disclose(access, resource, world)


seed(
    "representative-gets-claims-only",
    "patient_access",
    "AC-04-6 AC-02-6",
    "Who acts for a member is shown claims and coverage, and nothing of the clinical record",
    fhir(discloses_read=_claims_for_others, discloses_search=_claims_for_others),
)


def _for_oneself(tenant: Any, request: Any, person: Any, patient: str, *rest: Any) -> Any:
    return granting.record_decision(tenant, request, person, person.patient or patient, *rest)


seed(
    "representative-gets-own-record",
    "patient_access",
    "AC-04-6 N-HOUSE-06",
    "The choice of a member is asked for and forgotten: the token is for whoever signed in",
    oauth(record_decision=_for_oneself),
)
