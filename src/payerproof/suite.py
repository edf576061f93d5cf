"""The author's vocabulary: everything a check needs to import."""

from __future__ import annotations

from payerproof.expect import (
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)
from payerproof.plugin.hands import eventually
from payerproof.plugin.marks import check
from payerproof.plugin.parameters import each

__all__ = [
    "check",
    "each",
    "eventually",
    "expect",
    "inconclusive_unless",
    "not_applicable_unless",
    "remark",
]
