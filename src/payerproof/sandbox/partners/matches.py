"""What came of a member match: a Group that names the members found, for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


@dataclass
class Match:
    """One Group of a match, kept for the client that asked.

    `result` is ``match``, ``nomatch`` or ``consentconstraint``. `members` are portal names of the
    members found, with the patient that the client sent (a contained copy) and until when the
    consent it came with holds, in seconds (None: no end). `strangers` are patients sent that were
    not found.
    """

    id: str
    client_id: str
    result: str
    created: float
    expires: float
    members: dict[str, MatchedMember] = field(default_factory=dict)
    strangers: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class MatchedMember:
    """One member of a match: what was sent, and what the consent allows until when."""

    sent: dict[str, Any]
    consent_ends: float | None = None
    sensitive: bool = False


def match_lives(tenant: Tenant, match: Match) -> bool:
    """Whether a match may still be used: found, and not past its end."""
    return match.result == "match" and tenant.clock.now() < match.expires


def consent_holds(tenant: Tenant, member: MatchedMember) -> bool:
    """Whether the consent that a member was matched on still holds."""
    return member.consent_ends is None or tenant.clock.now() < member.consent_ends
