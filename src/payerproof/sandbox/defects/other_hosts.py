"""Faults of how the hosts behind the published one are reached: old TLS, no TLS, no trust."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import transport
from payerproof.sandbox.gateways import Gateway
from payerproof.sandbox.oauth.discovery import smart_configuration
from payerproof.sandbox.tls import Certificates, server_context

if TYPE_CHECKING:
    from payerproof.sandbox.app import House
    from payerproof.sandbox.tenant import Tenant


def _host(
    name: str, cites: str, title: str, gateway: Gateway, *, twin: str = "", lawful: bool = False
) -> None:
    """Seed a payer whose introspection is published at a gateway of its own."""

    def rewrite(tenant: Tenant, request: Request) -> Response | None:
        if request.scope["path"] != f"/{tenant.name}/fhir/.well-known/smart-configuration":
            return None
        house: House = request.state.house
        address = f"{house.gateways.origin(gateway)}/{tenant.name}/oauth/introspect"
        return JSONResponse({**smart_configuration(tenant), "introspection_endpoint": address})

    change = transport(rewrite=rewrite)
    found = tuple(cites.split())
    register(Defect(name, "transport", found, title, change, twin=twin, lawful=lawful))


def _old_versions(certificates: Certificates) -> ssl.SSLContext:
    context = server_context(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    return context


_host(
    "old-tls-at-an-inner-host",
    "Q-NET-03",
    "The host of introspection still takes TLS 1.0 and 1.1, which the public one refuses",
    Gateway(_old_versions),
)


def _of_nobody(_certificates: Certificates) -> ssl.SSLContext:
    authority = trustme.CA(organization_name="a certificate authority nobody knows")
    served = authority.issue_cert("localhost")
    with tempfile.TemporaryDirectory() as folder:
        return _from_files(served, Path(folder))


def _from_files(served: trustme.LeafCert, folder: Path) -> ssl.SSLContext:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in served.cert_chain_pems))
    key.touch(mode=0o600)
    key.write_bytes(served.private_key_pem.bytes())
    return server_context(Certificates(folder, chain, chain, key))


_host(
    "certificate-of-nobody-at-an-inner-host",
    "Q-NET-03",
    "The host of introspection shows a certificate of an authority that nobody knows",
    Gateway(_of_nobody),
)

_host(
    "plain-http-at-an-inner-host",
    "N-LEAK-12",
    "The host of introspection answers without TLS too, at the same port",
    Gateway(
        without_tls=(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b'Content-Length: 17\r\nConnection: close\r\n\r\n{"active": false}'
        )
    ),
    twin="http-redirects-at-an-inner-host",
)
_host(
    "http-redirects-at-an-inner-host",
    "N-LEAK-12",
    "The host of introspection answers plain HTTP by a redirect to HTTPS, and nothing else",
    Gateway(
        without_tls=(
            b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://localhost/\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
    ),
    lawful=True,
)
