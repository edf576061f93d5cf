"""Expectations over answers of the token, introspection and revocation endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from payerproof.expect.outcomes import settle
from payerproof.smart.scopes import beyond
from payerproof.smart.tokens import TokenAnswer


@dataclass(frozen=True)
class ExpectToken:
    """Expectations over one answer."""

    answer: TokenAnswer

    def _told(self) -> str:
        token = "with an access token" if self.answer.gave_token else "without a token"
        error = f", error {self.answer.error}" if self.answer.error else ""
        return f"{self.answer.status} {token}{error} ({{x:{self.answer.exchange}}})"

    def is_refused(self, *errors: str) -> None:
        """No token came, and the status is 4xx; with `errors`, the OAuth error is one of them.

        RFC 6749 section 5.2.
        """
        refused = not self.answer.gave_token and 400 <= self.answer.status < 500
        named = not errors or self.answer.error in errors
        wanted = f" with error {' or '.join(errors)}" if errors else ""
        settle(refused and named, "a refusal" + wanted, self._told(), self.answer.exchange)

    def gives_no_token(self) -> None:
        """No access token came, whatever the status."""
        settle(not self.answer.gave_token, "no token", self._told(), self.answer.exchange)

    def gives_token(self) -> None:
        """An access token came."""
        settle(self.answer.gave_token, "an access token", self._told(), self.answer.exchange)

    def grants_within(self, asked: Iterable[str], *, named: str = "what was asked for") -> None:
        """The scopes granted are covered by these."""
        extra = beyond(self.answer.scopes, asked)
        settle(
            not extra,
            f"scopes within {named}",
            f"beyond it: {' '.join(extra)}"
            if extra
            else f"granted: {' '.join(self.answer.scopes)}",
            self.answer.exchange,
        )

    def has_header(self, name: str, *words: str) -> None:
        """The answer carries the header, with each of these words in it (case aside)."""
        value = ", ".join(self.answer.answer.headers.get_all(name))
        settle(
            bool(value) and all(word.lower() in value.lower() for word in words),
            f"{name}: {', '.join(words)}",
            f"{value or 'no such header'} ({{x:{self.answer.exchange}}})",
            self.answer.exchange,
        )
