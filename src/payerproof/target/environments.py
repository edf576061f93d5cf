"""Mixed environments: a sandbox's app used at production, or the other way round.

Payers keep separate base addresses, apps and secrets for sandbox and production; mixing them gives
nothing but invalid_client, or tests real members by mistake (quirk Q-REG-05). The names usually
give it away, so such a file is refused before any request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from payerproof.target.locate import Path
from payerproof.target.models import Target

_SANDBOX = {
    "sandbox", "sbx", "sbox", "test", "tst", "uat", "qa", "stage", "staging", "stg", "dev", "demo",
    "preprod", "nonprod", "localhost",
}  # fmt: skip
_PRODUCTION = {"prod", "production", "live"}
_UNSURE_IN_NAMES = {"test", "dev", "demo", "live", "qa"}
"""Words that a client id or a variable may hold in either environment."""


def words_of_environment(text: str, *, name: bool = False) -> set[str]:
    """``{"sandbox"}``, ``{"production"}``, both or none, by the words found in `text`."""
    lowered = re.sub(r"\b(pre|non)[-_.]?prod(uction)?", r"\1prod", text.lower())
    words = set(re.split(r"[^a-z]+", lowered))
    if name:
        words -= _UNSURE_IN_NAMES
    found = {"sandbox"} if words & _SANDBOX else set()
    return found | ({"production"} if words & _PRODUCTION else set())


def is_local(address: str) -> bool:
    """True where the host is this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def mixed_environments(target: Target) -> Iterator[tuple[Path, str]]:
    """Addresses, client ids and secret references that name the other environment."""
    other = {"sandbox": "production", "production": "sandbox"}[target.environment]
    for path, text, is_name in _named_things(target):
        found = words_of_environment(text, name=is_name)
        local = not is_name and target.environment == "production" and is_local(text)
        if found == {other} or local:
            what = "this machine" if local else other
            yield (
                path,
                f'points to {what}, but environment is "{target.environment}": payers keep '
                "addresses, apps and secrets of the two apart. Correct one of them.",
            )


def _apis(target: Target) -> Iterator[tuple[Path, str]]:
    """Key path and address of every API."""
    yield from ((("endpoints", name), one) for name, one in target.endpoints if one)
    yield from ((("earlier_versions", at), one) for at, one in enumerate(target.earlier_versions))


def _named_things(target: Target) -> Iterator[tuple[Path, str, bool]]:
    """Key path, text, and whether it is a name rather than an address."""
    for place, address in _apis(target):
        yield place, _host_and_path(address), False
    for name, control in target.controls.items():
        if control.url:
            yield ("controls", name, "url"), _host_and_path(control.url), False
    for at, app in enumerate(target.apps):
        yield ("apps", at, "client_id"), app.client_id, True
        for key in ("secret", "key"):
            secret = getattr(app, key)
            if secret is not None and secret.kind != "cmd":
                yield ("apps", at, key), secret.name, True
    for at, persona in enumerate(target.personas):
        if persona.password is not None and persona.password.kind != "cmd":
            yield ("personas", at, "password"), persona.password.name, True


def _host_and_path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
