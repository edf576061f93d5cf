"""US Core: scopes of single categories of conditions and observations open those, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.claims import codes
from payerproof.fhir.reply import Reply
from payerproof.suite import (
    Api,
    Lease,
    Person,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

_CONDITION = "http://terminology.hl7.org/CodeSystem/condition-category"
_OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"
_CORE = "http://hl7.org/fhir/us/core/CodeSystem/"
Categories = Mapping[str, Mapping[str, str]]

GRANTED: Mapping[str, Categories] = {
    "problems-vital-signs-history": {
        "Condition": {"problem-list-item": _CONDITION},
        "Observation": {"vital-signs": _OBSERVATION, "social-history": _OBSERVATION},
    },
    "diagnoses-laboratory-survey": {
        "Condition": {"encounter-diagnosis": _CONDITION},
        "Observation": {"laboratory": _OBSERVATION, "survey": _OBSERVATION},
    },
    "concerns-social-needs": {
        "Condition": {"health-concern": _CORE + "condition-category"},
        "Observation": {"sdoh": _CORE + "us-core-category"},
    },
}
"""The categories that US Core 7.0.0 (Scopes) names for servers, in three grants."""


@check("us-core.granular-scopes/each-category", needs=("member", "two_apps"))
@each("granted", tuple(GRANTED))
def test_scopes_of_categories_open_these(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person, granted: str
) -> None:
    """A token for some categories finds what the record has of them, and nothing else."""
    # given a token for some categories, granted as asked
    not_applicable_unless(
        "permission-v2" in smart.capabilities, "The server does not claim scopes of version 2."
    )
    wanted = GRANTED[granted]
    for kind in wanted:
        member.must_have(kind)
    asked = [
        f"patient/{kind}.rs?category={system}|{code}"
        for kind, listed in wanted.items()
        for code, system in listed.items()
    ]
    grant = lease.reading(member, " ".join(["launch/patient", *asked]))
    not_applicable_unless(
        set(asked) <= set(grant.scopes),
        "The server does not grant these scopes of single categories.",
        grant.exchange,
    )
    # when conditions and observations are searched
    client = api.as_(grant)
    replies = {
        kind: client.search(kind, [("patient", member.patient_id), ("_count", "100")])
        for kind in wanted
    }
    inconclusive_unless(
        any(reply.matches for reply in replies.values()),
        "the token opens nothing",
        *(reply.exchange for reply in replies.values()),
    )
    # then what is of these categories comes, and nothing else
    told = [
        text
        for kind, reply in replies.items()
        for text in _odd(reply, frozenset(wanted[kind]), member.record.of(kind))
    ]
    expect.that(
        not told,
        "the conditions and observations of these categories, and no others",
        ", ".join(told) or "so it is",
        *(reply.exchange for reply in replies.values()),
    )


def _odd(
    reply: Reply, categories: frozenset[str], known: tuple[Mapping[str, Any], ...]
) -> list[str]:
    """What came beyond the categories, and what is known of them and did not come."""
    kind = known[0].get("resourceType") if known else "resource"
    came = {str(row.get("id")) for row in reply.matches}
    beyond = [row for row in reply.matches if not codes(row.get("category")) & categories]
    missing = [
        row
        for row in known
        if codes(row.get("category")) & categories and str(row.get("id")) not in came
    ]
    told = [f"{len(beyond)} {kind} of other categories"] if beyond else []
    return told + ([f"{len(missing)} {kind} of these categories missing"] if missing else [])
