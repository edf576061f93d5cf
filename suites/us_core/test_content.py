"""US Core: what a record holds, judged without further requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.advertised import resources_of
from payerproof.expect.must_support import expect_seen, profiles_of
from payerproof.expect.profiles import US_CORE, bound_to_us_core, fits_some, named
from payerproof.expect.reasons_given import needless_reasons
from payerproof.fhir.record import CLAIMS_AND_CLINICAL
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

KINDS = ("Patient", *(kind for kind in CLAIMS_AND_CLINICAL if kind != "ExplanationOfBenefit"))


@check("us-core.must-support/each-profile", needs=("member",))
@each("profile", profiles_of("us-core"))
def test_must_support_is_seen(
    population: tuple[Person, ...], declared: Declared, profile: str
) -> None:
    """Every must-support element of a profile in use is populated somewhere in the population."""
    # given the records of all members, and a profile of the newest declared version
    # when its must-support elements are looked for, then each was seen
    expect_seen(population, declared.us_core[0], profile)


@check("us-core.missing-data/reasons-where-demanded", needs=("member",))
def test_reasons_stand_where_they_are_demanded(member: Person, declared: Declared) -> None:
    """A data-absent-reason stands only at elements that a profile demands."""
    rows = [row for kind in KINDS for row in member.record.of(kind)]
    inconclusive_unless(rows, f"{member} sees no clinical record")
    found = needless_reasons(rows, declared.us_core[0])
    expect.that(
        not found,
        "optional elements left out where nothing is known",
        ", ".join(f"{path} ({n} times)" for path, n in found.most_common(5))
        or f"so in {len(rows)} resources",
        *(x for kind in KINDS for x in member.record.exchanges.get(kind, ())[:1]),
    )


@check("us-core.profiles/conform", needs=("member",))
@each("kind", KINDS)
def test_resources_conform_to_some_profile(member: Person, declared: Declared, kind: str) -> None:
    """A resource that names no US Core profile conforms to one of its type all the same."""
    # given resources of a kind for which the declared version has a profile, whatever they tell
    held = declared.us_core[0]
    rows = [row for row in member.record.of(kind) if bound_to_us_core(row)]
    not_applicable_unless(
        rows and held.profiles(kind),
        f"{member}'s record holds no {kind} of which every one has a profile.",
    )
    # when those that name no profile are held to each of them
    silent = [row for row in rows if not any(one.startswith(US_CORE) for one in named(row))]
    odd = [row for row in silent if not fits_some(row, held.profiles(kind), held.version)]
    remark(f"{len(silent)} of {len(rows)} {kind} name no profile of US Core.")
    # then one fits
    expect.that(
        not odd,
        f"each {kind} names a profile of US Core {held.version} or conforms to one",
        f"{len(odd)} of {len(rows)} do neither",
        *member.record.exchanges.get(kind, ()),
    )


@check("us-core.declared-profiles/served-types", needs=("member",))
def test_profiles_of_served_types_are_listed(
    member: Person, declared: Declared, capability: Mapping[str, Any]
) -> None:
    """supportedProfile lists US Core profiles of each type served, and those that data name."""
    # given the types of the record that the declared version has profiles for
    held = declared.us_core[0]
    kinds = [kind for kind in member.record.types if held.profiles(kind)]
    inconclusive_unless(kinds, f"{member} sees no clinical record")
    inconclusive_unless(resources_of(capability), "the CapabilityStatement lists no type")
    # when the statement's profiles are compared with the guide's and the data's
    lists = {
        kind: {str(one).partition("|")[0] for one in facts.get("supportedProfile") or []}
        for kind, facts in resources_of(capability).items()
    }
    without = [kind for kind in kinds if not lists.get(kind, set()) & set(held.profiles(kind))]
    used = {
        (kind, one.partition("|")[0])
        for kind in kinds
        for row in member.record.of(kind)
        for one in named(row)
        if one.partition("|")[0] in held.profiles(kind)
    }
    unlisted = {
        address.rpartition("/")[2]
        for kind, address in used
        if address not in lists.get(kind, set())
    }
    # then each type lists one at least, and each that is used
    told = [f"{', '.join(without)} list none"] if without else []
    told += [f"{', '.join(sorted(unlisted))} are used and not listed"] if unlisted else []
    expect.that(
        not told,
        f"supportedProfile of {len(kinds)} types with US Core's profiles, those in use among them",
        "; ".join(told) or "so it is",
    )
