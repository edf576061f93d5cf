"""Payer-to-Payer, the time: within one business day, and the record as it stands.

42 CFR 422.121(b)(5); Bulk Data 2.0.0, transactionTime.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from payerproof.expect.business_days import business_days_after, business_days_before
from payerproof.polite.retry_after import seconds_to_wait
from payerproof.suite import Exchanges, Target, check, expect, inconclusive_unless

NEEDS = ("other_payer", "payer_to_payer", "member", "state_changes")


@check("payer-to-payer.answer-one-business-day/export", needs=NEEDS)
def test_the_answer_comes_within_a_day(exchanges: Exchanges, target: Target) -> None:
    """What was asked for is there within one business day, as far as the run or the payer tells."""
    # given a request for a record
    seen = exchanges.handed()
    export = seen.export
    # when it came while the run waited, or the payer told when to ask again
    now = datetime.now(UTC)
    latest = business_days_after(now.date(), 1, target.policy)
    waits = seconds_to_wait(export.last.header("retry-after") or None, now.timestamp())
    told = (now + timedelta(seconds=waits or 0)).date()
    inconclusive_unless(
        export.complete or told > latest,
        f"it did not come while the run waited ({export.last.status} at last)",
        export.last.exchange,
    )
    # then that is no later than the next business day
    expect.that(
        export.complete,
        f"the record by {latest:%-d %B %Y}",
        f"after {export.seconds:.1f} seconds"
        if export.seconds is not None
        else f"status {export.last.status}, to be asked for again on {told:%-d %B %Y}",
        *export.exchanges,
    )


@check(
    "payer-to-payer.answer-one-business-day/after-a-day",
    needs=(*NEEDS, "control:clock"),
    prod="no",
)
def test_the_answer_is_there_after_a_day(exchanges: Exchanges) -> None:
    """What did not come while the run waited is there at the end of the next business day."""
    # given a request for a record that was accepted
    seen = exchanges.handed()
    export = seen.export
    inconclusive_unless(
        export.complete or export.last.status == 202,
        f"the export was answered {export.last.status}",
        export.last.exchange,
    )
    # when it was still running as the run stopped waiting, and the payer's clock was moved on
    later = exchanges.next_day()
    inconclusive_unless(
        later is None or later.status in (200, 202),
        f"its status was answered {later.status if later else 0} then",
        later.exchange if later else "",
    )
    # then the record is there
    expect.that(
        later is None or later.status == 200,
        "the record by the end of the next business day",
        "it is still being made"
        if later and later.status == 202
        else "it came while the run waited"
        if later is None
        else "it is there",
        export.last.exchange,
        later.exchange if later else "",
    )


@check("payer-to-payer.answer-one-business-day/state-of-the-data", needs=NEEDS)
def test_the_answer_is_of_today(exchanges: Exchanges, target: Target) -> None:
    """What is handed over is the record as it stands, or stood one business day before."""
    # given an export of a member's record
    seen = exchanges.handed()
    seen.must_be_handed()
    # when its manifest tells the time of its data (Bulk Data 2.0.0, transactionTime: it holds all
    # that had changed up to then)
    told = _instant(seen.export.manifest.at)
    inconclusive_unless(told, "its manifest tells no time", seen.export.last.exchange)
    assert told is not None
    # then that is no earlier than one business day before it was asked for
    asked = datetime.now(UTC).date()
    earliest = business_days_before(asked, 1, target.policy) - timedelta(days=1)  # zones
    expect.that(
        told.date() >= earliest,
        f"data of {earliest:%-d %B %Y} or later",
        f"data of {told:%-d %B %Y}",
        seen.kick_off.exchange,
        seen.export.last.exchange,
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
