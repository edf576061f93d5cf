"""A worker's end of the broker: a `MemberAgent` and the memory that all workers share."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from typing import Any

from payerproof.browser import codec
from payerproof.browser.errors import BY_NAME, BrokerFailed, BrokerGone, LoginFailed
from payerproof.browser.facts import (
    AuthorizationOutcome,
    AuthorizationVisit,
    ConnectedApps,
    PageFacts,
    SharingPage,
)


class BrokerClient:
    """Speaks to the broker at ``address``, as `BrokerProcess.address` gives it.

    Each thread has a connection of its own, so that one may wait for what another is making.
    Every method may raise `BrokerGone`, and whatever the agent's method raises, with its type.
    """

    def __init__(self, address: str) -> None:
        path, _, key = address.rpartition("#")
        self._path = path
        self._key = bytes.fromhex(key)
        self._local = threading.local()

    def __repr__(self) -> str:
        return f"BrokerClient({self._path})"

    # -- the member's agent --------------------------------------------------------------------

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        """See `payerproof.browser.agent.MemberAgent`."""
        outcome: AuthorizationOutcome = self._call(visit.persona, "authorize", visit)
        return outcome

    def connected_apps(self, persona: str, *, anonymous: bool = False) -> ConnectedApps:
        """See `payerproof.browser.agent.MemberAgent`."""
        whose = "" if anonymous else persona
        found: ConnectedApps = self._call(whose, "connected_apps", persona, anonymous=anonymous)
        return found

    def revoke(self, persona: str, app_name: str) -> ConnectedApps:
        """See `payerproof.browser.agent.MemberAgent`."""
        found: ConnectedApps = self._call(persona, "revoke", persona, app_name)
        return found

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        """See `payerproof.browser.agent.MemberAgent`."""
        revoked: tuple[str, ...] = self._call(persona, "revoke_all", persona, tuple(app_names))
        return revoked

    def choose_sharing(self, persona: str, whose: str, *, share: bool) -> SharingPage:
        """See `payerproof.browser.agent.MemberAgent`."""
        page: SharingPage = self._call(persona, "choose_sharing", persona, whose, share=share)
        return page

    def visit(self, url: str, *, persona: str = "", locale: str = "") -> PageFacts:
        """See `payerproof.browser.agent.MemberAgent`."""
        facts: PageFacts = self._call(persona, "visit", url, persona=persona, locale=locale)
        return facts

    def log_in(
        self, persona: str, *, password: str | None = None, username: str = ""
    ) -> AuthorizationOutcome:
        """See `payerproof.browser.agent.MemberAgent`."""
        outcome: AuthorizationOutcome = self._call(
            persona, "log_in", persona, password=password, username=username
        )
        return outcome

    def browser_version(self) -> str:
        """Name and version of the browser, for the run's header; launches it if need be."""
        version: str = self._call("", "browser_version")
        return version

    # -- shared memory -------------------------------------------------------------------------

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """The value of ``key``: made by the first of all workers who asks, while the others wait.

        Where ``make`` raises, the exception goes to this caller and the next who waits makes it.
        Values travel as JSON (`payerproof.browser.codec`).
        """
        found = self._send({"do": "once", "key": key})
        if not found["make"]:
            return codec.loads(found["value"])
        try:
            value = make()
            packed = codec.dumps(value)
        except BaseException:
            self._send({"do": "once-failed", "key": key})
            raise
        self._send({"do": "once-made", "key": key, "value": packed})
        # What others will get is what this caller gets.
        return codec.loads(packed)

    def forget(self, key: str) -> None:
        """Drop a value, so that the next who asks makes it anew."""
        self._send({"do": "forget", "key": key})

    def stop(self) -> None:
        """Tell the broker to end."""
        with contextlib.suppress(BrokerGone):
            self._send({"do": "stop"})

    def close(self) -> None:
        """Close this thread's connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    # -- the wire ------------------------------------------------------------------------------

    def _call(self, whose: str, name: str, *args: Any, **kwargs: Any) -> Any:
        """Have the agent do it in the browser that holds the session of ``whose``, a persona."""
        told = {"do": "call", "whose": whose, "name": name, "args": args, "kwargs": kwargs}
        answer = self._send(told)
        return answer["value"]

    def _send(self, message: dict[str, Any]) -> dict[str, Any]:
        connection = self._connection()
        try:
            connection.send_bytes(codec.dumps(message))
            answer: dict[str, Any] = codec.loads(connection.recv_bytes())
        except (EOFError, OSError):
            self.close()
            raise BrokerGone("the broker, which owns the browser, has ended") from None
        if "error" in answer:
            raise _error(answer["error"])
        return answer

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = Client(self._path, "AF_UNIX")
                answer_challenge(connection, self._key)
                deliver_challenge(connection, self._key)
            except (OSError, EOFError, AuthenticationError) as error:
                raise BrokerGone(
                    f"no broker answers ({type(error).__name__}); it has ended or never started"
                ) from None
            self._local.connection = connection
        return connection


def _error(described: dict[str, str]) -> Exception:
    kind = BY_NAME.get(described["type"], BrokerFailed)
    if kind is LoginFailed:
        return LoginFailed(described["text"], described.get("trouble", ""))
    return kind(described["text"])
