"""Payer-to-Payer, $everything: no more of a member than the exchange allows, and of nobody else.

42 CFR 422.121(b)(4). No guide asks for the operation; where it is served it is a road of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.handed_over import is_denied, is_older
from payerproof.expect.money import money_in
from payerproof.plugin.exchange import CLOSED, OWN, Handed
from payerproof.suite import Exchanges, check, expect, inconclusive_unless, not_applicable_unless

NEEDS = ("other_payer", "payer_to_payer", "member", "state_changes")


@check("payer-to-payer.opt-in/everything", needs=NEEDS)
def test_everything_of_others_stays_closed(exchanges: Exchanges) -> None:
    """$everything of a member who did not opt in brings nothing, in whatever payer's hands."""
    # given a payer that can read a member who opted in
    seen = exchanges.handed()
    opened = {name for name, reply in seen.reads.items() if reply.resource_type == "Patient"}
    inconclusive_unless(opened & set(seen.chosen), "the payer reads nobody by id")
    closed = {name: seen.everything[name] for name in CLOSED if name in seen.everything}
    not_applicable_unless(closed, "The payer file names nobody who did not opt in.")
    # when it asks for all of another's record, and a payer whom nobody chose for all of theirs
    told = [name for name, replies in closed.items() if any(r.resources for r in replies)]
    # then nothing comes
    expect.that(
        not told,
        "nothing, for none of them",
        f"resources came of {', '.join(told)}" if told else "nothing came",
        *(reply.exchange for replies in closed.values() for reply in replies),
    )


@check("payer-to-payer.excludes-money/everything", needs=NEEDS)
def test_everything_holds_no_money(exchanges: Exchanges) -> None:
    """$everything of a member who opted in tells nothing of money, as the export does not."""
    # given all of a record in one answer
    rows, replies = _everything(exchanges.handed())
    # when every element is walked by its datatype
    found = [one for row in rows for one in money_in(row)]
    # then none tells of money
    expect.that(
        not found,
        "no amount, no payment and no cost sharing",
        f"{len(found)} places tell of money" if found else f"none in {len(rows)} resources",
        *replies,
    )


@check("payer-to-payer.excludes-denied-authorizations/everything", needs=NEEDS)
def test_everything_holds_no_denied_authorization(exchanges: Exchanges) -> None:
    """$everything of a member who opted in holds no denied authorization."""
    # given all of a record in one answer
    rows, replies = _everything(exchanges.handed())
    # when the decisions in it are read, then none was denied
    denied = [row for row in rows if is_denied(row)]
    expect.that(
        not denied,
        "no denied authorization",
        f"{len(denied)} were denied" if denied else f"none in {len(rows)} resources",
        *replies,
    )


@check("payer-to-payer.within-five-years/everything", needs=NEEDS)
def test_everything_holds_no_more_than_five_years(exchanges: Exchanges) -> None:
    """$everything of a member who opted in holds no claim older than five years."""
    # given all of a record in one answer
    rows, replies = _everything(exchanges.handed())
    # when the services of its claims are dated, then none ended before the last five years
    older = [row for row in rows if is_older(row)]
    expect.that(
        not older,
        "no claim older than five years",
        f"{len(older)} are older" if older else f"none in {len(rows)} resources",
        *replies,
    )


def _everything(seen: Handed) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Resources and exchanges of $everything of a member whom the payer may read."""
    replies = seen.everything.get(OWN, ())
    rows = [row for reply in replies for row in reply.resources]
    not_applicable_unless(
        rows, "The payer offers no $everything to payers.", *(one.exchange for one in replies)
    )
    return rows, [one.exchange for one in replies]
