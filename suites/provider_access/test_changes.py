"""Treatment ends, a clinic leaves the network, a lookup fails, a number changes."""

from __future__ import annotations

from payerproof.plugin.practice import Altered
from payerproof.suite import Choices, check, expect, inconclusive_unless

NEEDS = ("clinic", "state_changes")


@check(
    "provider-access.attribution-process/treatment-ended",
    needs=(*NEEDS, "control:attribution"),
    prod="no",
)
def test_when_a_treatment_ends(choices: Choices) -> None:
    """When a treatment relationship ends, reads, searches, Group and exports end with it."""
    # given a member whom a clinic was shown, until the treatment ended
    seen = choices.treatment_ended()
    seen.must_have_shown()
    seen.must_have_come_back()
    # then the clinic was shown nothing of them
    _expect_nothing(seen)


@check(
    "provider-access.attribution-process/clinic-left-the-network",
    needs=(*NEEDS, "control:network"),
    prod="no",
)
def test_when_a_clinic_leaves(choices: Choices) -> None:
    """When a clinic leaves the network, it is given nothing at its next request."""
    # given a clinic that was shown a member, until it left
    seen = choices.network_left()
    seen.must_have_shown()
    seen.must_have_come_back()
    # then it was shown nothing of them
    _expect_nothing(seen)


@check(
    "provider-access.opt-out-effective/lookup-fails",
    needs=(*NEEDS, "control:consent-lookup"),
    prod="no",
)
def test_when_choices_cannot_be_looked_up(choices: Choices) -> None:
    """While members' choices can't be looked up, everybody counts as opted out."""
    # given a clinic that was shown a member, until the lookup failed
    seen = choices.lookup_failing()
    seen.must_have_shown()
    seen.must_have_come_back()
    # then it was shown nothing of them
    _expect_nothing(seen)


@check(
    "provider-access.opt-out-effective/number-changed",
    needs=(*NEEDS, "opted_out_member", "control:member-number"),
    prod="no",
)
def test_a_new_number_is_no_new_choice(choices: Choices) -> None:
    """Who opted out stays out when their member number changes."""
    # given a clinic that is shown others, and a member who opted out and got another number
    seen = choices.number_changed()
    inconclusive_unless(
        any(reply.resource_type == "Patient" for reply in seen.before.values()),
        "the clinic is shown nobody",
        *(reply.exchange for reply in seen.before.values()),
    )
    # then the member is shown neither with the new number nor with the old one again
    _expect_nothing(seen)


def _expect_nothing(seen: Altered) -> None:
    shown, lines = seen.still_shown(), seen.lines()
    tried = [*seen.during.values()]
    export = seen.export.exchanges[:3] if seen.export else ()
    expect.that(
        not shown and not lines,
        "nothing of the member in reads, searches, the Group and an export",
        "; ".join([*(f"the {name}" for name in shown), *([f"{lines} lines"] if lines else [])])
        or "nothing"
        + (f" ({seen.refused})" if seen.refused else f" in {len(tried)} looks and an export"),
        *(reply.exchange for reply in (shown.values() if shown else tried)),
        *export,
    )
