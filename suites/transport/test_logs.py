"""Logs: the payer's own hold no token and no member's number.

The operator's hook ``log`` answers how many lines of the log hold a text: ``{"lines": 0,
"looked_at": 5000}``. Where it cannot be called by POST it logs what was looked for, if the log
holds addresses whole; so a text that was never sent is looked for beside the others.
"""

from __future__ import annotations

import secrets

from payerproof.expect.operator import operate
from payerproof.suite import (
    Api,
    Lease,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
)


@check("leaks.logs/token-and-number", needs=("member", "two_apps", "control:log"), prod="gated")
def test_logs_hold_neither_token_nor_number(
    api: Api, lease: Lease, member: Person, target: Target
) -> None:
    """The payer's log holds neither the token of a request nor the number that was asked for."""
    # given a request with a token of this check's own, for a number that nobody else has
    grant = lease(member)
    number = f"PAYERPROOF{secrets.token_hex(8).upper()}"
    reply = api.as_(grant).search("Patient", identifier=number)
    inconclusive_unless(reply.status not in (401, 403), "the token opens nothing", reply.exchange)
    # when the log is looked through
    seen, unsent = _lines(api, target, "Patient"), _lines(api, target, secrets.token_hex(12))
    inconclusive_unless(seen, "the log holds no line of the request", reply.exchange)
    sent = {"the access token": grant.access_token, "the number": number}
    kept = [what for what, text in sent.items() if _lines(api, target, text) > unsent]
    # then neither is there
    expect.that(
        not kept,
        "neither the access token nor the number in the log",
        f"{' and '.join(kept)} in clear" if kept else f"neither, in a log with {seen} such lines",
        reply.exchange,
    )


def _lines(api: Api, target: Target, text: str) -> int:
    """How many lines of the payer's log hold a text; inconclusive where it cannot be told."""
    answer = operate(api, target, "log", contains=text)
    lines = answer.json_object().get("lines")
    inconclusive_unless(
        isinstance(lines, int),
        "the hook log did not answer with a number of lines",
        answer.exchange,
    )
    return int(lines or 0)
