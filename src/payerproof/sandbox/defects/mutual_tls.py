"""Endpoints announced for mutual TLS that don't ask for it, or aren't there (RFC 8705)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, partners
from payerproof.sandbox.gateways import Gateway, Gateways
from payerproof.sandbox.partners import discovery
from payerproof.sandbox.tls import server_context

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant, TenantSpec

AREA = "transport"
CITES = "AC-05-1 Q-NET-03"
_NOBODY_ASKED = Gateway(server_context)


def _announcing(aliases: object) -> Change:
    def announced(spec: TenantSpec) -> TenantSpec:
        return replace(spec, face=replace(spec.face, mutual_tls=True))

    return both(announced, partners(mutual_tls_aliases=aliases))


def _without_asking(tenant: Tenant, gateways: Gateways) -> dict[str, str]:
    host = gateways.origin(_NOBODY_ASKED)
    return {"token_endpoint": tenant.partner_token_endpoint.replace(tenant.origin, host, 1)}


def _nowhere(tenant: Tenant, gateways: Gateways) -> dict[str, str]:
    del gateways
    there = tenant.partner_token_endpoint.replace(tenant.origin, "https://localhost:9", 1)
    return {"token_endpoint": there}


def _the_same(tenant: Tenant, gateways: Gateways) -> dict[str, str]:
    del gateways
    return {"token_endpoint": tenant.partner_token_endpoint}


seed(
    "mutual-tls-host-asks-nobody",
    AREA,
    CITES,
    "The host announced for mutual TLS lets callers in without a certificate",
    _announcing(_without_asking),
)
seed(
    "mutual-tls-host-is-gone",
    AREA,
    CITES,
    "The endpoint announced for mutual TLS can't be reached",
    _announcing(_nowhere),
)
seed(
    "mutual-tls-alias-is-the-usual-host",
    AREA,
    CITES,
    "The endpoint announced for mutual TLS is the usual one, which asks for no certificate",
    _announcing(_the_same),
)
seed(
    "mutual-tls-as-it-should-be",
    AREA,
    CITES,
    "An endpoint for mutual TLS is announced, and lets nobody in without a certificate",
    _announcing(discovery.mutual_tls_aliases),
    lawful=True,
)
