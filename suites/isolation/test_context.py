"""Whose record: without a member's context nothing opens, and open APIs know no members."""

from __future__ import annotations

from payerproof.fhir.record import CLAIMS_AND_CLINICAL
from payerproof.suite import (
    Observed,
    OpenApi,
    Person,
    check,
    expect,
    inconclusive_unless,
)


@check("isolation.member-context-required/account-without-record", needs=("member", "portal_user"))
def test_account_without_a_record_opens_nothing(observed: Observed, member: Person) -> None:
    """Somebody without a member's record gets no token, or one that opens nothing."""
    # given a member with data to protect, and an account without a record that can log in
    member.must_have("Patient")
    seen = observed.without_record()
    outcome = seen.outcome
    inconclusive_unless(
        seen.got_in,
        f"{seen.person} could not log in: {outcome.trouble}",
        *outcome.exchanges[-2:],
    )
    # when its owner connected an app, and a token that came of it was used
    broken = [one for one in (seen.answer, *seen.seen) if one and one.status >= 500]
    about_members = [
        reply
        for reply in seen.seen
        if any(
            row.get("resourceType") in ("Patient", *CLAIMS_AND_CLINICAL) for row in reply.resources
        )
    ]
    # then it opened nothing of anybody, and nothing broke
    told = (
        [f"a token came, and {len(about_members)} requests brought data"] if about_members else []
    )
    told += [f"{len(broken)} requests broke the server"] if broken else []
    expect.that(
        not told,
        "no token, or one that opens nothing",
        "; ".join(told) or ("a token that opens nothing" if seen.seen else "no token"),
        *(reply.exchange for reply in (*about_members, *broken)),
        *outcome.exchanges[-2:],
    )


@check("isolation.public-resources/directory", needs=("directory", "member"))
def test_directory_names_no_member(directory: OpenApi, population: tuple[Person, ...]) -> None:
    """Nothing that the open directory publishes is a fact of a member's."""
    _knows_nobody(directory, population)


@check("isolation.public-resources/formulary", needs=("formulary", "member"))
def test_formulary_names_no_member(formulary: OpenApi, population: tuple[Person, ...]) -> None:
    """Nothing that the open formulary publishes is a fact of a member's."""
    _knows_nobody(formulary, population)


def _knows_nobody(api: OpenApi, population: tuple[Person, ...]) -> None:
    # given an API that answers, and members with data to protect
    api.must_answer()
    population[0].must_have("Patient")
    # when what it publishes is looked through, then nothing is about a member
    expect(*api.answers).discloses_nothing_about(*population)
    expect(*api.answers).has_no_resource_of("Patient", "Coverage", "ExplanationOfBenefit", "Group")
