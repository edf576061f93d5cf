"""Sensitive records and members' apps: nothing of them without a choice made for them.

42 CFR Part 2; PDex 2.2.0, §pdex-111; security labels by DS4P and CARIN Blue Button.
"""

from __future__ import annotations

from payerproof.plugin.observed import Protected
from payerproof.plugin.observed.protected import LABELS
from payerproof.suite import Observed, check, expect, inconclusive_unless, not_applicable_unless

NEEDS = ("member", "two_apps", "state_changes")


@check("sensitive-data.part2-consent/apps", needs=NEEDS)
def test_no_substance_use_record_without_its_box(observed: Observed) -> None:
    """An app for which the box for such records was left empty gets none of them, by any road."""
    # given records that came only where the box was ticked
    seen = observed.protected()
    _must_have_records(seen)
    # when everything was asked for without it, then none of them comes
    shown = seen.shown
    expect.that(
        not shown,
        "no specially protected record where the member left the box empty",
        f"by: {', '.join(shown)}" if shown else f"none by {len(seen.roads)} roads",
        *(reply.exchange for reply in (shown or seen.roads).values()),
    )


@check("sensitive-data.member-choice/offered-and-obeyed", needs=NEEDS)
def test_choice_is_offered_and_obeyed(observed: Observed) -> None:
    """A member can leave sensitive records out when they approve an app, or let them in."""
    # given two approvals of one member, one with the box ticked and one with it left empty
    seen = observed.protected()
    inconclusive_unless(
        any(reply.matches for reply in seen.controls),
        "neither app sees a record",
        *(reply.exchange for reply in seen.controls),
    )
    # then what the first sees and the second does not are such records, and there are some
    count = sum(map(len, seen.ids.values()))
    obeyed = bool(count) and not seen.shown
    expect.that(
        obeyed,
        "records that come where the member lets them in, and only there",
        f"{count} records differ" if obeyed else "both apps see the same",
        *(reply.exchange for reply in seen.controls),
    )


@check("sensitive-data.security-labels/filtered", needs=NEEDS)
def test_labelled_records_are_filtered(observed: Observed) -> None:
    """What carries a label of sensitive records does not come to an app without the choice."""
    # given labelled records that came where the member let them in
    seen = observed.protected()
    labelled = [row for reply in seen.controls for row in reply.matches if _labels(row)]
    not_applicable_unless(labelled, "No record of the member carries a label of such records.")
    # when everything was asked for without the choice, then nothing labelled comes
    found = {
        name: reply
        for name, reply in seen.roads.items()
        if any(_labels(row) for row in reply.resources)
    }
    expect.that(
        not found,
        f"none of the {len(labelled)} labelled records",
        f"labelled records by: {', '.join(found)}" if found else "none came",
        *(reply.exchange for reply in (found or seen.roads).values()),
    )


def _must_have_records(seen: Protected) -> None:
    inconclusive_unless(
        any(seen.ids.values()),
        "no specially protected record came with the box ticked either",
        *(reply.exchange for reply in seen.controls),
    )


def _labels(row: object) -> bool:
    meta = row.get("meta") if isinstance(row, dict) else None
    listed = (meta or {}).get("security") or ()
    return any(label.get("code") in LABELS for label in listed)
