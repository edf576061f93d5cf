"""Serving over HTTPS: uvicorn on a socket bound beforehand, so that port 0 works."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from payerproof.sandbox.app import House, SandboxApp
from payerproof.sandbox.chaos import Chaos, with_chaos
from payerproof.sandbox.data.load import PackageError, read_package
from payerproof.sandbox.external import Fetcher
from payerproof.sandbox.gateways import Gateways
from payerproof.sandbox.issuer import ExternalIssuer
from payerproof.sandbox.tls import Certificates, make_certificates, server_context


class Server:
    """One sandbox server: `house` knows its tenants, `certificates` its authority.

    `load` are packages whose examples become further members; raises `PackageError` of them.
    """

    def __init__(
        self,
        port: int = 0,
        chaos: Chaos | None = None,
        folder: Path | None = None,
        *,
        load: Sequence[Path | str] = (),
        external: ExternalIssuer | None = None,
    ) -> None:
        packages = tuple(read_package(Path(path)) for path in load)
        self.certificates: Certificates = make_certificates(folder)
        self.socket = _listen(port)
        self.port: int = self.socket.getsockname()[1]
        self.house = House(
            origin=f"https://localhost:{self.port}",
            packages=packages,
            external=external,
            gateways=Gateways(lambda: self.certificates, self.port),
        )
        self.house.fetch = Fetcher(str(self.certificates.authority))
        app: ASGIApp = SandboxApp(self.house)
        if chaos is not None:
            app = with_chaos(app, chaos)
        self._server = uvicorn.Server(_config(app, self.certificates))

    def environment(self, tenant: str = "plain") -> dict[str, str]:
        """Environment variables for a payer file on one tenant."""
        authority = str(self.certificates.authority)
        return {
            **self.house.environment(tenant),
            "PAYERPROOF_SANDBOX_CA": authority,
            "PAYERPROOF_SANDBOX_CLIENT_CERTIFICATE": str(self.certificates.client),
        }

    def accounts(self, tenant: str = "plain") -> list[dict[str, str]]:
        """Accounts of the members that came with packages: user, name, password, totp, patient."""
        return [
            {
                "user": person.user,
                "name": person.name,
                "password": person.password,
                "totp": person.totp,
                "patient": person.patient,
            }
            for person in self.house.loaded(tenant)
        ]

    def run(self) -> None:
        """Serve until `stop` is called or the process is interrupted."""
        self._server.run(sockets=[self.socket])

    def stop(self) -> None:
        """Let `run` return soon; safe from any thread."""
        self._server.should_exit = True


def _listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1 only: the sandbox is never reachable from elsewhere."""
    # named protocol: asyncio switches Nagle off only then, and 40 ms an answer would be lost to it
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _config(app: ASGIApp, certificates: Certificates) -> uvicorn.Config:
    def context(_config: uvicorn.Config, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        return server_context(certificates)

    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=str(certificates.chain),
        ssl_keyfile=str(certificates.key),
        ssl_context_factory=context,
        timeout_graceful_shutdown=1,
    )


def serve_child(settings: dict[str, Any]) -> None:
    """Serve as the child of `Sandbox`: announce readiness as a line of JSON on stdout.

    The server ends when stdin closes, so that it never outlives its parent. A package that cannot
    be loaded is announced as ``error``, and nothing is served.
    """
    chaos = Chaos(**settings["chaos"]) if settings.get("chaos") else None
    external = ExternalIssuer(**settings["external"]) if settings.get("external") else None
    place, load = Path(settings["folder"]), settings.get("load", ())
    try:
        server = Server(settings.get("port", 0), chaos, place, load=load, external=external)
    except PackageError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return

    def watch() -> None:
        sys.stdin.read()
        server.stop()

    threading.Thread(target=watch, daemon=True).start()
    server.socket.listen()
    facts = {
        "origin": server.house.origin,
        "ca_bundle": str(server.certificates.authority),
        "environment": server.environment(),
        "accounts": server.accounts(),
    }
    print(json.dumps(facts), flush=True)
    server.run()


if __name__ == "__main__":
    serve_child(json.loads(sys.stdin.readline()))
