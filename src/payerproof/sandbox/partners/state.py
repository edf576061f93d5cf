"""What happens at one tenant between its partners and the payer since the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payerproof.sandbox.partners.token import SystemToken


@dataclass
class PartnerState:
    """In memory, one per tenant; files of exports lie in a folder of its own."""

    tokens: dict[str, SystemToken] = field(default_factory=dict)
    assertions_seen: dict[tuple[str, str], float] = field(default_factory=dict)
