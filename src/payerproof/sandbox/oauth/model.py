"""Records of the authorization server: requests, grants, connections, codes and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from payerproof.sandbox.apps import App


@dataclass(frozen=True)
class OAuthError(Exception):
    """An error of RFC 6749 sections 4.1.2.1 or 5.2; `status` is used at the token endpoint."""

    error: str
    description: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


@dataclass(frozen=True)
class UnsafeRequest(Exception):
    """An authorization request that may not be answered by a redirect (RFC 6749 4.1.2.1)."""

    status: int
    headline: str
    explanation: str


@dataclass(frozen=True)
class AuthorizationRequest:
    """An authorization request that has passed validation.

    `scopes` are the scope strings that were asked and can be granted to a member. `state` holds
    undecodable bytes as surrogates, so that it goes back byte for byte; None when absent.
    """

    app: App
    redirect_uri: str
    asked: tuple[str, ...]
    scopes: tuple[str, ...]
    state: str | None
    challenge: str
    nonce: str
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None


@dataclass
class Grant:
    """What one person lets one app have about one member, until `expires` or `ended`."""

    id: str
    client_id: str
    user: str
    patient: str
    fhir_user: str
    scopes: tuple[str, ...]
    sensitive: bool
    created: float
    expires: float
    ended: float | None = None
    why_ended: str = ""


@dataclass
class Connection:
    """One authorization under a grant: one code, and the family of tokens that came of it."""

    id: str
    grant: Grant
    scopes: tuple[str, ...]
    created: float
    nonce: str = ""
    auth_time: float = 0.0
    ended: float | None = None
    why_ended: str = ""


@dataclass
class Code:
    """An authorization code and what it is bound to."""

    value: str = field(repr=False)
    connection: Connection
    redirect_uri: str
    challenge: str
    expires: float
    used: bool = False


@dataclass
class AccessToken:
    """An access token; `key` is what the store finds it by (the token, or the JWT's ``jti``)."""

    key: str = field(repr=False)
    connection: Connection
    scopes: tuple[str, ...]
    issued: float
    expires: float
    revoked: bool = False


@dataclass
class RefreshToken:
    """A refresh token; `used` once it was exchanged for a newer one."""

    key: str = field(repr=False)
    connection: Connection
    issued: float
    expires: float
    used: bool = False
    revoked: bool = False


@dataclass(frozen=True)
class Issued:
    """What one successful token request hands out, before it becomes JSON."""

    connection: Connection
    scopes: tuple[str, ...]
    access_token: str = field(repr=False)
    expires_in: int = 3600
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
