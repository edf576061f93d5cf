"""A throw-away certificate authority and a server certificate for loopback."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: `authority` is what clients must trust.

    `client` is a certificate with its key for whoever comes to a host that asks for one.
    """

    folder: Path
    authority: Path
    chain: Path
    key: Path
    client: Path | None = None


def make_certificates(folder: Path | None = None) -> Certificates:
    """Make both, valid for the loopback names only, in a private folder."""
    place = folder or Path(tempfile.mkdtemp(prefix="payerproof-sandbox-"))
    authority = trustme.CA(organization_name="payerproof sandbox, made for one run")
    server = authority.issue_cert(*NAMES, common_name="localhost")
    found = Certificates(
        place,
        place / "ca.pem",
        place / "server.pem",
        place / "server.key",
        place / "client.pem",
    )
    authority.cert_pem.write_to_path(str(found.authority))
    chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
    found.chain.write_bytes(chain)
    _private(found.key, server.private_key_pem.bytes())
    client = authority.issue_cert("client.example", common_name="a client of the sandbox")
    _private(place / "client.pem", client.private_key_and_cert_chain_pem.bytes())
    return found


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def server_context(certificates: Certificates) -> ssl.SSLContext:
    """TLS 1.2 and later (SMART App Launch, Considerations for security)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificates.chain, certificates.key)
    return context


def mutual_context(certificates: Certificates) -> ssl.SSLContext:
    """The same for callers with a certificate of our authority only (RFC 8705 section 2.1)."""
    context = server_context(certificates)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile=certificates.authority)
    return context
