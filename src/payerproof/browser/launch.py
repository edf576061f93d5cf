"""Launches the browser for one payer: quiet, and with certificates verified.

Where the payer file names a CA bundle or a client certificate the browser goes through
`VerifyingRelay`; a proxy alone is the browser's own setting. Registered redirect addresses resolve
to nothing in this browser, so that a request that escaped interception could not reach an app.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

from playwright.sync_api import Browser as Running
from playwright.sync_api import Error, Playwright, ProxySettings, sync_playwright

from payerproof.browser.engine import Browser, find_browser
from payerproof.browser.errors import BrowserMissing
from payerproof.browser.relay import VerifyingRelay
from payerproof.target import Target

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LAUNCH_MS = 60_000


@dataclass
class Engine:
    """A running browser with what it needs around it. Use as a context manager, in one thread."""

    target: Target
    headed: bool = False
    browser: Browser | None = None
    """Found by `find_browser` where None."""
    running: Running | None = field(default=None, init=False)
    relay: VerifyingRelay | None = field(default=None, init=False)
    notes: list[str] = field(default_factory=list, init=False)
    """What a reader of the report must know about how the browser was started."""
    _playwright: Playwright | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Running:
        """Launch; raises `BrowserMissing` where no browser starts."""
        self.browser = self.browser or find_browser(headed=self.headed)
        tls = self.target.tls
        if tls.ca_bundle or tls.client_certificate:
            self.relay = VerifyingRelay(
                ca_bundle=_path(tls.ca_bundle),
                client_certificate=_path(tls.client_certificate),
                client_key=_path(tls.client_key),
                client_hosts=payer_hosts(self.target),
                upstream=tls.proxy,
                closed_to=redirect_hosts(self.target),
            )
            self.relay.start()
        self._playwright = sync_playwright().start()
        try:
            self.running = self._launch(sandbox=not _is_root())
        except Error as error:
            self.stop()
            raise BrowserMissing(
                f"{self.browser.how} ({self.browser.version or 'unknown version'}) did not start: "
                f"{str(error).splitlines()[0]}"
            ) from None
        return self.running

    def _launch(self, *, sandbox: bool) -> Running:
        assert self._playwright is not None
        assert self.browser is not None
        try:
            return self._playwright.chromium.launch(
                executable_path=self.browser.executable,
                channel=self.browser.channel,
                headless=not self.headed,
                args=self.arguments(),
                proxy=self._proxy(),
                chromium_sandbox=sandbox,
                timeout=_LAUNCH_MS,
            )
        except Error as error:
            # Containers and recent Ubuntu forbid the name spaces that the sandbox is made of.
            if sandbox and "sandbox" in str(error).lower():
                self.notes.append("The browser ran without its own sandbox: the system forbids it.")
                return self._launch(sandbox=False)
            raise

    def arguments(self) -> list[str]:
        """Command-line switches of this launch."""
        arguments = list(QUIET)
        if self.relay is not None:
            arguments.append(f"--ignore-certificate-errors-spki-list={self.relay.spki}")
        elsewhere = redirect_hosts(self.target)
        if elsewhere:
            rules = ", ".join(f"MAP {host} ~NOTFOUND" for host in elsewhere)
            arguments.append(f"--host-resolver-rules={rules}")
        return arguments

    def _proxy(self) -> ProxySettings | None:
        if self.relay is not None:
            return {"server": self.relay.url}
        if not self.target.tls.proxy:
            return None
        parts = urlsplit(self.target.tls.proxy)
        settings: ProxySettings = {
            "server": f"{parts.scheme}://{parts.hostname}:{parts.port or 8080}"
        }
        if parts.username:
            settings["username"] = parts.username
            settings["password"] = parts.password or ""
        return settings

    def stop(self) -> None:
        """Close the browser, the driver and the relay, in this order; never raises."""
        running, self.running = self.running, None
        driver, self._playwright = self._playwright, None
        relay, self.relay = self.relay, None
        try:
            if running is not None:
                running.close()
        except Error:
            pass  # it is gone already
        finally:
            if driver is not None:
                driver.stop()
            if relay is not None:
                relay.stop()


def payer_hosts(target: Target) -> frozenset[str]:
    """Hosts that the payer file itself names: endpoints, pages and hooks."""
    addresses = [
        *target.endpoints.model_dump().values(),
        *target.pages.model_dump().values(),
        *(control.url for control in target.controls.values()),
    ]
    return frozenset(_hosts(address for address in addresses if address))


def redirect_hosts(target: Target) -> tuple[str, ...]:
    """Hosts of registered redirect addresses that are neither the payer's nor this machine."""
    own = payer_hosts(target)
    hosts = _hosts(app.redirect_uri for app in target.apps if app.redirect_uri)
    return tuple(sorted({host for host in hosts if host not in own and host not in _LOOPBACK}))


def _hosts(addresses: Iterable[str]) -> list[str]:
    parts = [urlsplit(address) for address in addresses]
    return [part.hostname for part in parts if part.scheme in ("http", "https") and part.hostname]


def _path(value: object) -> str | None:
    return str(value) if value else None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
