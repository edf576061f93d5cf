"""Claims searched, read, included and written otherwise than CARIN Blue Button says.

Written from the guide's General Guidance, Search Parameters, Must Support and the notes on its EOB
profiles.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.coding import CARIN, THO
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, decision
from payerproof.sandbox.fhir import compartment, conditions, interactions, matching
from payerproof.sandbox.fhir.call import Asked, Call, Refused, Reply
from payerproof.sandbox.fhir.dates import Span

_AREA = "carin_bb"
_EOB = "ExplanationOfBenefit"
_SEARCH = "CARIN-BB:search-parameters"
_RULES = "CARIN-BB:general-guidance"
_MUST_SUPPORT = "CARIN-BB:must-support"


# -- searching, reading, including -----------------------------------------------------------------


@decision(
    "compare_date",
    "claims-before-a-date-refused",
    _AREA,
    _SEARCH,
    "Claims are found from a date on; up to a date is refused",
)
def _from_on_only(prefix: str, wanted: Span, found: Span) -> bool:
    if prefix in ("lt", "le"):
        raise Refused(400, "not-supported", "Only ge and gt are supported here.")
    return matching.compare_date(prefix, wanted, found)


@decision(
    "occurrences",
    "claim-types-need-their-system",
    _AREA,
    _SEARCH,
    "A type of claim is found only together with its code system",
)
def _typed(name: str, values: Sequence[str]) -> Sequence[str]:
    counted = conditions.occurrences(name, values)
    if name != "type":
        return counted
    return [one if "|" in one else f"urn:none|{one}" for one in counted]


@decision(
    "id_listed",
    "ids-in-an-old-column",
    _AREA,
    _SEARCH,
    "The parameter _id looks at a column that is no longer filled, and finds nothing",
)
def _never(logical_id: str, listed: Sequence[str]) -> bool:  # noqa: ARG001 - that is the mistake
    return False


def _not_included(kind: str, parameter: str, name: str, title: str) -> None:
    """Seed an include that is accepted and brings nothing of a type."""

    @decision("include_target", name, _AREA, "CARIN-BB:includes", title)
    def _left_out(
        access: Access, reference: dict[str, Any], world: World, asked: Asked
    ) -> Resource | None:
        found = compartment.include_target(access, reference, world, asked)
        named = {one.parameter for one in asked.includes}
        if parameter in named and found is not None and found["resourceType"] == kind:
            return None
        return found


_not_included(
    "Organization", "insurer", "insurers-not-included", "The insurer of a claim is not included"
)
_not_included(
    "Coverage", "coverage", "coverage-not-included", "The coverage of a claim is not included"
)
_not_included(
    "Practitioner",
    "*",
    "star-without-care-team",
    "Everything that a claim refers to is included but the people who treated",
)
_not_included(
    "Organization", "payor", "payors-not-included", "The payor of a coverage is not included"
)


@decision(
    "through_cache",
    "claims-read-without-lines",
    _AREA,
    "CARIN-BB:server-statement",
    "A claim that is read by its id comes from the index, without its lines",
)
def _index_only(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    reply = interactions.uncached(call, target, make)
    if f"/{_EOB}/" in target and "?" not in target and reply.resource:
        kept = {name: value for name, value in reply.resource.items() if name != "item"}
        return Reply(resource=kept, headers=reply.headers)
    return reply


# -- how claims are written ------------------------------------------------------------------------


def _amended(
    name: str, cites: str, title: str, change: Callable[[Resource], None], **more: Any
) -> None:
    """Seed a mapping that writes every claim otherwise."""

    def edited(claim: Resource) -> Resource:
        made = copy.deepcopy(claim)
        change(made)
        return made

    data(name, _AREA, cites, title, **more)(lambda world: world.edit_claims(edited))


def _codes(concept: Any) -> set[str]:
    return {str(one.get("code")) for one in (concept or {}).get("coding", ())}


def _unknown_type(claim: Resource) -> None:
    if "oral" in _codes(claim["type"]):
        system = THO + "data-absent-reason"
        claim["type"] = {"coding": [{"system": system, "code": "unknown"}]}


_amended(
    "dental-type-unknown",
    _RULES,
    "The type of a dental claim is given as unknown",
    _unknown_type,
)


def _billing_provider(claim: Resource) -> None:
    claim["insurer"] = dict(claim["provider"])


_amended(
    "insurer-is-the-provider",
    _RULES,
    "The insurer of a claim is the provider who billed it",
    _billing_provider,
)


def _partial(claim: Resource) -> None:
    if "pharmacy" in _codes(claim["type"]):
        claim["outcome"] = "partial"


_amended(
    "pharmacy-outcome-partial",
    _RULES,
    "Pharmacy claims come with the outcome partial, though they are adjudicated",
    _partial,
)


def _no_focus(claim: Resource) -> None:
    for one in claim["insurance"]:
        one["focal"] = False


_amended(
    "no-coverage-is-focal",
    _RULES,
    "No coverage of a claim is marked as the one it was adjudicated under",
    _no_focus,
)


def _plain_identifier(claim: Resource) -> None:
    for one in claim["identifier"]:
        one.pop("type", None)


_amended(
    "claim-numbers-without-type",
    _RULES,
    "No identifier of a claim is marked as its unique claim id",
    _plain_identifier,
)


def _one_way(claim: Resource) -> None:
    kept = [one for one in claim.get("related", ()) if "prior" in _codes(one["relationship"])]
    claim.pop("related", None)
    if kept:
        claim["related"] = kept
    claim["status"] = "active"


_amended(
    "replaced-claims-not-linked-on",
    _RULES + " Q-DATA-19",
    "A claim that was replaced does not name the claim that replaced it, and is active",
    _one_way,
)


def _basis(claim: Resource) -> None:
    claim["meta"]["profile"] = [
        f"{head}-Basis{bar}{version}"
        for head, bar, version in (one.partition("|") for one in claim["meta"]["profile"])
    ]


_amended(
    "claims-name-basis-profiles",
    "CARIN-BB:basis-profiles",
    "Claims with amounts name the profiles that are made for data without amounts",
    _basis,
)


def _no_currency(claim: Resource) -> None:
    for total in claim.get("total", ()):
        total.get("amount", {}).pop("currency", None)


_amended(
    "totals-without-currency",
    "CARIN-BB:amounts",
    "Totals come without a currency",
    _no_currency,
    twin="totals-in-two-decimals",
)


def _two_decimals(claim: Resource) -> None:
    for total in claim.get("total", ()):
        total["amount"]["value"] = round(total["amount"]["value"], 2)


_amended(
    "totals-in-two-decimals",
    "CARIN-BB:amounts",
    "Totals are rounded to cents",
    _two_decimals,
    lawful=True,
)


def _paid_in_spite(claim: Resource) -> None:
    if "denied" in _codes(claim["payment"].get("type")):
        row = {
            "category": {
                "coding": [{"system": CARIN + "C4BBAdjudication", "code": "paidtoprovider"}]
            },
            "amount": {"value": 75.0, "currency": "USD"},
        }
        kept = [one for one in claim["total"] if "paidtoprovider" not in _codes(one["category"])]
        claim["total"] = [*kept, row]


_amended(
    "denied-claims-with-payment",
    "CARIN-BB:adjudication",
    "Denied claims show an amount that was paid to the provider",
    _paid_in_spite,
)


def _no_roles(claim: Resource) -> None:
    for one in claim.get("careTeam", ()):
        one.pop("role", None)


_amended(
    "care-team-roles-left-out",
    _MUST_SUPPORT,
    "No member of the care team of a claim has a role",
    _no_roles,
)


def _no_locations(claim: Resource) -> None:
    claim["payment"].pop("date", None)


_amended(
    "payment-dates-left-out",
    _MUST_SUPPORT,
    "No claim says when it was paid",
    _no_locations,
)


def _old_keys(claim: Resource) -> None:
    for one in claim.get("careTeam", ()):
        one["provider"]["reference"] = one["provider"]["reference"].replace("/", "/old-")


_amended(
    "care-teams-not-loaded",
    "CARIN-BB:references Q-REST-24",
    "Claims refer to the people who treated by the keys of another system",
    _old_keys,
)
