"""The clinics and payers that are registered for backend services, and their keys.

Facts stand in ``fixtures/payers/partners.toml``. Every client holds a key for ES384, and
some one for RS384; the payer has the public halves from the registration, or fetches them from
the client.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Literal

from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

from payerproof.sandbox.data.facts import fixtures_folder


@dataclass(frozen=True)
class PartnerClient:
    """One registered backend client: a clinic (``provider``) or another ``payer``.

    `network_from` and `network_until` are the days between which a clinic is under contract; both
    are None for one that is not. `jwks_path` is the path at which a client publishes its keys
    ("" where it handed them in when it registered); `rsa` whether it has a key for RS384 as well.
    """

    id: str
    client_id: str
    kind: Literal["provider", "payer"]
    name: str
    npi: str
    tin: str = ""
    payer_id: str = ""
    organization: str = ""
    network_from: date | None = None
    network_until: date | None = None
    jwks_path: str = ""
    rsa: bool = False


@dataclass(frozen=True)
class Attribution:
    """That a clinic treats a member, from `start` to `end` (None: no end), and how it is known."""

    client_id: str
    member: str
    basis: str
    start: date
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the relationship holds on a day; first and last day count."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Exchange:
    """That a member wants a payer to have the record: opted in, and perhaps withdrawn since."""

    member: str
    client_id: str
    opted_in: date
    withdrawn: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the choice holds on a day; it ends with the day of the withdrawal."""
        return self.opted_in <= day and (self.withdrawn is None or day < self.withdrawn)


@dataclass(frozen=True)
class ClientKeys:
    """The private keys of one client."""

    elliptic: ECKey = field(repr=False)
    rsa: RSAKey | None = field(default=None, repr=False)

    @cached_property
    def public(self) -> KeySet:
        """The JWK Set that the client hands in or publishes, without private parts."""
        return KeySet.import_key_set({"keys": list(self.documents())})

    def documents(self) -> Iterable[dict[str, Any]]:
        """Public JWKs, ES384 first."""
        keys = (self.elliptic, self.rsa)
        return tuple(dict(key.as_dict(private=False)) for key in keys if key is not None)


@dataclass(frozen=True)
class PartnerFacts:
    """Everything the fixture says of the payer's partners."""

    clients: Mapping[str, PartnerClient]
    attributions: tuple[Attribution, ...]
    exchanges: tuple[Exchange, ...]


@lru_cache(maxsize=1)
def partner_facts() -> PartnerFacts:
    """Read the fixture, once per process; clients are found by client id."""
    path = fixtures_folder() / "payers" / "partners.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    clients = [_client(row) for row in tables["clients"]]
    by_id = {client.id: client.client_id for client in clients}
    attributions = [
        Attribution(by_id[row["client"]], member, row["basis"], row["start"], row.get("end"))
        for row in tables["attributions"]
        for member in row["members"]
    ]
    exchanges = [
        Exchange(row["member"], by_id[row["payer"]], row["opted_in"], row.get("withdrawn"))
        for row in tables["exchanges"]
    ]
    return PartnerFacts(
        MappingProxyType({client.client_id: client for client in clients}),
        tuple(attributions),
        tuple(exchanges),
    )


def _client(row: Mapping[str, Any]) -> PartnerClient:
    facts = dict(row)
    published = facts.pop("jwks") == "url"
    return PartnerClient(**facts, jwks_path=f"/clients/{facts['id']}/jwks.json" * published)


@lru_cache(maxsize=64)
def keys_of(client: PartnerClient) -> ClientKeys:
    """Return the keys of a client, made at the first use and good for this process."""
    made = ECKey.generate_key("P-384")
    elliptic = ECKey.import_key(made.as_dict(private=True), _named(made.thumbprint(), "ES384"))
    if not client.rsa:
        return ClientKeys(elliptic)
    rsa = RSAKey.generate_key(2048)
    return ClientKeys(
        elliptic, RSAKey.import_key(rsa.as_dict(private=True), _named(rsa.thumbprint(), "RS384"))
    )


def _named(thumbprint: str, algorithm: str) -> KeyParameters:
    return {"kid": thumbprint, "alg": algorithm, "use": "sig"}


def published_keys(name: str) -> dict[str, Any] | None:
    """The document at a client's own address, by the client's short name; None if there is none."""
    for client in partner_facts().clients.values():
        if client.id == name and client.jwks_path:
            return {"keys": list(keys_of(client).documents())}
    return None


def partner_environment() -> dict[str, str]:
    """Private keys (JWK) of every client as environment variables for a payer file."""
    found = {}
    for client in partner_facts().clients.values():
        keys = keys_of(client)
        name = f"PAYERPROOF_SANDBOX_KEY_{client.id.upper().replace('-', '_')}"
        found[name] = json.dumps(keys.elliptic.as_dict(private=True))
        if keys.rsa is not None:
            found[f"{name}_RSA"] = json.dumps(keys.rsa.as_dict(private=True))
    return found
