"""Client assertions, right and wrong (SMART App Launch 2.2.0, section on asymmetric clients)."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from payerproof.smart.client import ASSERTION_TYPE, RegisteredApp, client_assertion
from payerproof.smart.identity import forge, parts

Fields = list[tuple[str, str]]


def fields_of(assertion: str) -> Fields:
    """The form fields that carry an assertion to the token endpoint."""
    return [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]


def signed_by_a_stranger(app: RegisteredApp, audience: str) -> str:
    """An assertion right in every word, signed by a key that was never registered."""
    header, payload = parts(client_assertion(app, audience)) or ({}, {})
    alg = str(header.get("alg", "ES384"))
    key = ECKey.generate_key("P-384") if alg.startswith("ES") else RSAKey.generate_key(2048)
    return jwt.encode(dict(header), dict(payload), key, algorithms=[alg])


def with_own_key(app: RegisteredApp, audience: str) -> str:
    """An assertion signed by a key that nobody registered, and that its own header brings along."""
    header, payload = parts(client_assertion(app, audience)) or ({}, {})
    alg = str(header.get("alg", "ES384"))
    key = ECKey.generate_key("P-384") if alg.startswith("ES") else RSAKey.generate_key(2048)
    brought = {**header, "jwk": key.as_dict(private=False)}
    return jwt.encode(brought, dict(payload), key, algorithms=[alg])


def with_new_key(app: RegisteredApp, audience: str) -> str:
    """The same under a kid of its own, which the key it brings along has too."""
    header, payload = parts(client_assertion(app, audience)) or ({}, {})
    alg = str(header.get("alg", "ES384"))
    key = ECKey.generate_key("P-384") if alg.startswith("ES") else RSAKey.generate_key(2048)
    public = {**key.as_dict(private=False), "kid": "payerproof-own", "alg": alg, "use": "sig"}
    brought = {"alg": alg, "typ": "JWT", "kid": "payerproof-own", "jwk": public}
    return jwt.encode(brought, dict(payload), key, algorithms=[alg])


def keys_from(app: RegisteredApp, audience: str, address: str, key: ECKey) -> str:
    """An assertion that says where to fetch the key that verifies it (``jku``)."""
    _, payload = parts(client_assertion(app, audience)) or ({}, {})
    header = {"alg": "ES384", "typ": "JWT", "kid": "payerproof-own", "jku": address}
    return jwt.encode(header, dict(payload), key, algorithms=["ES384"])


def without_id(app: RegisteredApp, audience: str) -> str:
    """An assertion right in every word, but for the jti, which it lacks."""
    return client_assertion(app, audience, jti=None)


def unsigned(app: RegisteredApp, audience: str) -> str:
    """An assertion right in every word, with algorithm ``none`` and no signature."""
    header, payload = parts(client_assertion(app, audience)) or ({}, {})
    return forge({**header, "alg": "none"}, payload)


def lasting(app: RegisteredApp, audience: str, seconds: int) -> str:
    """An assertion that ends so many seconds from now; negative: it has ended."""
    issued = int(time.time()) + min(seconds, 0) - 60
    return client_assertion(app, audience, lifetime=seconds, iat=issued)


@dataclass(frozen=True)
class Guess:
    """A client secret that nobody issued, in the shape of the payer file's secrets."""

    value: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def reveal(self) -> str:
        """The guessed value."""
        return self.value
