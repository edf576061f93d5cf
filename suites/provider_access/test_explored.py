"""Whatever order of choices, treatments, reads and exports: the last word counts."""

from __future__ import annotations

from payerproof.suite import Choices, check, expect, remark

NEEDS = (
    "clinic",
    "two_clinics",
    "state_changes",
    "control:opt-out",
    "control:opt-in",
    "control:attribution",
)


@check("provider-access.opt-out-effective/explored", needs=NEEDS, prod="no")
def test_any_order_of_choices(choices: Choices) -> None:
    """After any sequence of changes, clinics are shown whom the last choice and treatment allow."""
    # given two clinics that treat the same two members
    # when members choose and treatments end and begin in any order, between reads and exports
    seen = choices.explored()
    # then who is shown to whom follows from the last change alone
    remark(f"{seen.tried} sequences were tried.")
    expect.that(
        not seen.wrong,
        "what follows from the last choice and treatment, after any sequence of changes",
        seen.wrong or f"so it was after {seen.tried} sequences",
        *seen.exchanges,
    )
