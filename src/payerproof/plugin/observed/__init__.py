"""What is tried once in a run and judged by several checks.

Each of these leases grants of its own, does something to them, and keeps every answer. A member
would have to approve for every check otherwise, and the payer to answer the same again and again.
The answers are facts: what they mean is said in the checks.
"""

from __future__ import annotations

from payerproof.plugin.observed.acting import Acting, Listed
from payerproof.plugin.observed.asking import SAMPLE, Asked, Unattested, sample
from payerproof.plugin.observed.authority import EndedAuthority
from payerproof.plugin.observed.fixture import Observed
from payerproof.plugin.observed.others import Others
from payerproof.plugin.observed.presented import Presented
from payerproof.plugin.observed.protected import Protected
from payerproof.plugin.observed.refresh import Expired, Narrowed, Refreshed, Rescoped
from payerproof.plugin.observed.returned import RefreshReturned, Returned
from payerproof.plugin.observed.trips import Alone, Asserted, Replayed

__all__ = [
    "SAMPLE",
    "Acting",
    "Alone",
    "Asked",
    "Asserted",
    "EndedAuthority",
    "Expired",
    "Listed",
    "Narrowed",
    "Observed",
    "Others",
    "Presented",
    "Protected",
    "RefreshReturned",
    "Refreshed",
    "Replayed",
    "Rescoped",
    "Returned",
    "Unattested",
    "sample",
]
