"""Ids: nothing about a member can be read off an id, and no id leads to the next."""

from __future__ import annotations

import re
from itertools import pairwise

from payerproof.suite import Person, check, expect, inconclusive_unless

SSN = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")


@check("isolation.opaque-ids/no-member-facts", needs=("member",))
def test_ids_hold_no_facts(member: Person) -> None:
    """No own id holds the member id, a claim number, birth date, SSN shape or diagnosis code."""
    # given the ids of one's own record and the facts that must not be in them
    member.must_have("Patient", "ExplanationOfBenefit")
    ids = [ident for kind in member.record.types for ident in member.record.ids(kind)]
    facts = _facts(member)
    # when each id is searched for each fact
    telling = [
        kind for kind, fact in facts for ident in ids if fact.casefold() in ident.casefold()
    ] + ["a number shaped like an SSN" for ident in ids if SSN.search(ident)]
    # then none is found
    expect.that(
        not telling,
        "ids that say nothing about the member",
        f"{len(telling)} of {len(ids)} ids hold {', '.join(dict.fromkeys(telling))}"
        if telling
        else f"none of {len(ids)} ids holds any of {len(facts)} facts",
        *_sources(member),
    )


@check("isolation.opaque-ids/not-sequential", needs=("member",))
def test_ids_are_not_consecutive(member: Person) -> None:
    """Own ids are not consecutive numbers."""
    # given several ids of one type
    member.must_have("ExplanationOfBenefit")
    rows = member.record.of("ExplanationOfBenefit")
    ids = [str(row.get("id")) for row in rows if row.get("use") != "preauthorization"]
    inconclusive_unless(len(ids) >= 3, f"{member} has {len(ids)} claims, too few to see a pattern")
    # when their numbers are put in order
    numbers = sorted(int(found[-1]) for ident in ids if (found := re.findall(r"\d{1,18}", ident)))
    close = sum(1 for one, other in pairwise(numbers) if other - one in (1, 2))
    # then they do not follow one another
    expect.that(
        close * 2 < max(1, len(ids) - 1),
        "ids of which one doesn't lead to the next",
        f"{close} of {len(ids) - 1} steps between ids are one or two apart",
        *_sources(member),
    )


def _facts(person: Person) -> list[tuple[str, str]]:
    """Facts of a member with what they are, long enough not to occur by chance."""
    patient = person.record.of("Patient")[0]
    found = [("the birth date", str(patient.get("birthDate") or "").replace("-", ""))]
    found += [("the birth date", str(patient.get("birthDate") or ""))]
    for kind, what in (("Patient", "a member number"), ("ExplanationOfBenefit", "a claim number")):
        found += [
            (what, str(identifier.get("value") or ""))
            for resource in person.record.of(kind)
            for identifier in resource.get("identifier") or []
        ]
    found += [
        ("a diagnosis code", str(coding.get("code") or ""))
        for condition in person.record.of("Condition")
        for coding in (condition.get("code") or {}).get("coding") or []
        if "icd-10" in str(coding.get("system"))
    ]
    return list(dict.fromkeys((what, fact) for what, fact in found if len(fact) >= 5))


def _sources(person: Person) -> tuple[str, ...]:
    return person.record.exchanges.get("ExplanationOfBenefit", ())[:1]
