"""Profiles: every resource of the record is valid FHIR R4 and follows the profiles it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payerproof.expect.claims import CLAIMS, kind_of
from payerproof.expect.profiles import CARIN, R4, US_CORE, judged, odd_versions, versions_of
from payerproof.fhir.record import CLAIMS_AND_CLINICAL
from payerproof.fhir.rows import packed
from payerproof.suite import (
    Declared,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

KINDS = ("Patient", *CLAIMS_AND_CLINICAL)
EVERY_KIND = tuple(kind for kind in KINDS if kind != CLAIMS)
OTHERS = ("Coverage", "Patient", "Organization", "Practitioner", "RelatedPerson")
BILLED = ("inpatient", "outpatient", "professional", "pharmacy", "oral", *OTHERS)


@check("standards.fhir-r4/resources", needs=("member",))
@each("kind", KINDS)
def test_resources_are_valid_r4(member: Person, kind: str) -> None:
    """Each resource of the record is valid FHIR R4."""
    rows = _rows(member, kind)
    found = judged(rows, R4)
    expect.that(
        not found.errors,
        f"{kind} as FHIR R4 defines it",
        found.told,
        *member.record.exchanges.get(kind, ()),
    )


@check("standards.us-core-version/resources-follow", needs=("member",))
@each("kind", EVERY_KIND)
def test_resources_follow_us_core(member: Person, declared: Declared, kind: str) -> None:
    """Each resource that names a US Core profile follows it, as of the version declared."""
    found = judged(_rows(member, kind), US_CORE, ("us-core", declared.us_core[0].version))
    not_applicable_unless(
        found.count,
        f"No {kind} of {member} names a profile of US Core whose rules are at hand.",
        *member.record.exchanges.get(kind, ()),
    )
    expect.that(
        not found.errors,
        f"{kind} as the US Core profiles say that it names",
        found.told,
        *member.record.exchanges.get(kind, ()),
    )


@check("carin-bb.meta-profile/followed", needs=("member",))
@each("kind", BILLED)
def test_claims_follow_their_profile(member: Person, declared: Declared, kind: str) -> None:
    """Claims and what they refer to follow the CARIN Blue Button profile that they name."""
    # given the resources of one kind; claims are told apart by type and subtype
    of_type = member.known(kind if kind in OTHERS else CLAIMS)
    rows = packed(row for row in of_type if kind in (row.get("resourceType"), kind_of(row)))
    exchanges = member.record.exchanges.get(str(rows[0]["resourceType"]) if rows else CLAIMS, ())
    not_applicable_unless(rows, f"{member}'s record holds nothing of the kind {kind}.", *exchanges)
    # when they are held to the profiles of the guide that they name
    found = judged(rows, CARIN, ("carin-bb", declared.carin_bb[0].version))
    not_applicable_unless(
        found.count, "None names a profile of CARIN Blue Button whose rules are at hand."
    )
    remark(f"{found.unjudged} rules could not be judged, such as those on licensed code lists.")
    # then nothing departs from them
    expect.that(
        not found.errors, f"{kind} as the profiles say that it names", found.told, *exchanges
    )


@check("carin-bb.meta-profile/published-version", needs=("member",))
def test_profiles_are_of_published_versions(member: Person) -> None:
    """A profile named with a version names one that was published."""
    rows = member.record.everything
    inconclusive_unless(rows, f"{member} sees no record")
    odd = sorted(odd_versions(rows))
    expect.that(
        not odd,
        "profiles of published versions of their guide",
        f"never published: {', '.join(odd[:3])}" if odd else f"so in {len(rows)} resources",
        *(x for found in member.record.exchanges.values() for x in found[:1]),
    )


@check("carin-bb.meta-profile/declared-version", needs=("member",))
def test_claims_follow_the_declared_version(member: Person, capability: Mapping[str, Any]) -> None:
    """The CARIN version that claims name is one that the CapabilityStatement declares."""
    # given versions on both sides; profiles without a version say nothing
    named = versions_of(member.record.of(CLAIMS), CARIN)
    listed = [str(one) for one in capability.get("implementationGuide") or []]
    declared = {one.partition("|")[2] for one in listed if one.startswith(CARIN)} - {""}
    not_applicable_unless(
        named and declared,
        "The claims or the CapabilityStatement name no version of CARIN Blue Button.",
        *member.record.exchanges.get(CLAIMS, ()),
    )
    # then none is undeclared
    odd = sorted(named - declared)
    expect.that(
        not odd,
        f"profiles of version {' or '.join(sorted(declared))}",
        f"{', '.join(odd)} as well" if odd else f"{', '.join(sorted(named))}",
        *member.record.exchanges.get(CLAIMS, ()),
    )


def _rows(member: Person, kind: str) -> Sequence[Mapping[str, Any]]:
    rows = member.record.of(kind)
    not_applicable_unless(
        rows, f"{member}'s record holds no {kind}.", *member.record.exchanges.get(kind, ())
    )
    return rows
