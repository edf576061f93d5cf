"""CARIN Blue Button: what the claims of a record say of themselves, judged without requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from payerproof.expect import claim_rules
from payerproof.expect.claims import CLAIMS, Claim
from payerproof.expect.displays import displayed
from payerproof.expect.must_support import expect_seen, profiles_of
from payerproof.fhir.rows import together
from payerproof.suite import (
    Api,
    Declared,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check("carin-bb.claim-rules/known-type", needs=("member",))
def test_types_are_known(member: Person) -> None:
    """The type of a claim is a code, never declared absent."""
    _none(member, claim_rules.without_known_type, "a type that is known on each claim")


@check("carin-bb.claim-rules/outcome-complete", needs=("member",))
def test_outcomes_are_complete(member: Person) -> None:
    """The outcome of an adjudicated claim is complete."""
    _none(member, claim_rules.not_complete, "the outcome complete on each claim")


@check("carin-bb.claim-rules/unique-claim-id", needs=("member",))
def test_claims_have_their_unique_id(member: Person) -> None:
    """One identifier of each claim is marked as its unique claim id."""
    _none(member, claim_rules.without_unique_id, "an identifier of type uc on each claim")


@check("carin-bb.claim-rules/numbers-lead-somewhere", needs=("member",))
def test_lines_name_what_the_claim_has(member: Person) -> None:
    """Diagnoses, procedures, providers and info that a line names by number are on the claim."""
    _none(member, claim_rules.with_dangling_numbers, "each number on a line found on its claim")


@check("carin-bb.claim-rules/no-revenue-on-oral", needs=("member",))
def test_oral_claims_have_no_revenue_codes(member: Person) -> None:
    """An oral claim has no revenue codes."""
    _none(member, claim_rules.oral_with_revenue, "no revenue code on an oral claim")


@check("carin-bb.claim-rules/compounds-name-ingredients", needs=("member",))
def test_compounds_name_their_ingredients(member: Person) -> None:
    """A compounded drug is called compound, and its ingredients stand below the line."""
    not_applicable_unless(
        claim_rules.compounds(member.record.of(CLAIMS)), f"{member} was given no compounded drug."
    )
    _none(
        member,
        claim_rules.without_ingredients,
        "compound on each line of a compounded drug, with its ingredients by NDC",
    )


@check("carin-bb.claim-rules/mixed-networks-are-other", needs=("member",))
def test_mixed_networks_are_called_other(member: Person) -> None:
    """A claim with lines in and out of network has the payment status other."""
    _none(
        member,
        claim_rules.mixed_and_not_other,
        "status other where lines are in and out of network",
    )


@check("carin-bb.claim-rules/one-focal-coverage", needs=("member",))
def test_one_coverage_is_focal(member: Person) -> None:
    """Exactly one coverage of a claim is marked as the one it was adjudicated under."""
    _none(member, claim_rules.without_one_focus, "one focal coverage on each claim")


@check("carin-bb.claim-rules/insurer-is-the-payor", needs=("member",))
def test_the_insurer_is_the_payor(api: Api, member: Person) -> None:
    """The insurer of a claim is a payor of its focal coverage."""
    coverages = (*member.record.of("Coverage"), *member.around.of("Coverage"))
    inconclusive_unless(coverages, f"{member} sees no coverage")
    _none(
        member,
        lambda claims: claim_rules.insured_by_others(claims, coverages, api.base),
        "the payor of the focal coverage as insurer of each claim",
    )


@check("carin-bb.linked-versions/both-ways", needs=("member",))
def test_versions_name_each_other(member: Person) -> None:
    """A replaced claim and its replacement name each other."""
    # given claims that are linked
    claims = _claims(member)
    not_applicable_unless(
        claim_rules.has_links(claims), f"No claim of {member} is linked to another.", *_from(member)
    )
    # when the links are followed
    odd = claim_rules.unlinked(claims)
    # then they lead both ways
    expect.that(
        not odd,
        "replaced claims and their replacements that name each other",
        "; ".join(f"{text} ({odd.count(text)} times)" for text in sorted(set(odd))) or "so they do",
        *_from(member),
    )


@check("carin-bb.basis-profiles/told-apart", needs=("member",))
def test_claims_name_a_profile_with_amounts(member: Person) -> None:
    """No claim on the Patient Access API names Basis profiles alone."""
    _none(member, claim_rules.only_basis, "a profile with amounts named by each claim")


@check("carin-bb.consistent-claims/currency", needs=("member",))
def test_amounts_have_one_currency(member: Person) -> None:
    """Every amount of a claim names its currency, and all the same."""
    _none(member, claim_rules.without_currency, "one currency, named with each amount of a claim")


@check("carin-bb.consistent-claims/denied-not-paid", needs=("member",))
def test_denied_claims_show_no_payment(member: Person) -> None:
    """A claim that is denied as a whole shows no amount that the plan paid."""
    _none(member, claim_rules.denied_and_paid, "nothing paid on a claim that is denied as a whole")


@check("carin-bb.displays/defined", needs=("member",))
def test_displays_are_defined(member: Person) -> None:
    """A display beside a code of HL7 or CARIN is one that the code system defines."""
    # given displays in the record, of code systems whose words are at hand
    rows = together(member.record.everything, member.around.everything)
    every, odd = displayed(rows)
    not_applicable_unless(
        every, f"{member}'s record shows no display of a code system whose words are at hand."
    )
    # then each is one of those that are defined
    expect.that(
        not odd,
        "displays that their code system defines",
        "other words beside " + ", ".join(f"{one} ({n} times)" for one, n in odd.most_common(5))
        if odd
        else f"so it is with {every}",
        *_from(member),
    )


@check("carin-bb.must-support/each-profile", needs=("member",))
@each("profile", profiles_of("carin-bb"))
def test_must_support_is_seen(
    population: tuple[Person, ...], declared: Declared, profile: str
) -> None:
    """Every must-support element of a profile in use is populated somewhere in the population."""
    # given the records of all members, and a profile of the newest declared version
    # when its must-support elements are looked for, then each was seen
    expect_seen(population, declared.carin_bb[0], profile)


def _none(
    member: Person, odd_of: Callable[[Sequence[Claim]], Sequence[Claim]], expected: str
) -> None:
    """No claim of the member is among the odd ones; inconclusive where there are no claims."""
    claims = _claims(member)
    odd = odd_of(claims)
    expect.that(not odd, expected, f"not so on {len(odd)} of {len(claims)} claims", *_from(member))


def _claims(member: Person) -> Sequence[Claim]:
    claims = member.claims
    inconclusive_unless(claims, f"{member} sees no claims", *_from(member))
    return claims


def _from(member: Person) -> tuple[str, ...]:
    return member.record.exchanges.get(CLAIMS, ())
