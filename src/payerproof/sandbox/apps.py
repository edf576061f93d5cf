"""The apps registered with the payer, and their credentials for this start of the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

ClientType = Literal["public", "confidential-symmetric", "confidential-asymmetric"]


@dataclass(frozen=True)
class App:
    """One registered client (RFC 6749 section 2).

    `secret` is set for a confidential-symmetric app, `public_keys` (without private parts) for a
    confidential-asymmetric one. `attested` tells whether its developer attested to the
    privacy policy questions; `active` whether the payer lets it in.
    """

    id: str
    client_id: str
    type: ClientType
    name: str
    developer: str
    site: str
    privacy_policy: str
    contact: str
    attested: bool
    redirect_uris: tuple[str, ...]
    active: bool = True
    secret: str = ""
    public_keys: KeySet | None = None

    def __repr__(self) -> str:
        return f"App({self.id!r})"


@dataclass(frozen=True)
class Registry:
    """The registered apps by client id, and the private halves that the apps themselves hold."""

    apps: dict[str, App]
    private_keys: dict[str, str]  # by environment variable, as JWK

    def __repr__(self) -> str:
        return f"Registry({', '.join(app.id for app in self.apps.values())})"

    def environment(self) -> dict[str, str]:
        """Secrets and private keys (JWK) as environment variables for a payer file."""
        secrets = {
            f"PAYERPROOF_SANDBOX_SECRET_{_variable(app.id)}": app.secret
            for app in self.apps.values()
            if app.secret
        }
        return {**secrets, **self.private_keys}


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _elliptic_key(seed: bytes) -> ECKey:
    """Key for ES384, derived from a seed."""
    native = ec.derive_private_key(int.from_bytes(seed[:47]) + 1, ec.SECP384R1())
    key = ECKey.import_key(native)
    return ECKey.import_key(native, {"kid": key.thumbprint(), "alg": "ES384", "use": "sig"})


def _rsa_key() -> RSAKey:
    """Key for RS384."""
    key = RSAKey.generate_key(2048)
    parameters: KeyParameters = {"kid": key.thumbprint(), "alg": "RS384", "use": "sig"}
    return RSAKey.import_key(key.as_dict(private=True), parameters)


def register_apps(seed: bytes) -> Registry:
    """Read ``apps.toml`` and give the confidential apps credentials derived from `seed`."""
    apps: dict[str, App] = {}
    private_keys: dict[str, str] = {}
    for entry in _entries():
        facts = {**entry, "redirect_uris": tuple(entry["redirect_uris"])}
        digest = hmac.digest(seed, f"app {entry['id']}".encode(), "sha384")
        if entry["type"] == "confidential-symmetric":
            facts["secret"] = hashlib.sha256(digest).hexdigest()
        elif entry["type"] == "confidential-asymmetric":
            pair = (_elliptic_key(digest), _rsa_key())
            name = f"PAYERPROOF_SANDBOX_KEY_{_variable(entry['id'])}"
            private_keys[name] = json.dumps(pair[0].as_dict(private=True))
            private_keys[f"{name}_RSA"] = json.dumps(pair[1].as_dict(private=True))
            facts["public_keys"] = KeySet.import_key_set(
                {"keys": [key.as_dict(private=False) for key in pair]}
            )
        app = App(**facts)
        apps[app.client_id] = app
    return Registry(apps, private_keys)


@lru_cache(maxsize=1)
def _entries() -> list[dict[str, Any]]:
    text = files("payerproof.sandbox").joinpath("apps.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["app"]
    return entries
