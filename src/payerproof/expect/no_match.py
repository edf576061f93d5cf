"""What a request for a match must not bring: a member, or what gives them away."""

from __future__ import annotations

from payerproof.expect.dispatch import expect
from payerproof.fhir.reply import Reply


def expect_no_match(
    reply: Reply, matched: int, *exchanges: str, what: str = "", secret: str = ""
) -> None:
    """Nobody was matched, and the answer does not hold `secret`, where the member's id is given.

    `matched` counts the members that the answer matches; `what` says what was asked with.
    """
    with_what = f" with: {what}" if what else ""
    expect.that(
        not matched,
        f"no member matched{with_what}",
        f"{matched} members matched ({reply.status})" if matched else f"none ({reply.status})",
        *exchanges,
        reply.exchange,
    )
    if not secret:
        return
    told = secret in str(reply.body)
    expect.that(
        not told,
        "an answer without the member's id",
        "it is told" if told else "it is not",
        reply.exchange,
    )
