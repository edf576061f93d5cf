"""A loopback relay that verifies certificates for the browser as our HTTP client does.

Chromium on Linux reads no CA file, and its switch that excuses certificates by key hash does so for
*any* chain that merely encloses such a key, without checking a signature. So where the payer file
names a ``ca_bundle``, a client certificate or both, the browser talks through this relay: each
CONNECT is answered only after the relay itself has reached the real server and verified its chain
and name with OpenSSL. Towards the browser the relay shows a leaf of a throw-away key, whose hash
is the only one excused and which no one else holds. A refused certificate ends the CONNECT with
502 and is kept in `refusals` with OpenSSL's reason. Bytes pass through unread; HTTP/2 is offered
where the server speaks it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import ssl
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 15.0
_HEAD_BYTES = 16 * 1024


class VerifyingRelay:
    """An HTTP proxy on 127.0.0.1 for one browser; start it, hand `url` and `spki` to the launch.

    ``ca_bundle`` adds trust anchors to the system's. The client certificate is shown to
    ``client_hosts`` only. ``upstream`` is the payer file's proxy (``http://[user:pw@]host:port``).
    Hosts in ``closed_to`` are never reached: the apps' registered redirect addresses.
    """

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        client_certificate: str | None = None,
        client_key: str | None = None,
        client_hosts: Iterable[str] = (),
        upstream: str | None = None,
        closed_to: Iterable[str] = (),
    ) -> None:
        self._plain_context = _verifying_context(ca_bundle)
        self._client_context = self._plain_context
        if client_certificate:
            self._client_context = _verifying_context(ca_bundle)
            self._client_context.load_cert_chain(client_certificate, client_key or None)
        self._client_hosts = frozenset(client_hosts)
        self._closed_to = frozenset(closed_to)
        self._upstream = urlsplit(upstream) if upstream else None
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaves: dict[tuple[str, str], ssl.SSLContext] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="tls-relay", daemon=True)
        self._ready = threading.Event()
        self._port = 0
        self.refusals: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Address for ``--proxy-server``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def spki(self) -> str:
        """Base64 SHA-256 of the throw-away public key, for the browser's list of excused keys."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(public).digest()).decode()

    def start(self) -> None:
        """Listen; returns once the port is known."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, target = head.split(b" ", 2)[:2]
            if method == b"CONNECT":
                await self._tunnel(target.decode("ascii"), reader, writer)
            else:
                await self._forward(head, target.decode("ascii"), reader, writer)
        await _close(writer)

    async def _tunnel(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = target.rpartition(":")
        host = host.strip("[]")
        try:
            far = await asyncio.wait_for(self._reach(host, int(port)), _CONNECT_SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            self.refusals[host] = _reason(error)
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        self.refusals.pop(host, None)
        far_reader, far_writer = far
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            tls = far_writer.get_extra_info("ssl_object")
            await writer.start_tls(self._leaf(host, tls.selected_alpn_protocol() or "http/1.1"))
            await _pump_both(reader, writer, far_reader, far_writer)
        finally:
            await _close(far_writer)

    async def _reach(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if host in self._closed_to:
            raise ConnectionError("a redirect address of an app is never contacted")
        context = self._client_context if host in self._client_hosts else self._plain_context
        if self._upstream is None:
            return await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
        reader, writer = await self._to_upstream()
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if self._upstream.username:
            pair = f"{self._upstream.username}:{self._upstream.password or ''}".encode()
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}")
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n", 1)[0] + b" ":
            await _close(writer)
            raise ConnectionError("the proxy of the payer file refused the connection")
        await writer.start_tls(context, server_hostname=host)
        return reader, writer

    async def _to_upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._upstream is not None
        return await asyncio.open_connection(
            self._upstream.hostname or "", self._upstream.port or 8080
        )

    async def _forward(
        self, head: bytes, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Plain http, one request per connection: nothing to verify, only to pass on."""
        parts = urlsplit(target)
        try:
            if parts.hostname in self._closed_to:
                raise ConnectionError("a redirect address of an app is never contacted")
            if self._upstream is not None:
                far_reader, far_writer = await self._to_upstream()
            else:
                far_reader, far_writer = await asyncio.open_connection(
                    parts.hostname or "", parts.port or 80
                )
        except OSError as error:
            self.refusals[parts.hostname or ""] = _reason(error)
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        line, _, rest = head.partition(b"\r\n")
        if self._upstream is None:
            method, _, version = line.split(b" ", 2)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line = b" ".join([method, path.encode("ascii"), version])
        kept = [
            header
            for header in rest.split(b"\r\n")
            if not header.lower().startswith((b"connection:", b"proxy-"))
        ]
        far_writer.write(b"\r\n".join([line, b"Connection: close", *kept]))
        try:
            await _pump_both(reader, writer, far_reader, far_writer)
        finally:
            await _close(far_writer)

    def _leaf(self, host: str, protocol: str) -> ssl.SSLContext:
        known = self._leaves.get((host, protocol))
        if known is None:
            known = _server_context(self._key, host)
            known.set_alpn_protocols([protocol])
            self._leaves[host, protocol] = known
        return known


def _verifying_context(ca_bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _server_context(key: ec.EllipticCurvePrivateKey, host: str) -> ssl.SSLContext:
    """A context that shows a self-signed leaf for ``host`` on the relay's own key."""
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "payerproof relay")])
    leaf = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = leaf.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # OpenSSL takes a chain from a file only; the key is worthless once this process ends.
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        file = Path(folder) / "leaf.pem"
        file.touch(mode=0o600)
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context


async def _pump_both(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until either side is done."""
    pumps = [
        asyncio.ensure_future(_pump(near_reader, far_writer)),
        asyncio.ensure_future(_pump(far_reader, near_writer)),
    ]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError, asyncio.TimeoutError):
        writer.close()
        await asyncio.wait_for(writer.wait_closed(), 1.0)


def _reason(error: BaseException) -> str:
    """OpenSSL's or the system's reason, in plain words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate was refused: {error.verify_message}"
    if isinstance(error, asyncio.TimeoutError):
        return f"no answer within {_CONNECT_SECONDS:.0f} seconds"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection: {error.reason or 'handshake failed'}"
    return str(error.strerror or error) if isinstance(error, OSError) else "no connection"
