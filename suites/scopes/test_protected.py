"""Specially protected records stay with the plan unless the member ticks a box of their own."""

from __future__ import annotations

from payerproof.suite import Observed, check, expect, inconclusive_unless, not_applicable_unless


@check("scopes.refused-choice-holds/specially-protected", needs=("member", "two_apps"))
def test_protected_records_are_kept_back(observed: Observed) -> None:
    """Substance use records for which no box was ticked come by no road."""
    # given a member who has such records, as an app shows for which the box was ticked
    seen = observed.protected()
    inconclusive_unless(
        all(reply.matches for reply in seen.controls),
        "the record cannot be read with the box ticked either",
        *(reply.exchange for reply in seen.controls),
    )
    not_applicable_unless(
        any(seen.ids.values()),
        "No protected record came with every box ticked either: this payer shares none with apps.",
        seen.whole.exchange,
    )
    # when an app for which it was left empty asks for them by every road
    shown = seen.shown
    # then none comes
    expect.that(
        not shown,
        "no protected record by any road",
        "; ".join(f"{name} ({{x:{reply.exchange}}})" for name, reply in shown.items())
        or f"none by {len(seen.roads)} roads",
        seen.whole.exchange,
        seen.kept_back.exchange,
        *(reply.exchange for reply in (shown or seen.roads).values()),
    )
