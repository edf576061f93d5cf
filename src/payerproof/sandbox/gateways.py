"""Further hosts of the payer, each a gateway of its own beside the main one.

They hand everything on to the main host; what differs is how they may be reached. They run in
threads of the sandbox's process, on loopback, and end with it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from payerproof.sandbox.tls import Certificates, make_certificates, server_context

_TLS_HANDSHAKE = 0x16
"""First byte of whatever a TLS client sends (RFC 8446 section 5.1)."""

_SECONDS = 20.0


@dataclass(frozen=True)
class Gateway:
    """How one gateway may be reached: its TLS, and what it says without any (b"": it hangs up)."""

    context: Callable[[Certificates], ssl.SSLContext] = server_context
    without_tls: bytes = b""


@dataclass
class Gateways:
    """The gateways of one sandbox, each opened when it is first asked for.

    `certificates` gives those of the main host, which a gateway shows as well unless it is faulty.
    """

    certificates: Callable[[], Certificates] = make_certificates
    port: int = 0
    """Port of the main host."""
    _ports: dict[Gateway, int] = field(default_factory=dict)

    def origin(self, gateway: Gateway) -> str:
        """Return ``https://localhost:PORT`` of a gateway."""
        if gateway not in self._ports:
            listening = socket.create_server(("127.0.0.1", 0))
            self._ports[gateway] = listening.getsockname()[1]
            context = gateway.context(self.certificates())
            _beside(self._serve, listening, context, gateway.without_tls)
        return f"https://localhost:{self._ports[gateway]}"

    def _serve(self, listening: socket.socket, context: ssl.SSLContext, without_tls: bytes) -> None:
        while True:
            caller, _ = listening.accept()
            _beside(self._answer, caller, context, without_tls)

    def _answer(self, caller: socket.socket, context: ssl.SSLContext, without_tls: bytes) -> None:
        """Serve one caller; whoever breaks off is forgotten."""
        caller.settimeout(_SECONDS)
        with contextlib.suppress(OSError), caller:
            first = caller.recv(1, socket.MSG_PEEK)
            if first and first[0] == _TLS_HANDSHAKE:
                with context.wrap_socket(caller, server_side=True) as secured:
                    self._hand_on(secured)
            elif first and without_tls:
                caller.recv(65536)
                caller.sendall(without_tls)

    def _hand_on(self, caller: ssl.SSLSocket) -> None:
        """Let the main host answer one request; the connection ends with it."""
        asked = _request(caller)
        if not asked:
            return
        trusting = ssl.create_default_context(cafile=str(self.certificates().authority))
        plain = socket.create_connection(("127.0.0.1", self.port), _SECONDS)
        with trusting.wrap_socket(plain, server_hostname="localhost") as main:
            main.sendall(asked)
            while data := main.recv(65536):
                caller.sendall(data)


def _beside(work: Callable[..., None], *given: object) -> None:
    threading.Thread(target=work, args=given, daemon=True).start()


def _request(caller: ssl.SSLSocket) -> bytes:
    """Read one request whole, and make it the last of its connection; empty where none came."""
    head, gap, body = b"", b"", b""
    while not gap:
        data = caller.recv(65536)
        if not data:
            return b""
        head, gap, body = (head + body + data).partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next((line for line in lines if line.lower().startswith(b"content-length:")), b":0")
    while len(body) < int(length.partition(b":")[2]) and (data := caller.recv(65536)):
        body += data
    return b"\r\n".join([*lines, b"Connection: close"]) + gap + body
