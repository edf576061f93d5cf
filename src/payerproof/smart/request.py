"""The authorization request of a standalone launch (SMART App Launch 2.2.0, section App Launch)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode, urlsplit

from payerproof.smart.pkce import Pkce

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """Parameters of one request, in order; altered copies are made by `having` and `without`."""

    endpoint: str
    parameters: Parameters
    pkce: Pkce = field(repr=False)

    def get(self, name: str) -> str:
        """Return the first value of a parameter, or an empty string."""
        return next((value for key, value in self.parameters if key == name), "")

    def having(self, **values: str) -> AuthorizationRequest:
        """Return a copy with these parameters replaced or added."""
        kept = tuple((key, value) for key, value in self.parameters if key not in values)
        return replace(self, parameters=kept + tuple(values.items()))

    def without(self, *names: str) -> AuthorizationRequest:
        """Return a copy that leaves these parameters out."""
        kept = tuple((key, value) for key, value in self.parameters if key not in names)
        return replace(self, parameters=kept)

    @property
    def state(self) -> str:
        """The state that must come back byte for byte."""
        return self.get("state")

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes asked for."""
        return frozenset(self.get("scope").split())

    @property
    def redirect_uri(self) -> str:
        """Where the answer must go."""
        return self.get("redirect_uri")

    @property
    def url(self) -> str:
        """The request as a GET."""
        joint = "&" if urlsplit(self.endpoint).query else "?"
        return self.endpoint + joint + urlencode(self.parameters, quote_via=quote, safe="")


def standalone_launch(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    aud: str | None,
    extra: Iterable[tuple[str, str]] = (),
) -> AuthorizationRequest:
    """Build a correct request with fresh state (256 bits), nonce and S256 challenge.

    `aud` None leaves the parameter out, for payers whose file says so (quirk Q-AUTH-01).
    """
    pkce = Pkce.fresh()
    parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", scope),
        ("state", secrets.token_urlsafe(32)),
        *([("aud", aud)] if aud is not None else []),
        ("code_challenge", pkce.challenge),
        ("code_challenge_method", "S256"),
    ]
    if "openid" in scope.split():
        parameters.append(("nonce", secrets.token_urlsafe(16)))
    return AuthorizationRequest(endpoint, (*parameters, *extra), pkce)
