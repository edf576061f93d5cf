"""A clinic is cut off for a moment: what its token, exports and files open meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.bulk import NDJSON
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.practice.altering import someone
from payerproof.plugin.practice.entry import entered
from payerproof.plugin.practice.exporting import exported, kicked_off
from payerproof.plugin.session import RunSession
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import Clinic

SEARCH = "a search"
FILE = "a file of an export that had ended"
RUNNING = "the status of an export that was running"
Asks = dict[str, Callable[[], Reply]]


@dataclass(frozen=True)
class CutOff:
    """What a clinic's token opened before it was cut off, meanwhile, and after it was let in again.

    `before` and `during` are by name: `SEARCH`, `FILE`, `RUNNING`.
    """

    before: Mapping[str, Reply]
    during: Mapping[str, Reply]
    after: Reply
    asked: TokenAnswer
    """What it was given when it asked for a token meanwhile."""

    def then(self, name: str) -> Reply:
        """What came of a request meanwhile, which had worked before; else inconclusive.

        Not applicable where the payer has no such thing to ask for.
        """
        not_applicable_unless(name in self.before, f"There was nothing to ask for: {name}.")
        worked = self.before[name]
        inconclusive_unless(
            worked.status in (200, 202) and self.after.ok,
            f"it did not work before, or nothing worked afterwards: {name}",
            worked.exchange,
            self.after.exchange,
        )
        return self.during[name]


def cut_off(session: RunSession) -> CutOff:
    """Take a clinic's registration back for a moment, with one export ended and one running."""
    clinic, _ = someone(session)
    what = {"client_id": clinic.partner.client_id}
    client = clinic.with_token(clinic.backend.ask().access_token)
    asks: Asks = {SEARCH: lambda: client.search("Patient", [("_count", "1")])}
    begun: list[str] = []
    asks |= _ended(session, clinic, client, begun)
    with ExitStack() as stack:
        asks |= _running(session, clinic, client, begun, stack)
        before = {name: ask() for name, ask in asks.items()}
        with changed(session, "deactivate-app", what, what, undo="activate-app"):
            asked = clinic.backend.ask()
            during = {SEARCH: _until_refused(session, asks[SEARCH])}
            during |= {name: ask() for name, ask in asks.items() if name != SEARCH}
        fresh = clinic.with_token(clinic.backend.ask().access_token)
        for status in begun:
            fresh.send("DELETE", status)
    return CutOff(before, during, fresh.search("Patient", [("_count", "1")]), asked)


def _until_refused(session: RunSession, ask: Callable[[], Reply]) -> Reply:
    """The first refusal, or what came when the run had waited long enough."""
    policy, started = session.target.policy, time.monotonic()
    reply = ask()
    while reply.ok and time.monotonic() - started < policy.revocation_wait_seconds:
        time.sleep(policy.revocation_poll_seconds)
        reply = ask()
    return reply


def _ended(
    session: RunSession, clinic: Organisation[Clinic], client: FhirClient, begun: list[str]
) -> Asks:
    """A look at a file of an export that has ended; nothing where it brought none."""
    export = exported(session, clinic, only=("none",), type="Patient")
    begun += [export.status_url] if export.status_url else []
    if not export.manifest.output:
        return {}
    url = export.manifest.output[0].url
    return {FILE: lambda: client.get(url, accept=NDJSON)}


def _running(
    session: RunSession,
    clinic: Organisation[Clinic],
    client: FhirClient,
    begun: list[str],
    stack: ExitStack,
) -> Asks:
    """A look at an export that is held back until the stack is closed, where that can be done."""
    if "exports-hold" not in session.target.controls:
        return {}
    stack.enter_context(changed(session, "exports-hold", {"held": True}, {"held": False}))
    reply = kicked_off(clinic, entered(session, clinic).group, type="Patient")
    url = reply.header("content-location")
    begun += [url] if url else []
    return {RUNNING: lambda: client.get(url, accept="application/json")} if url else {}
