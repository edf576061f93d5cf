"""The connection: raw request targets, a deadline over every wait, a cap on what is read.

httpx is used below its client, at its transport: nothing adds header fields, keeps cookies,
follows redirects or reads proxies from the environment, and request targets stay as given.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from payerproof.polite.inflate import Inflater
from payerproof.polite.settings import TlsLike
from payerproof.polite.trouble import BodyTooLarge, DeadlineExceeded

IDLE_SECONDS = 3.0
"""Idle connections are dropped before common servers drop them (after five seconds), so that a
request, which may not be sent twice, does not meet a closing connection."""

_ADDRESS = re.compile(r"(https?)://([^/?#\\]+)([^#]*)", re.IGNORECASE)
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")


KEPT_OF_A_FILE = 16 * 1024
"""How much of a body that goes to a file is kept for the record, in bytes."""


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """A body after decompression; of one that went to a file, the beginning in whole lines."""

    content: bytes
    size: int
    """Length of all of it, in bytes."""


class BrokenOff(Exception):
    """An answer began and did not come to its end; its cause says why."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(f"status {response.status_code}")


class Target(httpx.URL):
    """A URL whose request target goes out byte for byte.

    Only what HTTP cannot carry (blanks, control and non-ASCII characters) is percent-encoded, and
    a fragment is left out, as in RFC 9110 section 7.1.
    """

    def __init__(self, url: str) -> None:
        parts = _ADDRESS.match(url)
        if parts is None:
            raise ValueError("only absolute http and https addresses can be requested")
        scheme, authority, rest = parts.groups()
        super().__init__(f"{scheme.lower()}://{authority}/")
        if not self.host:
            raise ValueError("the address names no host")
        target = rest if rest.startswith("/") else f"/{rest}"
        self._target = _UNSENDABLE.sub(_percent, target).encode("ascii")

    @property
    def raw_path(self) -> bytes:
        """Path and query as they go out."""
        return self._target

    @property
    def place(self) -> str:
        """Host and port, for rate limits and sentences."""
        port = self.port or (443 if self.scheme == "https" else 80)
        return f"{self.host}:{port}"


def _percent(match: re.Match[str]) -> str:
    raw = match.group().encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in raw)


class Wire:
    """Pooled connections. Safe to use from several threads."""

    def __init__(self, tls: TlsLike, *, connections: int) -> None:
        self._deadline = _Deadline()
        self._transport = httpx.HTTPTransport(
            verify=trust(tls),
            trust_env=False,
            limits=httpx.Limits(
                max_connections=max(64, connections),
                max_keepalive_connections=connections,
                keepalive_expiry=IDLE_SECONDS,
            ),
            proxy=tls.proxy or None,
        )
        # httpx has no parameter for it; without it each single read would have the whole time
        pool: Any = self._transport._pool
        pool._network_backend = _Backend(pool._network_backend, self._deadline)

    def exchange(
        self,
        request: httpx.Request,
        *,
        connect: float,
        deadline: float,
        max_body: int,
        into: Path | None = None,
    ) -> tuple[httpx.Response, Body]:
        """Send `request` and read the whole answer, decompressed.

        With `into` a successful answer goes to that file as it comes, and its beginning is kept.

        Raises what httpx raises, `OSError` and `DeadlineExceeded` before an answer has begun,
        and `BrokenOff` from one of these, `BodyTooLarge` or `BadEncoding` afterwards.
        """
        self._deadline.start(deadline, connect)
        request.extensions["timeout"] = {"pool": deadline}
        response = self._transport.handle_request(request)
        try:
            file = into if response.status_code == 200 else None
            return response, self._read(request.method, response, max_body, file)
        except Exception as trouble:
            raise BrokenOff(response) from trouble
        finally:
            response.close()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _read(
        self, method: str, response: httpx.Response, max_body: int, into: Path | None
    ) -> Body:
        announced = response.headers.get("content-length", "")
        if method != "HEAD" and announced.isdecimal() and int(announced) > max_body:
            raise BodyTooLarge
        inflater = Inflater(response.headers.get("content-encoding", ""), max_body)
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        if into is not None:
            return _to_file(stream, inflater, into)
        chunks: list[bytes] = []
        for raw in stream:
            chunks += inflater.feed(raw)
        chunks += inflater.finish()
        content = b"".join(chunks)
        return Body(content, len(content))


def _to_file(stream: httpx.SyncByteStream, inflater: Inflater, path: Path) -> Body:
    """Write a body to a file that nobody else may read, piece by piece; keep its first lines."""
    head, size = bytearray(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:

        def take(pieces: list[bytes]) -> int:
            for piece in pieces:
                file.write(piece)
                if len(head) < KEPT_OF_A_FILE:
                    head.extend(piece[: KEPT_OF_A_FILE - len(head)])
            return sum(map(len, pieces))

        for raw in stream:
            size += take(inflater.feed(raw))
        size += take(inflater.finish())
    whole_lines = bytes(head) if size <= len(head) else bytes(head[: head.rfind(b"\n") + 1])
    return Body(whole_lines, size)


def trust(tls: TlsLike) -> ssl.SSLContext:
    """Trust as the payer file wants it; raises `TlsFilesError`."""
    files = (tls.ca_bundle, tls.client_certificate, tls.client_key)
    return _trust(*(str(path) if path else "" for path in files))


@cache
def _trust(ca_bundle: str, client_certificate: str, client_key: str) -> ssl.SSLContext:
    """Public authorities (the system's and those that come with httpx) and the payer file's own.

    Raises `TlsFilesError` where a file of the payer file's table ``[tls]`` cannot be used.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    if ca_bundle:
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except OSError as trouble:
            raise TlsFilesError("tls.ca_bundle", "PEM certificates", trouble) from trouble
    if client_certificate:
        try:
            context.load_cert_chain(client_certificate, client_key or None)
        except OSError as trouble:
            what = "a PEM certificate with its key"
            raise TlsFilesError("tls.client_certificate", what, trouble) from trouble
    return context


class TlsFilesError(ValueError):
    """A certificate file named in the payer file cannot be read or is not what it should be."""

    def __init__(self, key: str, wanted: str, trouble: OSError) -> None:
        why = trouble.strerror if trouble.filename or not trouble.args else "not understood"
        super().__init__(f"{key} in the payer file has to name a file with {wanted} ({why})")


class _Deadline(threading.local):
    """When the request of the current thread has to be over. A request stays on its thread."""

    def __init__(self) -> None:
        self.at = float("inf")
        self.connect_at = float("inf")

    def start(self, seconds: float, connect: float) -> None:
        now = time.monotonic()
        self.at = now + seconds
        self.connect_at = min(self.at, now + connect)

    def left(self, phase: str) -> float:
        """Seconds left; raises `DeadlineExceeded` where there are none."""
        until = self.connect_at if phase in ("connection", "name") else self.at
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise DeadlineExceeded(phase if until < self.at else "answer")
        return seconds


class _Stream:
    """A connection of the pool, every wait of which ends with the deadline."""

    def __init__(self, inner: Any, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left("answer")
        return bytes(self._inner.read(max_bytes, timeout=_shorter(timeout, left)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.left("answer")
        self._inner.write(buffer, timeout=_shorter(timeout, left))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:
        left = self._deadline.left("connection")
        inner = self._inner.start_tls(ssl_context, server_hostname, _shorter(timeout, left))
        return _Stream(inner, self._deadline)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend:
    """Opens the pool's connections; looks names up within the deadline too."""

    def __init__(self, inner: Any, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        trouble: Exception | None = None
        for address in self._addresses(host, port):
            left = self._deadline.left("connection")
            try:
                stream = self._inner.connect_tcp(
                    address, port, _shorter(timeout, left), local_address, socket_options
                )
            except Exception as refused:
                trouble = refused  # the next address may still answer
                continue
            return _Stream(stream, self._deadline)
        assert trouble is not None
        raise trouble

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            return _looked_up(host, port, self._deadline.left("name"))


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """Addresses of a name. The system's resolver has no time limit, so it runs in a thread."""
    found: list[str] = []
    trouble: list[OSError] = []

    def look_up() -> None:
        try:
            for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append(str(address[0]))
        except OSError as unknown:
            trouble.append(unknown)
        except UnicodeError:
            trouble.append(socket.gaierror(socket.EAI_NONAME, "not a host name"))

    thread = threading.Thread(target=look_up, name=f"name of {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise DeadlineExceeded("name")
    if trouble:
        raise trouble[0]
    return list(dict.fromkeys(found))


def _shorter(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
