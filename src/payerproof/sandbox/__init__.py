"""The payer that ships with payerproof: complete, correct, over HTTPS on loopback.

`Sandbox` runs it in a child process; `serve` runs it in this one until interrupted. Importing
this package loads neither the server nor the data.
"""

from __future__ import annotations

import json
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerproof.sandbox.issuer import ExternalIssuer

__all__ = ["Sandbox", "SandboxError", "serve"]

_START_SECONDS = 60.0


class SandboxError(Exception):
    """The sandbox could not be started or asked for something; the text says why."""


class Sandbox:
    """A sandbox in a child process, ready to answer when the constructor returns.

    `base` is the origin, ``https://localhost:PORT``; `ca_bundle` the path of the certificate
    authority to trust. `port` 0 takes a free one. `latency` in seconds delays every answer;
    `faults` is the share of requests answered by 503 or a cut connection, by `seed`. `load` are
    FHIR packages whose examples become further members, `accounts` lists them. `external` is the
    authorization server of a payer that has none of its own. Raises `SandboxError`. Stops when
    closed, left as a context manager, or when its parent dies.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        latency: float = 0.0,
        faults: float = 0.0,
        seed: int = 0,
        load: Sequence[Path | str] = (),
        external: ExternalIssuer | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="payerproof-sandbox-"))
        chaos = {"latency": latency, "faults": faults, "seed": seed}
        settings: dict[str, Any] = {"port": port, "folder": str(self._folder)}
        if latency or faults:
            settings["chaos"] = chaos
        if load:
            settings["load"] = [str(Path(path).resolve()) for path in load]
        if external is not None:
            settings["external"] = external.settings()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "payerproof.sandbox.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        facts = self._ready(settings)
        self.base: str = facts["origin"]
        self.ca_bundle = Path(facts["ca_bundle"])
        self._environment: dict[str, str] = facts["environment"]
        self.accounts: list[dict[str, str]] = facts["accounts"]
        self._context = ssl.create_default_context(cafile=str(self.ca_bundle))

    def __repr__(self) -> str:
        return f"Sandbox({self.base})"

    def _ready(self, settings: dict[str, Any]) -> dict[str, Any]:
        late = threading.Timer(_START_SECONDS, self._process.kill)
        late.start()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(settings) + "\n")  # may hold a client's secret
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        late.cancel()
        facts: dict[str, Any] = json.loads(line or "{}")
        if "error" in facts or not facts:
            self.stop()
            raise SandboxError(
                facts.get("error", "the sandbox did not start; what it wrote above says why")
            )
        return facts

    def environment(self, tenant: str = "plain") -> dict[str, str]:
        """Environment variables that ``profiles/payers/sandbox.toml`` refers to, for one tenant.

        PAYERPROOF_SANDBOX_URL (the tenant's base, without ``/fhir``), _CA, _CONTROL_TOKEN, and
        _PASSWORD_<USER>, _TOTP_<USER> where they have set one up, _SECRET_<APP>, _KEY_<APP> (a
        private JWK).
        """
        return {**self._environment, "PAYERPROOF_SANDBOX_URL": f"{self.base}/{tenant}"}

    def tenant(self, face: str = "plain", defects: Sequence[str] = (), name: str = "") -> str:
        """Make a tenant and return its base URL; raises `SandboxError` for unknown names.

        A tenant named ``face+defect+defect`` also comes into being at its first request.
        """
        body: dict[str, Any] = {"face": face, "defects": list(defects)}
        if name:
            body["name"] = name
        base: str = self._control("/control/tenants", body)["base"]
        return base

    def _control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        token = self._environment["PAYERPROOF_SANDBOX_CONTROL_TOKEN"]
        request = urllib.request.Request(  # noqa: S310 - always https to our own child
            self.base + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise SandboxError(json.load(error)["error"]) from None
        return found

    def stop(self) -> None:
        """Stop the child and remove its certificates."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serve(
    *,
    port: int = 0,
    tenant: str = "plain",
    latency: float = 0.0,
    faults: float = 0.0,
    seed: int = 0,
    load: Sequence[Path | str] = (),
    external: ExternalIssuer | None = None,
    announce: Callable[[dict[str, str], list[dict[str, str]]], None] | None = None,
) -> None:
    """Serve in this process until interrupted.

    `tenant` is ``face`` or ``face+defect…``; `announce` is called with the environment variables
    of that tenant and the accounts of loaded members once the server listens. `load` and
    `external` are as for `Sandbox`. Raises `SandboxError` for an unknown tenant or package.
    """
    from payerproof.sandbox.app import UnknownTenant
    from payerproof.sandbox.chaos import Chaos
    from payerproof.sandbox.data.load import PackageError
    from payerproof.sandbox.server import Server

    chaos = Chaos(latency, faults, seed) if latency or faults else None
    try:
        server = Server(port, chaos, load=load, external=external)
        environment = server.environment(tenant)
    except (UnknownTenant, PackageError) as unknown:
        raise SandboxError(str(unknown)) from None
    server.socket.listen()
    try:
        with _interrupted_by(server.stop):
            if announce is not None:
                announce(environment, server.accounts(tenant))
            server.run()
    finally:
        shutil.rmtree(server.certificates.folder, ignore_errors=True)


@contextmanager
def _interrupted_by(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C stop the server from the moment at which it is announced.

    Before the server listens to signals itself an interrupt could be lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
