"""The sandbox payer with something wrong in front of it, over TLS on loopback.

A twist sees every request first. It answers by itself where it returns True, else the sandbox does,
so that all but one thing about a hostile payer is in order.
"""

from __future__ import annotations

import contextlib
import gc
import json
import threading
import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from payerproof.sandbox.app import House, SandboxApp
from payerproof.sandbox.external import Fetcher
from payerproof.sandbox.server import _config, _listen
from payerproof.sandbox.tls import Certificates, make_certificates

Twist = Callable[[Scope, Receive, Send], Awaitable[bool]]


class Hostile:
    """A payer with a twist. `paths` are those that the twist answered itself."""

    def __init__(self, folder: Path, twist: Twist) -> None:
        self.certificates: Certificates = make_certificates(folder)
        self._socket = _listen(0)
        self.house = House(origin=f"https://localhost:{self._socket.getsockname()[1]}")
        self.house.fetch = Fetcher(str(self.certificates.authority))
        self.paths: list[str] = []
        self._sandbox, self._twist = SandboxApp(self.house), twist

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._answer(scope, receive, send)

        self._server = uvicorn.Server(_config(app, self.certificates))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["sandbox"] = self._sandbox
        if await self._twist(scope, receive, send):
            self.paths.append(scope["path"])
        else:
            await self._sandbox(scope, receive, send)

    @property
    def environment(self) -> dict[str, str]:
        """What the shipped payer file refers to."""
        authority = str(self.certificates.authority)
        return {**self.house.environment(), "PAYERPROOF_SANDBOX_CA": authority}

    def __enter__(self) -> Hostile:
        self._socket.listen()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        with warnings.catch_warnings():
            # asyncio never closes a TLS connection whose client was killed; here that is meant
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def answer(
    where: Callable[[str], bool], body: bytes, content_type: str = "text/html", status: int = 200,
    *headers: tuple[bytes, bytes],
) -> Twist:  # fmt: skip
    """Answer requests whose path fits in one way."""

    async def twist(scope: Scope, receive: Receive, send: Send) -> bool:
        if scope["type"] != "http" or not where(scope["path"]):
            return False
        fields = [(b"content-type", content_type.encode()), *headers]
        fields.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        return True

    return twist


def path_ends(*ends: str) -> Callable[[str], bool]:
    """Fits a path that ends in one of these."""
    return lambda path: path.endswith(ends)


def never(where: Callable[[str], bool]) -> Twist:
    """Take the request and say nothing, until the client goes away."""

    async def twist(scope: Scope, receive: Receive, send: Send) -> bool:
        if scope["type"] != "http" or not where(scope["path"]):
            return False
        while (await receive())["type"] != "http.disconnect":
            pass
        return True

    return twist


def altered(where: Callable[[str], bool], change: Callable[[Any, str], Any]) -> Twist:
    """Pass on JSON answers of the sandbox, changed; `change` takes the document and the URL."""

    async def twist(scope: Scope, receive: Receive, send: Send) -> bool:
        if scope["type"] != "http" or not where(scope["path"]):
            return False
        begun: list[dict[str, Any]] = []
        body = bytearray()

        async def keep(message: Any) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
            else:
                body.extend(message.get("body", b""))

        await scope["state"]["sandbox"](scope, receive, keep)
        content = bytes(body)
        host = next((v.decode() for k, v in scope["headers"] if k == b"host"), "")
        url = f"https://{host}{scope['path']}"
        with contextlib.suppress(ValueError):
            content = json.dumps(change(json.loads(content), url)).encode()
        fields = [(k, v) for k, v in begun[0]["headers"] if k.lower() != b"content-length"]
        fields.append((b"content-length", str(len(content)).encode()))
        await send({**begun[0], "headers": fields})
        await send({"type": "http.response.body", "body": content})
        return True

    return twist


def comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, at most so long; tell whether it did."""
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        threading.Event().wait(0.02)
    return condition()
