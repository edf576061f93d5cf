"""The grants store: everything that was granted and issued, and what has ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from payerproof.sandbox.clock import Clock
from payerproof.sandbox.oauth.model import (
    AccessToken,
    AuthorizationRequest,
    Code,
    Connection,
    Grant,
    RefreshToken,
)


class GrantStore:
    """In memory, one per tenant. Ending a grant or a connection is what makes tokens die."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.grants: dict[str, Grant] = {}
        self.connections: dict[str, Connection] = {}
        self.codes: dict[str, Code] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.assertions_seen: dict[tuple[str, str], float] = {}

    def grant_of(self, user: str, client_id: str, patient: str) -> Grant | None:
        """The grant a person has given an app for a member and that hasn't ended, or None."""
        for grant in self.grants.values():
            if (grant.user, grant.client_id, grant.patient) == (user, client_id, patient) and (
                self.grant_lives(grant)
            ):
                return grant
        return None

    def grant_lives(self, grant: Grant) -> bool:
        """Not ended, and not past its end date."""
        return grant.ended is None and self._clock.now() < grant.expires

    def grants_by(self, user: str) -> list[Grant]:
        """Living grants that a person has given, oldest first."""
        return [g for g in self.grants.values() if g.user == user and self.grant_lives(g)]

    def connections_of(self, grant: Grant) -> Iterator[Connection]:
        """All connections under a grant, ended ones too."""
        return (c for c in self.connections.values() if c.grant is grant)

    def add_grant(self, grant: Grant) -> None:
        """Keep a new grant."""
        self.grants[grant.id] = grant

    def connect(self, grant: Grant, scopes: tuple[str, ...], nonce: str, at: float) -> Connection:
        """Open a connection under a grant; `at` is when the person signed in."""
        connection = Connection(new_id(), grant, scopes, self._clock.now(), nonce, at)
        self.connections[connection.id] = connection
        return connection

    def add_code(
        self, connection: Connection, request: AuthorizationRequest, lifetime: float
    ) -> Code:
        """Issue an authorization code for a connection; `lifetime` in seconds."""
        expires = self._clock.now() + lifetime
        code = Code(new_secret(), connection, request.redirect_uri, request.challenge, expires)
        self.codes[code.value] = code
        return code

    def end_connection(self, connection: Connection, why: str) -> None:
        """End a connection: its code and all its tokens are dead from now on."""
        if connection.ended is None:
            connection.ended, connection.why_ended = self._clock.now(), why

    def end_grant(self, grant: Grant, why: str) -> None:
        """End a grant and every connection under it."""
        if grant.ended is None:
            grant.ended, grant.why_ended = self._clock.now(), why
        for connection in self.connections_of(grant):
            self.end_connection(connection, why)


def new_id() -> str:
    """An identifier that gives nothing away (128 bits)."""
    return secrets.token_urlsafe(16)


def new_secret() -> str:
    """A value nobody can guess (256 bits): codes, opaque tokens, session ids."""
    return secrets.token_urlsafe(32)
