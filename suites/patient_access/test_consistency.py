"""Consistency: amounts, dates, codes and versions of claims agree with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from payerproof.expect.claims import CLAIMS, Claim, by_number, codes, is_settled, mappings
from payerproof.expect.consistency import (
    double_meanings,
    impossible_dates,
    paid_as_a_whole,
    paid_in_adjudication,
    repeated,
    takes_back,
    undotted,
    unequal_sums,
)
from payerproof.expect.placeholders import absent_essentials
from payerproof.fhir.rows import together
from payerproof.suite import (
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.settings import zone


@check("carin-bb.consistent-claims/sums", needs=("member",))
def test_totals_are_the_sums_of_lines(member: Person) -> None:
    """Totals equal the sums of the lines that are adjudicated by the same category."""
    claims = _claims(member)
    found = Counter(category for claim in claims for category in unequal_sums(claim))
    expect.that(
        not found,
        "each total equal to the sum of its lines, where lines are adjudicated by it",
        ", ".join(f"{category} differs on {n} claims" for category, n in found.items())
        or f"no difference on {len(claims)} claims",
        *_exchanges(member),
    )


@check("carin-bb.consistent-claims/one-meaning", needs=("member",))
def test_an_amount_means_one_thing(member: Person) -> None:
    """No amount is coded as two things that contradict each other."""
    claims = _claims(member)
    found = Counter(pair for claim in claims for pair in double_meanings(claim))
    expect.that(
        not found,
        "one meaning for each amount",
        ", ".join(f"one amount is {pair} on {n} claims" for pair, n in found.items())
        or f"so on {len(claims)} claims",
        *_exchanges(member),
    )


@check("carin-bb.consistent-claims/dates", needs=("member",))
def test_dates_are_possible(member: Person, target: Target) -> None:
    """No claim was created before its service, or tells of a service to come."""
    claims = _claims(member)
    today = datetime.now(zone(target.policy)).date()
    found = Counter(
        told for claim in claims for told in impossible_dates(claim, zone(target.policy), today)
    )
    expect.that(
        not found,
        "dates that can be",
        ", ".join(f"{told} ({n} claims)" for told, n in found.items())
        or f"so on {len(claims)} claims",
        *_exchanges(member),
    )


@check("carin-bb.consistent-claims/versions", needs=("member",))
def test_one_version_of_a_claim_stands(member: Person) -> None:
    """Of several versions of a claim one is active; the others are cancelled or linked."""
    # given the claims, and those that are known to be reversed
    claims = _claims(member)
    known = [one.id for one in member.persona.expect.claims if one.status == "reversed"]
    # when versions are looked for that stand as if nothing had followed
    twice = repeated(claims)
    negative = [claim for claim in claims if takes_back(claim)]
    named = by_number(claims, known).values()
    standing = [one for found in named for one in found if _stands(one)]
    # then there is none
    told = [f"{len(twice)} claim numbers have more than one active claim"] if twice else []
    told += [f"{len(negative)} active claims with a negative total"] if negative else []
    told += [f"{len(standing)} reversed claims active and not linked"] if standing else []
    expect.that(
        not told,
        "one active version of each claim, the others cancelled or linked",
        ", ".join(told) or f"so among {len(claims)} claims",
        *_exchanges(member),
    )


@check("carin-bb.consistent-claims/diagnosis-form", needs=("member",))
def test_diagnosis_codes_have_their_dot(member: Person) -> None:
    """ICD-10-CM codes are written as the code system writes them, with the dot."""
    rows = together(member.record.of(CLAIMS), member.record.of("Condition"))
    inconclusive_unless(rows, f"{member} sees no claim and no condition", *_exchanges(member))
    found = Counter({str(row["resourceType"]): 0 for row in rows})
    for row in rows:
        found[str(row["resourceType"])] += undotted(row)
    expect.that(
        not any(found.values()),
        "ICD-10-CM codes with their dot",
        ", ".join(f"{n} without it in {kind}" for kind, n in found.items() if n)
        or f"so in {len(rows)} resources",
        *_exchanges(member),
    )


@check("carin-bb.missing-data/status-not-absent", needs=("member",))
def test_no_status_is_declared_absent(member: Person) -> None:
    """No data-absent-reason stands for an element without which a resource says nothing."""
    rows = member.record.everything
    inconclusive_unless(rows, f"{member} sees no record")
    found = Counter(path for row in rows for path in absent_essentials(row))
    expect.that(
        not found,
        "a value in each status, creation date and coverage of a claim",
        ", ".join(f"{path} declared absent ({n} times)" for path, n in found.items())
        or f"so in {len(rows)} resources",
        *_exchanges(member),
    )


@check("carin-bb.must-support/coverage-plan", needs=("member",))
def test_coverage_names_its_plan(member: Person) -> None:
    """Coverage says which group or plan it is."""
    rows = member.record.of("Coverage")
    exchanges = member.record.exchanges.get("Coverage", ())
    inconclusive_unless(rows, f"{member} sees no coverage", *exchanges)
    bare = [
        row
        for row in rows
        if not any(
            one.get("value") and codes(one.get("type")) & {"group", "plan"}
            for one in mappings(row.get("class"))
        )
    ]
    expect.that(
        not bare,
        "a class of type group or plan with a value, on each coverage",
        f"{len(bare)} of {len(rows)} coverages without",
        *exchanges,
    )


@check("carin-bb.must-support/paid-amount", needs=("member",))
def test_paid_amount_is_told_once_for_all(member: Person) -> None:
    """A settled claim whose adjudication tells what was paid has it in payment or totals too."""
    # given settled claims whose lines or header say what was paid to the provider
    claims = [one for one in _claims(member) if is_settled(one)]
    adjudicated = [one for one in claims if paid_in_adjudication(one)]
    not_applicable_unless(
        adjudicated, f"No settled claim of {member} is adjudicated by what was paid."
    )
    # when its payment and totals are looked at
    silent = [one for one in adjudicated if not paid_as_a_whole(one)]
    # then they tell it
    expect.that(
        not silent,
        "what was paid in payment.amount or a total, where the adjudication has it",
        f"in neither on {len(silent)} of {len(adjudicated)} claims",
        *_exchanges(member),
    )


@check("carin-bb.meta-profile/last-updated-tells", needs=("member",))
def test_last_updated_tells_when(member: Person) -> None:
    """meta.lastUpdated differs between claims of different times, so that changes can be told."""
    # given claims of more than one day
    claims = _claims(member)
    days = {str(claim.get("created") or "")[:10] for claim in claims}
    not_applicable_unless(len(days) > 1, f"All claims of {member} were created on one day.")
    # when the times of their last update are put side by side
    times = {_last_updated(claim) for claim in claims} - {""}
    inconclusive_unless(times, "no claim says when it was last updated", *_exchanges(member))
    # then they are not all one, as after a load that stamps everything alike
    expect.that(
        len(times) > 1,
        f"different times of update on {len(claims)} claims that were created on {len(days)} days",
        f"{len(times)} different times",
        *_exchanges(member),
    )


@check("patient-access.denied-claims/shown-as-denied", needs=("expected_claims",))
def test_denied_claims_are_shown_as_such(member: Person) -> None:
    """An expected denied claim does not say that it was paid."""
    # given claims that are known to be denied, as they came
    known = [one.id for one in member.persona.expect.claims if "denied" in one.status]
    not_applicable_unless(known, f"The payer file names no denied claim of {member}.")
    came = [one for found in by_number(member.record.of(CLAIMS), known).values() for one in found]
    inconclusive_unless(came, "none of the denied claims came", *_exchanges(member))
    # when their payment is looked at
    paid = [claim for claim in came if _says_paid(claim)]
    # then none is called paid
    expect.that(
        not paid,
        f"{len(came)} denied claims that are not called paid",
        f"{len(paid)} of them are called paid",
        *_exchanges(member),
    )


def _claims(member: Person) -> Sequence[Claim]:
    claims = member.claims
    inconclusive_unless(claims, f"{member} sees no claims", *_exchanges(member))
    return claims


def _exchanges(member: Person) -> tuple[str, ...]:
    return member.record.exchanges.get(CLAIMS, ())


def _stands(claim: Claim) -> bool:
    return claim.get("status") == "active" and not claim.get("related")


def _says_paid(claim: Claim) -> bool:
    return "paid" in codes([one.get("type") for one in mappings(claim.get("payment"))])


def _last_updated(resource: Mapping[str, Any]) -> str:
    meta = resource.get("meta")
    return str(meta.get("lastUpdated") or "") if isinstance(meta, Mapping) else ""
