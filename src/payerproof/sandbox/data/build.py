"""Build the world: read the facts once, make every resource in the ids of a face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from payerproof.sandbox.data.authorizations import (
    AuthorizationFacts,
    build_authorization,
    build_authorizations,
)
from payerproof.sandbox.data.clinical import build_chart
from payerproof.sandbox.data.eob import build_claim
from payerproof.sandbox.data.facts import Facts, claim_facts, read_facts
from payerproof.sandbox.data.maker import Maker
from payerproof.sandbox.data.members import build_members
from payerproof.sandbox.data.network import build_network
from payerproof.sandbox.data.provenance import build_enrolment_trace
from payerproof.sandbox.data.world import World


@lru_cache(maxsize=1)
def shipped_facts() -> Facts:
    """Return the facts that ship, read once per process."""
    return read_facts()


def build_world(logical_id: Callable[[str, str], str], facts: Facts | None = None) -> World:
    """Build the whole world; `logical_id` gives the id for a resource type and a natural key.

    Raises `ValueError` when two keys get the same id.
    """
    maker = _maker(logical_id, facts or shipped_facts())
    build_network(maker)
    people = build_members(maker)
    prefixes = _prefixes(maker.facts)
    for claim in maker.facts.claims:
        build_claim(maker, claim, prefixes[claim.member])
    for person in maker.facts.people:
        if person["user"] in maker.facts.charts:
            build_chart(maker, person)
    build_authorizations(maker)
    build_enrolment_trace(maker)
    return World(people, maker.made)


def with_claim(
    world: World, logical_id: Callable[[str, str], str], row: Mapping[str, Any]
) -> World:
    """Add one claim, given in the short form of ``fixtures/claims``, as a system would load it.

    `row` must name a member of the cast and an `n` that the member has not used yet; raises
    `ValueError` otherwise.
    """
    maker = _maker(logical_id, shipped_facts())
    claim = claim_facts(row)
    prefixes = _prefixes(maker.facts)
    if claim.member not in prefixes:
        raise ValueError(f"{claim.member} is not a member of the cast")
    resource = build_claim(maker, claim, prefixes[claim.member])
    if world.resource("ExplanationOfBenefit", resource["id"]) is not None:
        raise ValueError(f"{claim.member} already has a claim number {claim.n}")
    return world.with_resources(resource)


def authorization_resource(
    logical_id: Callable[[str, str], str], request: AuthorizationFacts, updated: str
) -> dict[str, Any]:
    """Make one prior authorization as the system that decides would send it to the API."""
    maker = _maker(logical_id, shipped_facts())
    return build_authorization(maker, request, updated)


def injected_row(member: str, n: int, serviced: str) -> dict[str, Any]:
    """Make the short form of a plain professional claim for an operator who names only its day."""
    day = date.fromisoformat(serviced)
    return {
        "member": member,
        "n": n,
        "kind": "professional",
        "serviced": day,
        "provider": "clinic",
        "practitioner": "okafor",
        "diagnoses": ["hypertension"],
        "lines": [["G0463", 150.0, 110.0, 0.0, 20.0, 0.0]],
    }


def _prefixes(facts: Facts) -> dict[str, str]:
    return {row["user"]: row["claim_prefix"] for row in facts.people if "claim_prefix" in row}


def _maker(logical_id: Callable[[str, str], str], facts: Facts) -> Maker:
    extends = {row["user"]: row["id_extends"] for row in facts.people if "id_extends" in row}
    return Maker(facts, logical_id, extends)
