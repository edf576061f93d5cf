"""What was dropped is gone from exports, and is told to those who ask for changes."""

from __future__ import annotations

from payerproof.suite import Choices, check, expect, inconclusive_unless

NEEDS = ("clinic", "state_changes", "control:inject-claim", "control:remove-claim")


@check("bulk.corrections/gone", needs=NEEDS, prod="no")
def test_a_dropped_claim_is_gone(choices: Choices) -> None:
    """A claim that was dropped is in no export and no read afterwards."""
    # given a claim that an export had, and that was dropped
    seen = choices.dropped()
    inconclusive_unless(seen.held_before(), "the export before had no such claim")
    # then exports and reads afterwards have it no more
    lines = seen.left()
    expect.that(
        lines == 0 and not seen.read.resources,
        "nothing of the claim",
        f"{lines} lines in exports, and {seen.read.status} to a read",
        *seen.after.exchanges[:3],
        seen.read.exchange,
    )


@check("bulk.corrections/told-as-deleted", needs=NEEDS, prod="no")
def test_a_dropped_claim_is_told(choices: Choices) -> None:
    """An export of changes lists a claim that was dropped since then as deleted."""
    # given a claim that an export had, and that was dropped
    seen = choices.dropped()
    inconclusive_unless(
        seen.held_before() and seen.changes.complete,
        "the export before had no such claim, or the one of changes did not end",
    )
    # then an export of the changes since then says so
    listed = seen.listed()
    expect.that(
        listed,
        "the claim among the deleted",
        "it is among them" if listed else f"{len(seen.changes.manifest.deleted)} files of deleted",
        *seen.changes.exchanges,
    )
