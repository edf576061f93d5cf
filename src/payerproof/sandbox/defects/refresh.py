"""Faults of refresh tokens: who gets one, who may use it, how often, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import exchanging, minting

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.model import Connection, RefreshToken
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


_defect(
    "refresh-token-without-offline-access",
    "N-SCOPE-08 Q-AUTH-09",
    "Every app gets a refresh token, whether offline_access was allowed or not",
    oauth(refresh_is_issued=lambda _scopes: True),
    twin="refresh-token-lives-thirty-days",
)
_defect(
    "offline-access-without-refresh-token",
    "Q-TOK-07 Q-DISC-05 Q-AUTH-09",
    "offline_access is granted, and no refresh token comes of it",
    oauth(refresh_is_issued=lambda _scopes: False),
    twin="refresh-token-lives-thirty-days",
)
register(
    Defect(
        "refresh-token-lives-thirty-days",
        "authorization",
        ("Q-TOK-07", "Q-TOK-09"),
        "A refresh token is good for thirty days, not for ninety",
        oauth(refresh_token_lifetime=30 * 86400.0),
        lawful=True,
    )
)


def _the_same_again(tenant: Tenant, connection: Connection) -> RefreshToken:
    for token in tenant.grants.refresh_tokens.values():
        if token.connection is connection:
            token.used = False
            return token
    return minting.new_refresh_token(tenant, connection)


_defect(
    "refresh-token-not-rotated",
    "N-OAUTH-08",
    "A public app's refresh token stays the same at each use",
    oauth(new_refresh_token=_the_same_again),
)
_defect(
    "refresh-token-reusable",
    "N-OAUTH-08",
    "Each refresh gives a new refresh token, and the old one stays good",
    oauth(refresh_was_used=lambda _token: False),
)
_defect(
    "refresh-replay-leaves-the-family",
    "N-OAUTH-08",
    "A refresh token presented twice is refused, and the newest of its family lives on",
    oauth(on_refresh_replay=lambda _tenant, _token: None),
)


def _one_step_back(tenant: Tenant, token: RefreshToken) -> None:
    family = [t for t in tenant.grants.refresh_tokens.values() if t.connection is token.connection]
    if family[-2:-1] != [token]:
        exchanging.on_refresh_replay(tenant, token)


_defect(
    "refresh-replay-of-the-last-one-overlooked",
    "N-OAUTH-08",
    "Only a refresh token older than the last but one is taken for stolen when presented again",
    oauth(on_refresh_replay=_one_step_back),
)
_defect(
    "refresh-token-of-any-client",
    "N-OAUTH-09",
    "Any registered app can use a refresh token",
    oauth(refresh_is_for_client=lambda _token, _app: True),
)
_defect(
    "refresh-token-of-any-public-client",
    "N-OAUTH-09",
    "Whose refresh token it is, is only compared for apps that authenticate",
    oauth(
        refresh_is_for_client=lambda token, app: (
            app.type == "public" or exchanging.refresh_is_for_client(token, app)
        )
    ),
)
_defect(
    "refresh-after-the-grant-ran-out",
    "Q-TOK-10",
    "A grant past its end date still refreshes, and the fresh token opens nothing",
    oauth(refresh_lives=lambda _tenant, token: token.connection.ended is None),
)
_defect(
    "refresh-after-the-grant-ran-out-opens-data",
    "Q-TOK-10",
    "Nobody looks whether the grant behind a token has reached its end date",
    oauth(grant_lives=lambda _tenant, connection: connection.grant.ended is None),
)
_defect(
    "refresh-token-never-expires",
    "Q-TOK-10 Q-TOK-09",
    "A refresh token is good after the life it was issued for",
    oauth(refresh_is_current=lambda _tenant, token: not token.revoked),
    twin="refresh-token-lives-thirty-days",
)
