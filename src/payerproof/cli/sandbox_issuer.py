"""The file that describes another authorization server to ``payerproof sandbox --issuer``.

issuer = "https://login.example.org"
accept = "introspection"              # or "jwks"; then audience is needed
client_id = "payer"                   # as whom the issuer is asked about tokens
client_secret = "env:PAYER_SECRET"    # a reference, as in payer files
audience = ""                         # what a token's aud must hold; empty: anything
claim = "sub"                         # the claim that names the member
ca_bundle = "ca.pem"                  # relative to this file
[members]
ada = "ada"                           # value of the claim = portal user name
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payerproof.cli.failures import Stop

if TYPE_CHECKING:
    from payerproof.sandbox.issuer import ExternalIssuer

_TEXTS = ("issuer", "accept", "client_id", "client_secret", "audience", "claim", "ca_bundle")


def read_issuer(path: Path) -> ExternalIssuer:
    """Read the file; raises `Stop` naming file and key, and `SecretError` for the secret."""
    from payerproof.sandbox.issuer import ExternalIssuer

    found = _table(path)
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key in _TEXTS and not isinstance(value, str):
            raise Stop(f"{path}: {key}: a text is needed, in quotes.")
        if key == "members" and not _is_names(value):
            raise Stop(f'{path}: members: a table of texts is needed, such as ada = "ada".')
        if key not in (*_TEXTS, "members"):
            raise Stop(f"{path}: there is no key '{key}'; there are {', '.join(_TEXTS)}, members.")
        values[key] = value
    if not values.get("issuer"):
        raise Stop(f"{path}: issuer: the address of the authorization server is needed.")
    if values.get("client_secret"):
        values["client_secret"] = _secret(path, values["client_secret"])
    if values.get("ca_bundle"):
        values["ca_bundle"] = _readable(path, values["ca_bundle"])
    try:
        return ExternalIssuer(**values)
    except ValueError as error:
        raise Stop(f"{path}: {error}.") from None


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(f"can't read {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Stop(f"{path}: is not valid TOML ({error}).") from None


def _is_names(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value.values())


def _secret(path: Path, reference: str) -> str:
    from payerproof.target.secrets import Secret

    try:
        secret = Secret.parse(reference, str(path.parent))
    except ValueError as error:
        raise Stop(f"{path}: client_secret: {error}.") from None
    return secret.reveal()


def _readable(path: Path, name: str) -> str:
    bundle = path.parent / Path(name).expanduser()
    if not bundle.is_file():
        raise Stop(f"{path}: ca_bundle: there is no file {bundle}.")
    return str(bundle.resolve())
