"""Rules on the token request: codes, PKCE, refresh tokens, and the scopes they carry."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from payerproof.sandbox.apps import App
from payerproof.sandbox.oauth.asking import stays_within
from payerproof.sandbox.oauth.model import Code, Connection, Grant, OAuthError, RefreshToken
from payerproof.sandbox.scopes import OFFLINE, data_scope

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def grant_type_is_supported(grant_type: str) -> bool:
    """Code and refresh only: no password, implicit, device or client-credentials grant here."""
    return grant_type in ("authorization_code", "refresh_token")


def connection_lives(tenant: Tenant, connection: Connection) -> bool:
    """Whether a connection and the grant it stands on are alive and the app is let in."""
    app = tenant.apps.get(connection.grant.client_id)
    return (
        connection.ended is None
        and tenant.policies.oauth.grant_lives(tenant, connection)
        and app is not None
        and tenant.policies.oauth.app_is_let_in(tenant, app)
    )


def grant_lives(tenant: Tenant, connection: Connection) -> bool:
    """Whether the grant is neither taken back nor run out, and its giver may still give it.

    Nor is the account of the giver or of the member closed.
    """
    grant = connection.grant
    return (
        tenant.grants.grant_lives(grant)
        and tenant.policies.oauth.authority_holds(tenant, grant)
        and accounts_are_open(tenant, grant)
    )


def accounts_are_open(tenant: Tenant, grant: Grant) -> bool:
    """Whether neither the account of the giver nor that of the member is closed."""
    is_open, member = tenant.policies.desk.account_is_open, tenant.world.person_of(grant.patient)
    return is_open(tenant, grant.user) and (member is None or is_open(tenant, member.user))


def code_is_current(tenant: Tenant, code: Code) -> bool:
    """Not past its short life."""
    return tenant.clock.now() < code.expires


def code_was_used(code: Code) -> bool:
    """A code is good for one exchange, successful or not."""
    return code.used


def code_is_for_client(code: Code, app: App) -> bool:
    """A code is good for the app it was issued to."""
    return code.connection.grant.client_id == app.client_id


def code_is_for_redirect(code: Code, redirect_uri: str) -> bool:
    """The exchange repeats the redirect URI of the request (RFC 6749 section 4.1.3)."""
    return code.redirect_uri == redirect_uri


def verifier_matches(code: Code, verifier: str) -> bool:
    """The verifier is there, well-formed, and hashes to the challenge (RFC 7636 section 4.6)."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(challenge, code.challenge)


def on_code_replay(tenant: Tenant, code: Code) -> None:
    """A code presented again ends all that came of it (RFC 6749 section 4.1.2)."""
    tenant.grants.end_connection(code.connection, "authorization code used twice")


def refresh_is_current(tenant: Tenant, token: RefreshToken) -> bool:
    """Neither revoked nor past its life."""
    return not token.revoked and tenant.clock.now() < token.expires


def refresh_lives(tenant: Tenant, token: RefreshToken) -> bool:
    """The connection that a refresh token belongs to, and its grant, are alive."""
    return tenant.policies.oauth.connection_lives(tenant, token.connection)


def refresh_was_used(token: RefreshToken) -> bool:
    """A refresh token is good once; each use gives a new one (RFC 9700 section 4.14.2)."""
    return token.used


def refresh_is_for_client(token: RefreshToken, app: App) -> bool:
    """A refresh token is good for the app it was issued to."""
    return token.connection.grant.client_id == app.client_id


def on_refresh_replay(tenant: Tenant, token: RefreshToken) -> None:
    """A refresh token presented again ends its whole family: one of two holders is a thief."""
    tenant.grants.end_connection(token.connection, "refresh token used twice")


def refreshed_scopes(connection: Connection, asked: str) -> tuple[str, ...]:
    """Scopes of a refreshed access token: as granted, or fewer; raises `OAuthError` for more."""
    if not asked:
        return connection.scopes
    wanted = tuple(dict.fromkeys(token for token in asked.split(" ") if token))
    if not stays_within(wanted, connection.scopes):
        raise OAuthError("invalid_scope", "A refresh may ask for less, never for more")
    for scope in wanted:
        read = data_scope(scope)
        if read is not None and read.readable() != read:
            raise OAuthError("invalid_scope", "A refresh may ask for less, never for more")
    return wanted


def refresh_is_issued(scopes: tuple[str, ...]) -> bool:
    """A refresh token goes out only where the member approved access while away."""
    return OFFLINE in scopes
