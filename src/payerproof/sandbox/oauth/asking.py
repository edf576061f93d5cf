"""Rules on the authorization request: which are let in, and how errors and codes go back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from payerproof.sandbox.apps import App
from payerproof.sandbox.scopes import (
    IDENTITY,
    LAUNCH,
    OFFLINE,
    covered,
    data_scope,
    spelled_out,
    supported,
)

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Pairs = list[tuple[str, str]]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def registered_app(tenant: Tenant, client_id: str) -> App | None:
    """The app registered under a client id, or None."""
    return tenant.apps.get(client_id)


def app_is_let_in(tenant: Tenant, app: App) -> bool:
    """Whether the payer lets an app in; a deactivated one is cut off everywhere at once."""
    return app.active and app.client_id not in tenant.deactivated


def redirect_uri_is_registered(app: App, presented: str) -> bool:
    """Exact string comparison (RFC 9700 section 2.1)."""
    return presented in app.redirect_uris


def response_type_is_supported(response_type: str) -> bool:
    """Authorization code only; the implicit grant is forbidden (RFC 9700 section 2.1.2)."""
    return response_type == "code"


def response_mode_is_supported(mode: str) -> bool:
    """Parameters go back in the query; nothing else is offered."""
    return mode in ("", "query")


def audience_is_ours(tenant: Tenant, aud: str) -> bool:
    """`aud` must be the FHIR base; a trailing slash is the same address."""
    return aud in (tenant.fhir_base, tenant.fhir_base + "/")


def state_is_acceptable(state: str | None) -> bool:
    """SMART makes `state` a required parameter; what is in it is the app's business."""
    return bool(state)


def challenge_is_acceptable(challenge: str, method: str) -> bool:
    """PKCE with S256, and a challenge of the form that S256 gives (RFC 7636 section 4.2)."""
    return method == "S256" and _CHALLENGE.fullmatch(challenge) is not None


def scope_is_well_formed(scope: str) -> bool:
    """Characters that RFC 6749 section 3.3 allows."""
    return all(_SCOPE_TOKEN.fullmatch(token) for token in scope.split(" ") if token)


def scope_is_known(_tenant: Tenant, scope: str) -> bool:
    """Whether this payer understands a scope; letters out of order make it unknown."""
    return scope in (*IDENTITY, LAUNCH, OFFLINE) or data_scope(scope) is not None


def unknown_scopes_refuse(tenant: Tenant) -> bool:
    """Whether an unknown scope refuses the request; else it is left out of what is granted."""
    return tenant.face.unknown_scope == "refuse"


def grantable(tenant: Tenant, app: App, asked: tuple[str, ...]) -> tuple[str, ...]:
    """What a member can grant of the scopes asked: reading one member's record, no more.

    Never ``user/`` or ``system/``, never writing, and no refresh for an app of short access; the
    order and the form (v1, v2) stay.
    """
    found: list[str] = []
    for scope in asked:
        if scope == OFFLINE and app.client_id in tenant.desk.short_access:
            continue
        if scope in (*IDENTITY, LAUNCH, OFFLINE):
            found.append(scope)
            continue
        wanted = data_scope(scope)
        if wanted is None or wanted.context != "patient":
            continue
        readable = wanted.readable()
        if readable is not None:
            parts = spelled_out(readable) if tenant.face.wildcard == "spelled-out" else (readable,)
            found.extend(str(part) for part in parts)
    return tuple(dict.fromkeys(found))


def scopes_supported(_tenant: Tenant) -> tuple[str, ...]:
    """The scope list of discovery: each can be granted by a member."""
    return supported()


def stays_within(scopes: tuple[str, ...], wider: tuple[str, ...]) -> bool:
    """Whether a set of scopes opens nothing that a wider set does not."""
    return all(covered(scope, wider) for scope in scopes)


def code_parameters(tenant: Tenant, state: str | None, code: str) -> Pairs:
    """Successful authorization response (RFC 6749 4.1.2), with `iss` (RFC 9207)."""
    return [("code", code), *_echo(state), ("iss", tenant.issuer)]


def error_parameters(tenant: Tenant, state: str | None, error: str, description: str) -> Pairs:
    """Error authorization response (RFC 6749 4.1.2.1), with `iss` (RFC 9207)."""
    return [
        ("error", error),
        ("error_description", description),
        *_echo(state),
        ("iss", tenant.issuer),
    ]


def _echo(state: str | None) -> Pairs:
    return [] if state is None else [("state", state)]


def redirect_address(redirect_uri: str, parameters: Pairs) -> str:
    """The redirect URI with parameters added to its query; its own query is kept."""
    query = urlencode(parameters, encoding="utf-8", errors="surrogateescape")
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"
