"""Rules on client authentication (RFC 6749 2.3, SMART symmetric and asymmetric)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError

from payerproof.sandbox.apps import App
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import OAuthError

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("RS384", "ES384")
LONGEST_ASSERTION = 300
SKEW = 10
METHODS = {
    "public": ("none",),
    "confidential-symmetric": ("client_secret_basic", "client_secret_post"),
    "confidential-asymmetric": ("private_key_jwt",),
}


def refused(description: str) -> OAuthError:
    """The one answer to every failed client authentication."""
    return OAuthError("invalid_client", description, 401)


def method_is_registered(app: App, method: str) -> bool:
    """An app authenticates in the way of its client type, and in no other."""
    return method in METHODS[app.type]


def secret_matches(app: App, presented: str) -> bool:
    """Compare client secrets in constant time."""
    return bool(app.secret) and hmac.compare_digest(app.secret.encode(), presented.encode())


def assertion_claims(app: App, assertion: str) -> dict[str, Any] | None:
    """Token claims of an assertion signed with one of the app's own keys, or None."""
    if app.public_keys is None:
        return None
    try:
        read = jwt.decode(assertion, app.public_keys, algorithms=list(ASSERTION_ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return read.claims if "kid" in read.header else None


def assertion_names_app(app: App, claims: dict[str, Any]) -> bool:
    """Issuer and subject are both the client id."""
    return bool(claims.get("iss") == claims.get("sub") == app.client_id)


def assertion_audience_is_ours(tenant: Tenant, claims: dict[str, Any]) -> bool:
    """The audience is the token endpoint, as a string or as one of a list."""
    aud = claims.get("aud")
    return tenant.token_endpoint in (aud if isinstance(aud, list) else [aud])


def assertion_is_current(tenant: Tenant, claims: dict[str, Any]) -> bool:
    """Not expired, and at most five minutes to go (SMART asymmetric); by real time."""
    expires, now = claims.get("exp"), tenant.clock.wall()
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        return False
    return now - SKEW < expires <= now + LONGEST_ASSERTION + SKEW


def assertion_is_fresh(tenant: Tenant, app: App, claims: dict[str, Any]) -> bool:
    """A `jti` is taken once while its assertion is valid."""
    jti, now = claims.get("jti"), tenant.clock.wall()
    if not isinstance(jti, str) or not jti:
        return False
    seen = tenant.grants.assertions_seen
    for key in [key for key, expires in seen.items() if expires < now]:
        del seen[key]
    if (app.client_id, jti) in seen:
        return False
    seen[app.client_id, jti] = float(claims["exp"]) + SKEW
    return True


def credentials(authorization: str, form: Parameters) -> tuple[str, str, str]:
    """Return method, client id and secret or assertion; raises `OAuthError` when in doubt.

    More than one method in a request is refused (RFC 6749 section 2.3).
    """
    found: list[tuple[str, str, str]] = []
    if authorization:
        found.append(("client_secret_basic", *_basic(authorization)))
    if form.text("client_secret"):
        found.append(("client_secret_post", form.text("client_id"), form["client_secret"]))
    if form.text("client_assertion") or form.text("client_assertion_type"):
        if form.text("client_assertion_type") != ASSERTION_TYPE:
            raise refused("Unknown client_assertion_type")
        assertion = form.text("client_assertion")
        client_id = form.text("client_id") or _issuer(assertion)
        found.append(("private_key_jwt", client_id, assertion))
    if len(found) > 1:
        raise OAuthError("invalid_request", "More than one way of client authentication")
    if not found:
        return "none", form.text("client_id"), ""
    method, client_id, proof = found[0]
    if form.text("client_id") not in ("", client_id):
        raise refused("client_id differs from the authenticated client")
    return method, client_id, proof


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise refused("Unknown authorization scheme")
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise refused("Malformed Basic credentials") from None
    client_id, colon, secret = pair.partition(":")
    if not colon:
        raise refused("Malformed Basic credentials")
    return unquote_plus(client_id), unquote_plus(secret)


def _issuer(assertion: str) -> str:
    """The issuer that an unverified assertion names, to find whose key to verify it with."""
    try:
        middle = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        issuer = claims["iss"]
    except (IndexError, KeyError, TypeError, ValueError):
        return ""
    return issuer if isinstance(issuer, str) else ""


def authenticate_client(tenant: Tenant, authorization: str, form: Parameters) -> App:
    """Return the authenticated app; raises `OAuthError` invalid_client (401).

    A public client is identified, not authenticated (method ``none``).
    """
    policies = tenant.policies.oauth
    method, client_id, proof = credentials(authorization, form)
    app = policies.registered_app(tenant, client_id)
    if app is None or not policies.app_is_let_in(tenant, app):
        raise refused("Unknown client, or client authentication failed")
    if not policies.client_method_is_registered(app, method):
        raise refused("Unknown client, or client authentication failed")
    if method.startswith("client_secret") and not policies.secret_matches(app, proof):
        raise refused("Unknown client, or client authentication failed")
    if method == "private_key_jwt":
        _accept_assertion(tenant, app, proof)
    return app


def _accept_assertion(tenant: Tenant, app: App, assertion: str) -> None:
    policies = tenant.policies.oauth
    claims = policies.assertion_claims(app, assertion)
    if (
        claims is None
        or not policies.assertion_names_app(app, claims)
        or not policies.assertion_audience_is_ours(tenant, claims)
        or not policies.assertion_is_current(tenant, claims)
        or not policies.assertion_is_fresh(tenant, app, claims)
    ):
        raise refused("Unknown client, or client authentication failed")
