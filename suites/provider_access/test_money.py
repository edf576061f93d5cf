"""No money in what clinics get: over every element, extension, narrative, note and attachment."""

from __future__ import annotations

from collections.abc import Mapping

from payerproof.expect.money import Found, Kind, all_money
from payerproof.suite import Practice, check, expect, inconclusive_unless

NEEDS = ("clinic",)


@check("provider-access.no-remittance/export", needs=NEEDS)
def test_no_remittance_in_an_export(practice: Practice) -> None:
    """No line of a full export tells what a provider was paid."""
    # given a full export with claims
    # then nothing in it tells of a remittance
    _expect_no_money(practice, "remittance")


@check("provider-access.no-cost-sharing/export", needs=NEEDS)
def test_no_cost_sharing_in_an_export(practice: Practice) -> None:
    """No line of a full export tells what the member has to pay."""
    # given a full export with claims
    # then nothing in it tells of cost sharing
    _expect_no_money(practice, "cost sharing")


@check("provider-access.no-remittance/prior-authorizations", needs=NEEDS)
def test_no_payment_in_prior_authorizations(practice: Practice) -> None:
    """A prior authorization tells the amount asked for at most, and no payment or share of cost."""
    # given a full export with prior authorizations
    held, export = practice.content(), practice.full().export
    inconclusive_unless(
        held.prior_authorizations, "no prior authorization was exported", *export.exchanges[:2]
    )
    # then no other amount is in them
    _expect_none(held.money_of(prior=True), practice, "the amount asked for at most")


@check("provider-access.no-remittance/reads-and-searches", needs=NEEDS)
def test_no_money_in_searches(practice: Practice) -> None:
    """Searches for claims and coverage tell of no money either."""
    # given a clinic's searches for the claims and the coverage of its members
    seen = practice.searched()
    rows = [row for reply in seen for row in reply.resources]
    inconclusive_unless(rows, "the searches found nothing", *(one.exchange for one in seen))
    # then nothing in them tells of money
    found = all_money(rows)
    expect.that(
        not found,
        "no amount, no payment and no cost sharing",
        _told(found) or f"none in {len(rows)} resources",
        *(one.exchange for one in seen),
    )


@check("provider-access.no-remittance/searching-by-money", needs=NEEDS)
def test_money_cannot_be_asked_for(practice: Practice) -> None:
    """Elements, includes, histories and resources of payment bring no money along either."""
    # given a clinic whose searches for claims work
    seen = practice.beside()
    inconclusive_unless(
        seen["plain"].ok and seen["plain"].resources,
        "the clinic finds no claims",
        seen["plain"].exchange,
    )
    # when it asked for elements, includes and resources that tell of money
    replies = [reply for name, reply in seen.items() if name != "plain"]
    found = all_money(row for reply in replies for row in reply.resources)
    # then none came
    expect.that(
        not found,
        "no amount, no payment and no cost sharing",
        _told(found) or f"none in {len(replies)} answers",
        *(one.exchange for one in replies),
    )


def _expect_no_money(practice: Practice, kind: Kind) -> None:
    held, export = practice.content(), practice.full().export
    inconclusive_unless(held.claims, "no claim was exported", *export.exchanges[:2])
    _expect_none(held.money_of(kind), practice, f"no {kind} in any resource")


def _expect_none(found: Mapping[Found, int], practice: Practice, wanted: str) -> None:
    export = practice.full().export
    named = {one.resource.partition(" ")[0] for one in found}
    files = [file.reply.exchange for file in export.files if file.type in named]
    expect.that(
        not found,
        wanted,
        _told(found) or "none",
        export.last.exchange,
        *files[:6],
    )


def _told(found: Mapping[Found, int]) -> str:
    rows = sorted(found.items(), key=lambda item: -item[1])
    places = [f"{one.resource}{_at(one.place)} ({one.kind}, {n} times)" for one, n in rows]
    return "; ".join(places[:8])


def _at(place: str) -> str:
    return place.partition(".")[1] + place.partition(".")[2] if "." in place else f": {place}"
