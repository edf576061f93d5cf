"""How an app shows who it is at the token endpoint (RFC 6749 section 2.3, RFC 7523)."""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64encode
from typing import Protocol
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Form = list[tuple[str, str]]


class RevealsSecret(Protocol):
    """A reference that gives up its value at the last moment."""

    def reveal(self) -> str:
        """Return the secret."""
        ...


class RegisteredApp(Protocol):
    """The fields of a payer file's app that authentication needs."""

    @property
    def client_id(self) -> str:
        """As the payer registered it."""
        ...

    @property
    def type(self) -> str:
        """``public``, ``confidential-symmetric`` or ``confidential-asymmetric``."""
        ...

    @property
    def secret(self) -> RevealsSecret | None:
        """Client secret."""
        ...

    @property
    def key(self) -> RevealsSecret | None:
        """Private key, PEM or JWK."""
        ...

    @property
    def key_id(self) -> str | None:
        """kid of the key."""
        ...

    @property
    def alg(self) -> str | None:
        """Signature algorithm; empty: by the kind of key."""
        ...


def authentication(
    app: RegisteredApp, token_endpoint: str, *, method: str = ""
) -> tuple[Form, dict[str, str]]:
    """Return the form fields and headers by which the app authenticates.

    `method` is one of ``none``, ``client_secret_basic``, ``client_secret_post``,
    ``private_key_jwt``; empty means what the app's type calls for.
    """
    method = method or {
        "public": "none",
        "confidential-symmetric": "client_secret_basic",
        "confidential-asymmetric": "private_key_jwt",
    }.get(app.type, "none")
    if method == "client_secret_basic":
        return [], {"Authorization": basic(app.client_id, _secret(app))}
    if method == "client_secret_post":
        return [("client_id", app.client_id), ("client_secret", _secret(app))], {}
    if method == "private_key_jwt":
        return [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", client_assertion(app, token_endpoint)),
        ], {}
    return [("client_id", app.client_id)], {}


def basic(client_id: str, secret: str) -> str:
    """Build the Basic header; both halves form-encoded first (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + b64encode(pair.encode("ascii")).decode("ascii")


def client_assertion(
    app: RegisteredApp,
    audience: str,
    *,
    lifetime: int = 240,
    jti: str | None = "",
    **claims: object,
) -> str:
    """Sign a client assertion (SMART App Launch 2.2.0, Client Authentication: Asymmetric).

    `claims` override single token claims, for requests that must be refused; `jti` None leaves that
    one out.
    Raises `ValueError` where the app has no key.
    """
    if app.key is None:
        raise ValueError(f"app with client_id {app.client_id} has no key to sign with")
    text = app.key.reveal()
    key = _load_key(text)
    alg = app.alg or ("ES384" if isinstance(key, ECKey) else "RS384")
    kid = app.key_id or key.kid  # a JWK brings its own; SMART asks for one in every header
    header = {"alg": alg, "typ": "JWT"} | ({"kid": kid} if kid else {})
    payload: dict[str, object] = {
        "iss": app.client_id,
        "sub": app.client_id,
        "aud": audience,
        "exp": int(time.time()) + lifetime,
        **({} if jti is None else {"jti": jti or secrets.token_urlsafe(16)}),
        **claims,
    }
    return jwt.encode(header, payload, key, algorithms=[alg])


def _load_key(text: str) -> RSAKey | ECKey:
    if text.lstrip().startswith("{"):
        data = json.loads(text)
        return ECKey.import_key(data) if data.get("kty") == "EC" else RSAKey.import_key(data)
    try:
        return RSAKey.import_key(text)
    except (JoseError, ValueError):
        return ECKey.import_key(text)


def _secret(app: RegisteredApp) -> str:
    if app.secret is None:
        raise ValueError(f"app with client_id {app.client_id} has no secret")
    return app.secret.reveal()
