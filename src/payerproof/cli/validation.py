"""``payerproof validate`` and ``payerproof guides``: the profile validator on the command line."""

from __future__ import annotations

from payerproof.guides.command import guides, validate

__all__ = ["guides", "validate"]
