"""Expectations over the course of an authorization in the browser."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import settle


@dataclass(frozen=True)
class ExpectAuthorization:
    """Expectations over one authorization."""

    outcome: AuthorizationOutcome

    def _told(self) -> str:
        outcome = self.outcome
        if outcome.redirected:
            names = ", ".join(sorted(outcome.parameters)) or "nothing"
            error = outcome.parameters.get("error")
            return f"a redirect with {names}" + (f" (error {error})" if error else "")
        page = outcome.pages[-1] if outcome.pages else None
        return (
            f"a page ({page.kind}, status {page.status})" if page else outcome.trouble or "no page"
        )

    def _settle(self, holds: bool, expected: str) -> None:
        settle(holds, expected, self._told(), *self.outcome.exchanges[-3:])

    def gives_no_code(self) -> None:
        """No authorization code was issued."""
        self._settle("code" not in self.outcome.parameters, "no authorization code")

    def gives_code(self) -> None:
        """An authorization code was issued."""
        self._settle("code" in self.outcome.parameters, "an authorization code")

    def does_not_redirect(self) -> None:
        """The browser stayed on a page of the payer (RFC 6749 section 4.1.2.1)."""
        self._settle(not self.outcome.redirected, "an error page of the payer and no redirect")

    def reports(self, *errors: str) -> None:
        """The redirect carries one of these OAuth errors and no code."""
        parameters = self.outcome.parameters
        self._settle(
            "code" not in parameters and parameters.get("error") in errors,
            f"a redirect with error {' or '.join(errors)} and no code",
        )

    def shows_consent(self) -> None:
        """A consent page was shown on the way."""
        self._settle(self.outcome.consent is not None, "a consent page")
