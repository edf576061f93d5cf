"""How the one revocation of a run is made: connect, try, revoke, try again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from payerproof.expect.given import Looks, userinfo_address
from payerproof.expect.outcomes import Inconclusive
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene, observe
from payerproof.plugin.people import Person
from payerproof.plugin.revocation import Ended, Tried, Watched
from payerproof.plugin.session import RunSession
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import App

CLAIMS = "ExplanationOfBenefit"
LOOKS_AGAIN = 4
ALONE = "without a token"
"""What is asked for like this must never open, so it is asked afterwards only."""
T = TypeVar("T")
Ask = Callable[[], Reply]


def ended_by_the_member(session: RunSession) -> Ended:
    """The run's one revocation, made by whichever check asks first.

    An app is connected three times and revoked in the portal; what ends with it, and what must not,
    is tried before and after. Raises `payerproof.expect.outcomes.Inconclusive` where the app could
    not be connected or revoked. It is made once even for second tries: these would begin from
    another list of apps, and tell nothing of a payer that ends the wrong one.
    """
    ended = observe(session, "revoked", _revoked, repeatable=False)
    for grant in (ended.newest, *ended.older):
        session.grants.learn(grant)
    return ended


def _revoked(scene: Scene) -> Ended:
    pair = scene.session.cast.pair
    stranger = scene.session.person(pair[1]) if pair else None
    return _Revoking(scene.session, scene.member, scene.lease, stranger).carried_out()


@dataclass(frozen=True)
class _Revoking(Scene):
    stranger: Person | None
    asks: dict[str, Ask] = field(default_factory=dict)

    def carried_out(self) -> Ended:
        app = self._app()
        earlier = [_perhaps(lambda: self.lease(self.member, app)) for _ in range(2)]
        older = tuple(one for one in earlier if one)
        kept = _perhaps(lambda: self._kept(app))
        others = _perhaps(lambda: self._of_the_other(app))
        grant = self.lease(self.member, app)
        request = self.authorization.request(app)
        code = _perhaps(lambda: self.authorization.code(self.member, request))
        tokens = self.tokens(app)
        refreshed = tokens.refresh(grant.refresh_token) if grant.refresh_token else None
        ended = Ended(grant, refreshed, older, kept, *self._watches(grant, refreshed))
        self._plan(ended, others)
        before = {name: ask() for name, ask in self.asks.items() if ALONE not in name}
        active = self._introspected(app, ended)
        portal = Portal(self.session)
        listed = portal.connected_apps(self.member)
        page = portal.revoke(self.member, app)
        ended = replace(ended, listed=listed, page=page, **self._watched(ended))
        after = {name: ask() for name, ask in self.asks.items()}
        inactive = self._introspected(app, ended)
        return replace(
            ended,
            fhir={name: Tried(before.get(name, now), now) for name, now in after.items()},
            introspected={name: (active[name], inactive[name]) for name in active},
            refreshes=dict(self._refreshes(app, ended)),
            code=tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
            if code
            else None,
            **self._afterwards(app, ended),
        )

    # -- who and what --------------------------------------------------------------------------

    def _app(self) -> App:
        """An app with a secret where there is one: only it may ask for introspection."""
        return self.lease.hold(self.member, *self.spare("confidential-symmetric"))

    def _kept(self, revoked: App) -> Grant | None:
        further = [app for app in self.apps.spare if app.id != revoked.id]
        if not further:
            return None
        kept = self.lease.hold(self.member, *further)
        with suppress(Inconclusive):  # where no box can be cleared, a whole grant does as well
            return self.lease(self.member, kept, leave_out=(CLAIMS,))
        return self.lease(self.member, kept)

    def _of_the_other(self, app: App) -> Grant | None:
        return self.lease(self.stranger, app) if self.stranger else None

    def _plan(self, ended: Ended, others: Grant | None) -> None:
        """Fill in every FHIR request to be made before and after."""
        own, client = self.member.patient_id, self.api.as_(ended.newest)
        record, asks = self.member.record, self.asks
        if claims := record.ids(CLAIMS):
            asks["read"] = lambda: client.read(CLAIMS, claims[0])
            asks |= self._next_link(client)
        asks["search"] = lambda: client.search("Coverage", beneficiary=own)
        asks["search by POST"] = lambda: client.search_by_post("Condition", patient=own)
        asks["compartment"] = lambda: client.get(f"Patient/{own}/Condition")
        asks["everything"] = lambda: client.get(f"Patient/{own}/$everything")
        asks["documents"] = lambda: client.get("DocumentReference/$docref", [("patient", own)])
        if userinfo := userinfo_address(self.api, self.session.configuration):
            asks["userinfo"] = lambda: client.get(userinfo)
        if address := next(_attachments(record.of("DocumentReference")), ""):
            asks["attachment"] = lambda: client.get(address)
            asks[f"attachment {ALONE}"] = lambda: self.api.anonymous().get(address)
        for number, grant in enumerate(ended.older, start=1):
            asks[f"older {number}"] = self._own_patient(grant, self.member)
        if ended.kept:
            asks["kept app"] = self._own_patient(ended.kept, self.member)
        if others and self.stranger:
            asks["other member"] = self._own_patient(others, self.stranger)
        shared = self.api.grant_of(self.member)
        asks["shared grant"] = self._own_patient(shared, self.member)

    def _own_patient(self, grant: Grant, person: Person) -> Ask:
        return lambda: self.api.as_(grant).read("Patient", person.patient_id)

    def _next_link(self, client: FhirClient) -> dict[str, Ask]:
        first = client.search(CLAIMS, [("patient", self.member.patient_id), ("_count", "2")])
        following = first.link("next")
        if not following:
            return {}
        return {
            "next link": lambda: client.get(following),
            f"next link {ALONE}": lambda: self.api.anonymous().get(following),
        }

    # -- watching ------------------------------------------------------------------------------

    def _watches(
        self, grant: Grant, refreshed: TokenAnswer | None
    ) -> tuple[Watched, Watched | None]:
        own = self.member.patient_id
        renewed = None
        if refreshed is not None and refreshed.gave_token:
            client = self.api.as_(grant).with_token(refreshed.access_token)
            renewed = Watched(client.read("Patient", own))
        return Watched(self.api.as_(grant).read("Patient", own)), renewed

    def _watched(self, ended: Ended) -> dict[str, Any]:
        """Look with both access tokens, in turns, until both are refused or the time is up."""
        policy = self.session.target.policy
        own = self.member.patient_id
        looks = {"access": Looks(self.api.as_(ended.grant), own)}
        if ended.renewed:
            looks["renewed"] = Looks(self.api.as_(ended.newest), own)
        delays: dict[str, float] = {}
        started = time.monotonic()
        while True:
            for name in [one for one in looks if one not in delays]:
                if looks[name].refused():
                    delays[name] = time.monotonic() - started
            spent = time.monotonic() - started
            if (
                len(delays) == len(looks)
                or spent + policy.revocation_poll_seconds > policy.revocation_wait_seconds
            ):
                break
            time.sleep(policy.revocation_poll_seconds)
        return {
            name: replace(getattr(ended, name), replies=tuple(look.replies), delay=delays.get(name))
            for name, look in looks.items()
        }

    # -- afterwards ----------------------------------------------------------------------------

    def _introspected(self, app: App, ended: Ended) -> dict[str, TokenAnswer]:
        if app.type == "public" or not self.session.configuration.endpoint(
            "introspection_endpoint"
        ):
            return {}
        tokens, grant = self.tokens(app), ended.newest
        named = {"access token": grant.access_token, "refresh token": grant.refresh_token}
        return {name: tokens.introspect(token) for name, token in named.items() if token}

    def _refreshes(self, app: App, ended: Ended) -> Iterator[tuple[str, TokenAnswer]]:
        """Each refresh token of the app; the newest first, for a rotated one may end its family."""
        tokens = self.tokens(app)
        current = ended.newest.refresh_token
        if current:
            yield "newest", tokens.refresh(current)
        if current and ended.grant.refresh_token != current:
            yield "rotated", tokens.refresh(ended.grant.refresh_token)
        for number, grant in enumerate(ended.older, start=1):
            if grant.refresh_token:
                yield f"older {number}", tokens.refresh(grant.refresh_token)

    def _afterwards(self, app: App, ended: Ended) -> dict[str, Any]:
        """What the app that was kept can do, and whether the revoked one comes back to life.

        An earlier grant is looked at: the newest one's rotated tokens were tried, and that alone
        may have ended it.
        """
        old = next(iter(ended.older), ended.newest)
        looks = Looks(self.api.as_(ended.grant), self.member.patient_id)
        returning = Looks(self.api.as_(old), self.member.patient_id)
        own = self.tokens(app)
        found: dict[str, Any] = {}
        if ended.kept:
            kept = self.session.target.app(ended.kept.app)
            tokens = self.authorization.tokens(kept, self.member)
            found["kept_refresh"] = tokens.refresh(ended.kept.refresh_token)
            self._connected_anew(kept)
            looks.refused()
            returning.refused()
            found["revived"] = (*looks.replies, *returning.replies)
            if old.refresh_token:
                found["refresh_of_old"] = own.refresh(old.refresh_token)
        if ended.access.delay is not None:
            found["again"] = self._again(looks)
        request = self.authorization.request(app)
        found["reconnecting"] = self.authorization.visit(self.member, request, decision="look")
        found["reconnected"] = self._connected_anew(app)
        returning.refused()
        found["after_reconnecting"] = returning.last
        if old.refresh_token:
            found["refresh_after_reconnecting"] = own.refresh(old.refresh_token)
        return found

    def _connected_anew(self, app: App) -> TokenAnswer | None:
        """What an app gets when the member is asked about it and approves; None: no code."""
        request = self.authorization.request(app, prompt="consent")
        code = _perhaps(lambda: self.authorization.code(self.member, request))
        tokens = self.tokens(app)
        return tokens.exchange(code, request.redirect_uri, request.pkce.verifier) if code else None

    def _again(self, looks: Looks) -> tuple[Reply, ...]:
        first = len(looks.replies)
        for _ in range(LOOKS_AGAIN):
            time.sleep(self.session.target.policy.revocation_poll_seconds)
            looks.refused()
        return tuple(looks.replies[first:])


def _perhaps(make: Callable[[], T | None]) -> T | None:
    """A part without which the rest can still be told."""
    try:
        return make()
    except Inconclusive:
        return None


def _attachments(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for document in documents:
        for content in document.get("content") or []:
            if url := (content.get("attachment") or {}).get("url"):
                yield str(url)
