"""Where an observation is made: a session, its member, and a lease that ends with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from payerproof.browser.errors import ControlNotFound, LoginFailed, PageUnreachable
from payerproof.expect.outcomes import Inconclusive
from payerproof.fhir.client import FhirClient, asked_anew
from payerproof.fhir.reply import Reply
from payerproof.plugin.first_trip import LoginTrouble, Trouble
from payerproof.plugin.grants import Grant
from payerproof.plugin.hands import Api, Apps, Authorization, Lease
from payerproof.plugin.people import Person
from payerproof.plugin.session import RunSession
from payerproof.smart.tokens import TokenEndpoint
from payerproof.target import App

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """What an observation works with."""

    session: RunSession
    member: Person
    lease: Lease = field(repr=False)

    @property
    def api(self) -> Api:
        """The payer's API."""
        return Api(self.session)

    @property
    def apps(self) -> Apps:
        """The apps of the payer file."""
        return Apps(self.session)

    @property
    def authorization(self) -> Authorization:
        """The authorization server."""
        return Authorization(self.session)

    def spare(self, kind: str) -> Sequence[App]:
        """Spare apps of a type, or any where there is none."""
        return [app for app in self.apps.spare if app.type == kind] or self.apps.spare

    def tokens(self, app: App | str) -> TokenEndpoint:
        """The token endpoint as an app uses it in the member's name."""
        known = self.session.target.app(app) if isinstance(app, str) else app
        return self.authorization.tokens(known, self.member)

    def client(self, token: str) -> FhirClient:
        """A client with an access token of the member's."""
        return self.api.anonymous().with_token(token)

    def own_patient(self, token: str) -> Reply:
        """The member's own Patient, read with an access token."""
        return self.client(token).read("Patient", self.member.patient_id)

    def until_refused(self, token: str) -> tuple[tuple[Reply, ...], float | None]:
        """Look until the token is answered 401: every look, and the seconds until it was."""
        policy = self.session.target.policy
        looks, started = [self.own_patient(token)], time.monotonic()
        while looks[-1].status != 401:
            if time.monotonic() - started + policy.revocation_poll_seconds > (
                policy.revocation_wait_seconds
            ):
                return tuple(looks), None
            time.sleep(policy.revocation_poll_seconds)
            looks.append(self.own_patient(token))
        return tuple(looks), time.monotonic() - started


def observe(
    session: RunSession, key: str, make: Callable[[Scene], T], *, repeatable: bool = True
) -> T:
    """What `make` brought when a check first asked for it; on second tries, the first of them.

    So a payer that answers now this way, now that way is told apart from one that is wrong. Not
    `repeatable` is what would begin from another state the second time.

    Raises `payerproof.expect.outcomes.Inconclusive` where it could not be made.
    """
    again = ":again" if repeatable and asked_anew() else ""
    found = session.memo.once(f"observed:{key}{again}", lambda: _made(session, make))
    if isinstance(found, Trouble):
        raise LoginTrouble(found.sentence, found.evidence)
    for grant in (one for one in getattr(found, "__dict__", {}).values() if isinstance(one, Grant)):
        session.grants.learn(grant)
    return found  # type: ignore[no-any-return]  # the memory hands back what `make` brought


def _made(session: RunSession, make: Callable[[Scene], T]) -> T | Trouble:
    first = session.cast.first
    assert first is not None, "needs member: say so in @check(…, needs=('member',))"
    try:
        with ExitStack() as stack:
            return make(Scene(session, session.person(first), Lease(session, stack)))
    except Inconclusive as trouble:
        return Trouble(trouble.sentence, trouble.evidence)
    except (ControlNotFound, LoginFailed, PageUnreachable) as trouble:
        return Trouble(str(trouble), ())
