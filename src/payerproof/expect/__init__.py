"""The vocabulary of expectations. Each holds and is noted, or raises `Unmet` with its evidence.

``expect(x)`` knows replies of the FHIR server, answers of the token endpoint, the course of an
authorization, pages and plain values; ``expect.that`` is for facts that no other word covers.
"""

from __future__ import annotations

from payerproof.expect.dispatch import expect
from payerproof.expect.outcomes import (
    Inconclusive,
    Ledger,
    Met,
    NotApplicable,
    NotTested,
    Unmet,
    inconclusive_unless,
    keeping,
    not_applicable_unless,
    remark,
    settle,
)

__all__ = [
    "Inconclusive",
    "Ledger",
    "Met",
    "NotApplicable",
    "NotTested",
    "Unmet",
    "expect",
    "inconclusive_unless",
    "keeping",
    "not_applicable_unless",
    "remark",
    "settle",
]
