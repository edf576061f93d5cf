"""One revocation in the portal, watched once in a run and judged by many checks.

Everything that a revocation ought to end is tried before it and after it: access tokens, refresh
tokens, page links, attachments, a code that waits, older grants of the app; and what it ought to
leave alone as well: other apps, other members, the member's account. A member would have to approve
and revoke for every check otherwise, and the payer to answer some hundred requests more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from payerproof.browser.facts import AuthorizationOutcome, ConnectedApps
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.watching import Watch
from payerproof.smart.tokens import TokenAnswer

OPENED = ("read", "search", "search by POST", "compartment", "everything", "documents")
"""The forms in which the member's own data were asked for."""

T = TypeVar("T")


class Watched(Watch):
    """Looks at the member's own Patient with one access token, before and after."""

    def must_have_opened(self) -> None:
        """End the check as inconclusive where the token opened nothing to begin with."""
        inconclusive_unless(
            self.before.resource_type == "Patient",
            "the token did not open the member's own Patient before anything was revoked",
            self.before.exchange,
        )

    def must_be_dead(self) -> None:
        """End the check as inconclusive where the token still works: nothing hangs on it then."""
        self.must_have_opened()
        inconclusive_unless(
            self.delay is not None, "the access token itself still works", self.last.exchange
        )


@dataclass(frozen=True)
class Tried:
    """The same request before the revocation and after it."""

    before: Reply
    after: Reply


@dataclass(frozen=True)
class Ended:
    """What a revocation in the portal was tried on, and what came of it."""

    grant: Grant
    """The newest grant of the app that was revoked."""
    refreshed: TokenAnswer | None
    """What the grant's refresh token brought before the revocation; None where there was none."""
    older: tuple[Grant, ...]
    """Earlier grants of the same app by the same member, as from other devices."""
    kept: Grant | None
    """The member's grant to another app, from which claims were left out where they can be; None
    where the payer file has no third one."""
    access: Watched
    """The grant's own access token."""
    renewed: Watched | None
    """The access token that came of the refresh."""
    fhir: Mapping[str, Tried] = field(default_factory=dict)
    """FHIR requests by name; what the member has no data for is missing."""
    refreshes: Mapping[str, TokenAnswer] = field(default_factory=dict)
    """Refresh tokens tried after the revocation: ``newest``, ``rotated``, ``older 1`` ..."""
    introspected: Mapping[str, tuple[TokenAnswer, TokenAnswer]] = field(default_factory=dict)
    """``access token`` and ``refresh token``: introspection before and after."""
    code: TokenAnswer | None = None
    """The exchange, after the revocation, of a code given before it; None where none came."""
    kept_refresh: TokenAnswer | None = None
    """What the refresh token of the app that was kept brought after the revocation."""
    revived: tuple[Reply, ...] = ()
    """The revoked tokens again, after the app that was kept had got a new one and was connected
    anew."""
    refresh_of_old: TokenAnswer | None = None
    """The revoked refresh token again, after that."""
    again: tuple[Reply, ...] = ()
    """The token that was refused, looked at again and again."""
    listed: ConnectedApps | None = None
    """The list of connected apps just before the revocation."""
    page: ConnectedApps | None = None
    """The same list after it."""
    reconnecting: AuthorizationOutcome | None = None
    """The trip on which the revoked app asked anew, up to the consent page."""
    reconnected: TokenAnswer | None = None
    """What the app got when it was connected again; None where it got nothing."""
    after_reconnecting: Reply | None = None
    """The revoked token again, after that."""
    refresh_after_reconnecting: TokenAnswer | None = None
    """The revoked refresh token again, after that."""

    def tried(self, name: str) -> Tried:
        """One of `fhir`; ends the check as inconclusive where it opened nothing before."""
        inconclusive_unless(name in self.fhir, f"the member has no data to try the {name} on")
        found = self.fhir[name]
        inconclusive_unless(
            found.before.ok
            and found.before.answer.content
            and (found.before.resources or not found.before.is_bundle),
            f"the {name} opened nothing before the revocation either",
            found.before.exchange,
        )
        return found

    def must_have(self, value: T | None, what: str) -> T:
        """A part of the revocation, or the end of the check as inconclusive where it is missing."""
        inconclusive_unless(value is not None, f"{what} could not be tried", self.grant.exchange)
        assert value is not None
        return value

    @property
    def newest(self) -> Grant:
        """The grant with its newest tokens."""
        answer = self.refreshed
        if answer is None or not answer.gave_token:
            return self.grant
        return replace(
            self.grant,
            access_token=answer.access_token,
            refresh_token=answer.refresh_token or self.grant.refresh_token,
            exchange=answer.exchange,
        )

    def must_have_refreshed(self) -> None:
        """End the check as inconclusive where the refresh token did not work to begin with."""
        inconclusive_unless(
            self.grant.refresh_token, "no refresh token was given", self.grant.exchange
        )
        answer = self.must_have(self.refreshed, "the refresh token")
        inconclusive_unless(
            answer.gave_token, "the refresh token did not work before either", answer.exchange
        )
