"""Faults in authenticating apps at the token endpoint, by secret or by signed assertion."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import clients
from payerproof.sandbox.oauth.model import OAuthError

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.tenant import Tenant

Claims = dict[str, Any]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


# -- secrets

_defect(
    "client-secret-by-prefix",
    "Q-TOK-15",
    "The beginning of a client secret is taken for the whole",
    oauth(
        secret_matches=lambda app, presented: (
            len(presented) >= 8 and bool(app.secret) and app.secret.startswith(presented)
        )
    ),
    twin="client-errors-with-400",
)
_defect(
    "client-secret-cut-to-length",
    "Q-TOK-15",
    "What comes after the right client secret isn't looked at",
    oauth(
        secret_matches=lambda app, presented: (
            bool(app.secret) and presented[: len(app.secret)] == app.secret
        )
    ),
)
_defect(
    "client-secret-case-insensitive",
    "Q-TOK-15",
    "Client secrets are compared without regard to upper and lower case",
    oauth(
        secret_matches=lambda app, presented: (
            bool(app.secret) and app.secret.lower() == presented.lower()
        )
    ),
)


def _refresh_unauthenticated(tenant: Tenant, authorization: str, form: Parameters) -> App:
    app = tenant.policies.oauth.registered_app(tenant, form.text("client_id"))
    proofs = (authorization, form.text("client_secret"), form.text("client_assertion"))
    if app is not None and form.text("grant_type") == "refresh_token" and not any(proofs):
        return app
    return clients.authenticate_client(tenant, authorization, form)


_defect(
    "client-not-authenticated-on-refresh",
    "N-OAUTH-09 Q-TOK-15",
    "A confidential app needs its secret for a code and not for a refresh",
    oauth(authenticate_client=_refresh_unauthenticated),
)
_defect(
    "client-secret-optional",
    "Q-TOK-15 N-OAUTH-06",
    "A confidential app that sends no secret is taken for a public one",
    oauth(
        client_method_is_registered=lambda app, method: (
            method == "none" or clients.method_is_registered(app, method)
        )
    ),
    twin="client-errors-with-400",
)
_defect(
    "client-secret-in-body-refused",
    "Q-TOK-15 Q-DISC-05",
    "A client secret in the body is refused, though discovery offers that way",
    oauth(
        client_method_is_registered=lambda app, method: (
            method != "client_secret_post" and clients.method_is_registered(app, method)
        )
    ),
)
_defect(
    "client-secret-of-public-app-ignored",
    "Q-TOK-15",
    "A public app may send any secret, and it passes for a proof",
    oauth(
        client_method_is_registered=lambda app, method: (
            app.type == "public" or clients.method_is_registered(app, method)
        ),
        secret_matches=lambda app, presented: (
            app.type == "public" or clients.secret_matches(app, presented)
        ),
    ),
)


def _with_400(tenant: Tenant, authorization: str, form: Parameters) -> App:
    try:
        return clients.authenticate_client(tenant, authorization, form)
    except OAuthError as error:
        if error.error != "invalid_client" or not form.text("grant_type") or authorization:
            raise
        raise OAuthError("invalid_client", error.description, 400) from None


register(
    Defect(
        "client-errors-with-400",
        "authorization",
        ("Q-TOK-15", "N-OAUTH-24"),
        "invalid_client comes with status 400 where no Authorization header was sent",
        oauth(authenticate_client=_with_400),
        lawful=True,
    )
)

# -- assertions

_defect(
    "assertion-replay-accepted",
    "N-OAUTH-24",
    "A client assertion is good as often as it is presented",
    oauth(assertion_is_fresh=lambda _tenant, _app, _claims: True),
    twin="client-errors-with-400",
)


def _fresh_if_named(tenant: Tenant, app: App, claims: Claims) -> bool:
    return "jti" not in claims or clients.assertion_is_fresh(tenant, app, claims)


_defect(
    "assertion-without-jti-accepted",
    "N-OAUTH-24",
    "A client assertion without a jti is accepted, again and again",
    oauth(assertion_is_fresh=_fresh_if_named),
)


def _audience_of_host(tenant: Tenant, claims: Claims) -> bool:
    aud = claims.get("aud")
    hosts = [urlsplit(one).netloc for one in (aud if isinstance(aud, list) else [aud]) if one]
    return urlsplit(tenant.base).netloc in hosts


_defect(
    "assertion-audience-by-host",
    "N-OAUTH-24",
    "A client assertion for any address of the payer's host is accepted",
    oauth(assertion_audience_is_ours=_audience_of_host),
)
_defect(
    "assertion-audience-not-looked-at",
    "N-OAUTH-24",
    "A client assertion made for another payer is accepted",
    oauth(assertion_audience_is_ours=lambda _tenant, claims: bool(claims.get("aud"))),
)


def _not_yet_expired(tenant: Tenant, claims: Claims) -> bool:
    expires = claims.get("exp")
    return isinstance(expires, int | float) and tenant.clock.wall() < expires + clients.SKEW


_defect(
    "assertion-may-live-for-ever",
    "N-OAUTH-24",
    "A client assertion may expire next year",
    oauth(assertion_is_current=_not_yet_expired),
)
_defect(
    "assertion-expiry-not-looked-at",
    "N-OAUTH-24",
    "An expired client assertion is accepted",
    oauth(
        assertion_is_current=lambda tenant, claims: (
            isinstance(claims.get("exp"), int)
            and claims["exp"] <= tenant.clock.wall() + clients.LONGEST_ASSERTION
        )
    ),
)
_defect(
    "assertion-subject-not-looked-at",
    "N-OAUTH-24",
    "A client assertion may name anybody as its subject",
    oauth(assertion_names_app=lambda app, claims: claims.get("iss") == app.client_id),
)


def _read(assertion: str) -> tuple[Claims, Claims]:
    """Header and claims of a JWS, unverified; raises `ValueError`."""
    head, claims, _ = assertion.split(".")
    parts = (json.loads(base64.urlsafe_b64decode(text + "===")) for text in (head, claims))
    first, second = parts
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise ValueError("not a pair of objects")
    return first, second


def _none_is_an_algorithm(app: App, assertion: str) -> Claims | None:
    try:
        header, claims = _read(assertion)
    except ValueError:
        return None
    unsigned = str(header.get("alg", "")).lower() == "none"
    return claims if unsigned else clients.assertion_claims(app, assertion)


_defect(
    "assertion-unsigned-accepted",
    "N-OAUTH-24",
    "A client assertion with algorithm none needs no signature",
    oauth(assertion_claims=_none_is_an_algorithm),
)


def _known_kid_is_enough(app: App, assertion: str) -> Claims | None:
    try:
        header, claims = _read(assertion)
    except ValueError:
        return None
    kids = {key.kid for key in app.public_keys.keys} if app.public_keys is not None else set()
    return claims if header.get("kid") in kids else None


_defect(
    "assertion-foreign-key-under-kid",
    "N-OAUTH-24",
    "A client assertion that names one of the app's keys passes, whatever key has signed it",
    oauth(assertion_claims=_known_kid_is_enough),
)


def _embedded_key(app: App, assertion: str) -> Claims | None:
    try:
        header, claims = _read(assertion)
        jwk = header.get("jwk")
        if not isinstance(jwk, dict):
            return clients.assertion_claims(app, assertion)
        key = (ECKey if jwk.get("kty") == "EC" else RSAKey).import_key(jwk)
        registry = jws.JWSRegistry(algorithms=list(clients.ASSERTION_ALGORITHMS))
        registry.max_header_length = 8192  # a key in the header is long
        jws.deserialize_compact(assertion, key, registry=registry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return claims


_defect(
    "assertion-brings-its-own-key",
    "N-OAUTH-24",
    "A client assertion is verified with the key in its own header",
    oauth(assertion_claims=_embedded_key),
)
