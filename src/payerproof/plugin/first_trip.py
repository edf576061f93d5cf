"""How a member's first trip ended where it led to no grant, and who is to blame for that."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import Inconclusive

REQUEST_ERRORS = (
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_target",
)
"""Errors that blame the request, and not the member or the day (RFC 6749 section 4.1.2.1)."""


@dataclass(frozen=True)
class Exchanged:
    """What the token endpoint made of the first code of a persona."""

    gave_token: bool
    status: int
    error: str
    """The OAuth error code, or empty."""
    exchange: str


@dataclass(frozen=True)
class Trouble:
    """Why a persona could not authorize an app, with the trip as far as it led."""

    sentence: str
    evidence: tuple[str, ...]
    outcome: AuthorizationOutcome | None = None
    exchanged: Exchanged | None = None

    @property
    def refused_by_rule(self) -> bool:
        """True where the member's part went well and the payer turned a correct request down."""
        if self.outcome is None or self.outcome.trouble:
            return False
        given = self.outcome.parameters
        return "code" in given or given.get("error") in REQUEST_ERRORS


class LoginTrouble(Inconclusive):
    """A member could not authorize the app, so nothing can be told from it."""

    exchanged: Exchanged | None = None


def why(outcome: AuthorizationOutcome) -> str:
    """Why a trip ended without a code, in words."""
    if outcome.trouble:
        return outcome.trouble
    if outcome.parameters.get("error"):
        return f"the payer answered {outcome.parameters['error']}"
    kinds = ", ".join(page.kind for page in outcome.pages) or "no page"
    return f"the trip ended without a code (pages met: {kinds})"
