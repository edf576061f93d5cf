"""Finer scopes: single letters and categories mean what they say (SMART 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.smart.scopes import opens
from payerproof.suite import (
    Api,
    Lease,
    Person,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("scopes.interactions/read-only-token", needs=("member", "two_apps"))
def test_r_is_not_s(api: Api, lease: Lease, smart: SmartConfiguration, member: Person) -> None:
    """A token with .r reads by id and does not search."""
    # given a token that may read claims and not search them
    _needs_version_2(smart)
    member.must_have(CLAIMS)
    grant = lease(member, scopes=f"launch/patient patient/{CLAIMS}.r")
    inconclusive_unless(
        f"patient/{CLAIMS}.r" in grant.scopes,
        "the single letter was not granted as such",
        grant.exchange,
    )
    read = api.as_(grant).read(CLAIMS, member.record.ids(CLAIMS)[0])
    inconclusive_unless(read.resource_type == CLAIMS, "it does not read by id", read.exchange)
    # when it searches
    reply = api.as_(grant).search(CLAIMS, patient=member.patient_id)
    # then nothing comes
    expect(reply).has_no_resource_of(CLAIMS)


@check("scopes.interactions/search-only-token", needs=("member", "two_apps"))
def test_s_is_not_r(api: Api, lease: Lease, smart: SmartConfiguration, member: Person) -> None:
    """A token with .s searches and does not read by id."""
    # given a token that may search claims and not read them
    _needs_version_2(smart)
    member.must_have(CLAIMS)
    grant = lease(member, scopes=f"launch/patient patient/{CLAIMS}.s")
    inconclusive_unless(
        f"patient/{CLAIMS}.s" in grant.scopes,
        "the single letter was not granted as such",
        grant.exchange,
    )
    found = api.as_(grant).search(CLAIMS, patient=member.patient_id)
    inconclusive_unless(found.matches, "it does not search", found.exchange)
    # when it reads by id
    reply = api.as_(grant).read(CLAIMS, member.record.ids(CLAIMS)[0])
    # then nothing comes
    expect(reply).has_no_resource_of(CLAIMS)


@check("smart.granular-scopes/search", needs=("member", "two_apps"))
def test_category_scope_in_searches(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A category scope gives rows of that category only."""
    grant, _ = _laboratory_only(lease, smart, member)
    # when observations are searched without a category, and with another
    client = api.as_(grant)
    replies = [
        client.search("Observation", patient=member.patient_id),
        client.search("Observation", patient=member.patient_id, category="vital-signs"),
    ]
    inconclusive_unless(
        replies[0].matches, "no laboratory result comes either", replies[0].exchange
    )
    # then only laboratory results come
    others = [
        row for reply in replies for row in reply.matches if "laboratory" not in _categories(row)
    ]
    expect.that(
        not others,
        "observations of the category laboratory only",
        f"{len(others)} of another category"
        if others
        else f"{len(replies[0].matches)} of laboratory",
        *(reply.exchange for reply in replies),
    )


@check("smart.granular-scopes/read", needs=("member", "two_apps"))
def test_category_scope_in_reads(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A resource of another category is closed to read by id and to _id."""
    grant, other = _laboratory_only(lease, smart, member)
    client = api.as_(grant)
    replies = [client.read("Observation", other), client.search("Observation", _id=other)]
    expect(*replies).has_no_resource_of("Observation")


@check("smart.granular-scopes/include-and-everything", needs=("member", "two_apps"))
def test_category_scope_by_side_roads(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """Neither include nor $everything brings another category."""
    grant, _ = _laboratory_only(lease, smart, member)
    client = api.as_(grant)
    replies = [
        client.get(f"Patient/{member.patient_id}/$everything"),
        client.search("Observation", [("patient", member.patient_id), ("_include", "*")]),
        client.search(
            "Observation",
            [("patient", member.patient_id), ("_include", "Observation:has-member")],
        ),
    ]
    others = [
        row
        for reply in replies
        for row in reply.resources
        if row.get("resourceType") == "Observation" and "laboratory" not in _categories(row)
    ]
    expect.that(
        not others,
        "observations of the category laboratory only",
        f"{len(others)} of another category" if others else "none of another category",
        *(reply.exchange for reply in replies),
    )


def _needs_version_2(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        "permission-v2" in smart.capabilities,
        "The server does not claim scopes of version 2 (permission-v2).",
        smart.exchange,
    )


def _laboratory_only(lease: Lease, smart: SmartConfiguration, member: Person) -> tuple[Any, str]:
    """A grant for laboratory results, and the id of an observation of another category."""
    _needs_version_2(smart)
    member.must_have("Observation")
    rows = member.record.of("Observation")
    others = [str(row["id"]) for row in rows if "laboratory" not in _categories(row)]
    inconclusive_unless(
        others and len(others) < len(rows),
        f"{member} needs laboratory results and other observations to tell them apart",
    )
    wanted = "patient/Observation.rs?category=laboratory"
    coded = (
        "patient/Observation.rs?category="
        "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    )
    grant = lease.reading(member, f"launch/patient {coded}")
    finer = [name for name in grant.scopes if "?category=" in name]
    expect.that(
        not opens(grant.scopes, "Observation", "s") or finer,
        "laboratory results alone, or none",
        f"granted: {' '.join(grant.scopes)}",
        grant.exchange,
    )
    not_applicable_unless(
        finer or any(wanted in name for name in grant.scopes),
        "The server grants no scopes of single categories.",
        grant.exchange,
    )
    return grant, others[0]


def _categories(row: Mapping[str, Any]) -> set[str]:
    return {
        str(coding.get("code"))
        for category in row.get("category") or []
        for coding in category.get("coding") or []
    }
