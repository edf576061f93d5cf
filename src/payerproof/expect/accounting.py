"""What a payer's accounting of disclosures tells, as the hook ``disclosures`` gives it.

The hook answers with a JSON object whose list ``disclosures`` has one object for each request: `at`
(a time), `user` (who signed in), `client_id`, `patient` (logical id), `status`; more is fine.
45 CFR 164.312(b), 164.528; CARIN Blue Button, Audit Logging and Provenance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from payerproof.expect.doorstep import Sends
from payerproof.expect.operator import operate
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.target import Target

Entry = Mapping[str, Any]


def accounted(api: Sends, target: Target) -> tuple[Entry, ...]:
    """Every entry of the accounting, oldest first; inconclusive where it cannot be read."""
    answer = operate(api, target, "disclosures")
    listed = answer.json_object().get("disclosures")
    inconclusive_unless(
        isinstance(listed, list),
        "the hook disclosures did not answer with a list of that name",
        answer.exchange,
    )
    return tuple(one for one in listed or [] if isinstance(one, Mapping))


def of_app(entries: Iterable[Entry], client_id: str, patient: str) -> tuple[Entry, ...]:
    """Entries of one app about one member."""
    return tuple(
        one
        for one in entries
        if one.get("client_id") == client_id and one.get("patient") == patient
    )
