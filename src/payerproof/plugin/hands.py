"""What checks hold in their hands: the API, the authorization server, leases, the portal."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from payerproof.browser.facts import AuthorizationOutcome, ConnectedApps, PageFacts, SharingPage
from payerproof.expect.outcomes import NotTested, inconclusive_unless
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.first_trip import Exchanged, LoginTrouble
from payerproof.plugin.grants import Grant
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.people import Person
from payerproof.plugin.readings import NothingFree
from payerproof.plugin.session import RunSession
from payerproof.polite import Answer
from payerproof.smart.request import AuthorizationRequest
from payerproof.smart.tokens import TokenAnswer, TokenEndpoint
from payerproof.target import App, Persona, Target


@dataclass(frozen=True)
class Api:
    """The payer's FHIR API."""

    _session: RunSession = field(repr=False)

    @property
    def base(self) -> str:
        """FHIR base URL without a trailing slash."""
        return self._session.base

    @property
    def target(self) -> Target:
        """The payer file."""
        return self._session.target

    def as_(self, who: Person | Grant | Organisation[Any]) -> FhirClient:
        """A client with a person's shared token, a grant's, or a clinic's at the API it asks."""
        if isinstance(who, Organisation):
            return who.client
        grant = who if isinstance(who, Grant) else self._session.shared_grant(who.persona)
        return self._session.client(grant)

    def anonymous(self) -> FhirClient:
        """A client without a token."""
        return self._session.anonymous()

    def once(self, who: Person | Grant | Organisation[Any] | None = None) -> FhirClient:
        """A client, without a token or somebody's, that sends each request once in a run.

        Whoever asks the same again is given the same reply; so is who asks for the record's own
        reads and searches. For what no check changes: never to wait for something, to write, or
        where the order of requests matters.
        """
        plain = self.anonymous() if who is None else self.as_(who)
        return replace(plain, memory=self._session.memo)

    def send(self, method: str, url: str, **how: Any) -> Answer:
        """Send any request anywhere at the payer, as `payerproof.polite.Http.send` does."""
        return self._session.http.send(method, url, **how)

    def still_opens(self, person: Person, *replies: Reply) -> None:
        """The positive control of a refusal: the person's token still opens their own Patient.

        A 401 may mean that the token is dead and a 5xx that the server is, so only after one of
        these a request is sent; end the check as inconclusive where it is not answered.
        """
        doubtful = [reply for reply in replies if reply.status == 401 or reply.status >= 500]
        for reply in doubtful[:1]:
            own = self.as_(person).read("Patient", person.patient_id)
            inconclusive_unless(
                own.resource_type == "Patient",
                f"{person}'s own Patient could not be read either, so a refusal says nothing",
                reply.exchange,
                own.exchange,
            )

    def grant_of(self, person: Person) -> Grant:
        """A person's shared grant; only to look at."""
        return self._session.shared_grant(person.persona)


@dataclass(frozen=True)
class Apps:
    """The apps of the payer file."""

    _session: RunSession = field(repr=False)

    @property
    def default(self) -> App:
        """The app of all shared grants."""
        return self._session.default_app

    @property
    def spare(self) -> tuple[App, ...]:
        """Apps whose grants no other check reads with."""
        return tuple(
            app
            for app in self._session.target.apps
            if app.redirect_uri and app.id != self.default.id
        )

    @property
    def least_needed(self) -> App:
        """The app that other checks need least."""
        return [app for app in self._session.target.apps if app.redirect_uri][-1]

    def of_type(self, kind: str) -> tuple[App, ...]:
        """Apps of a type, such as ``public``; the default one, whose grants are shared, last."""
        found = (app for app in self._session.target.apps if app.type == kind and app.redirect_uri)
        return tuple(sorted(found, key=lambda app: app.id == self.default.id))

    def attested(self, attested: bool) -> tuple[App, ...]:
        """Apps whose developer attested, or did not, to the payer's privacy questions."""
        return tuple(app for app in self._session.target.apps if app.attested is attested)

    def other_than(self, app: App) -> App:
        """A spare app that is not this one."""
        return next(other for other in self.spare if other.id != app.id)


@dataclass(frozen=True)
class Authorization:
    """The authorization server as the member's browser and the app see it."""

    _session: RunSession = field(repr=False)

    def request(self, app: App, scopes: str = "", **parameters: str) -> AuthorizationRequest:
        """A correct request of an app; parameters replace single values of it."""
        return self._session.grants.request(app, scopes, **parameters)

    def visit(
        self, person: Person, request: AuthorizationRequest, **how: Any
    ) -> AuthorizationOutcome:
        """Send the person's browser there; `how` as in `browser.facts.AuthorizationVisit`."""
        self._session.greet(person.persona)
        return self._session.grants.visit(person.persona, request, **how)

    def first_connection(self, person: Person) -> AuthorizationOutcome:
        """The trip on which the person's shared grant was given; it costs nothing more.

        Where the payer turned a correct request down, or its code, the trip that led to no grant.
        """
        session = self._session
        return session.grants.first_connection(person.persona, session.default_app)

    def first_try(self, person: Person) -> AuthorizationOutcome:
        """That trip however it ended, and where it led to a login that failed, too."""
        session = self._session
        return session.grants.first_try(person.persona, session.default_app)

    def first_exchange(self, person: Person) -> Exchanged:
        """What the token endpoint made of the code of that trip; inconclusive where none came."""
        session = self._session
        return session.grants.first_exchange(person.persona, session.default_app)

    def login(self, person: Person) -> AuthorizationOutcome:
        """A trip on which the person signed in: that of the shared grant, as a rule.

        Where they had a session before it, a trip to consent in a fresh browser, once per run.
        """
        first = self.first_connection(person)
        if first.logged_in:
            return first
        request = self.request(self._session.default_app, prompt="consent")
        kept = self._session.memo.once(
            f"login:{person.id}",
            lambda: self.visit(person, request, fresh=True, decision="look"),
        )
        assert isinstance(kept, AuthorizationOutcome)
        return kept

    def entrance(self) -> PageFacts:
        """The page to which a correct request leads a browser without a session, once per run."""
        request = self.request(self._session.default_app)
        page = self._session.memo.once("entrance", lambda: self._session.agent.visit(request.url))
        assert isinstance(page, PageFacts)
        return page

    def code(self, person: Person, request: AuthorizationRequest, **how: Any) -> str:
        """A fresh authorization code; inconclusive where none comes to a correct request."""
        outcome = self.visit(person, request, **how)
        code = outcome.parameters.get("code", "")
        inconclusive_unless(
            code,
            f"a correct request brought {person} no authorization code "
            f"({outcome.trouble or outcome.parameters.get('error') or 'no redirect'})",
            *outcome.exchanges[-3:],
        )
        return code

    def unissued(self, app: App) -> TokenAnswer:
        """What an app's right credentials bring with a code that nobody issued, once per run."""
        answer = self._session.memo.once(
            f"unissued:{app.id}",
            lambda: self.tokens(app).exchange("payerproof-no-code", app.redirect_uri, "v" * 43),
        )
        assert isinstance(answer, TokenAnswer)
        return answer

    def tokens(self, app: App, person: Person | None = None) -> TokenEndpoint:
        """The token, introspection and revocation endpoints as an app uses them."""
        return self._session.grants.tokens(app, person.id if person else "")


@dataclass(frozen=True)
class Lease:
    """Hands out grants that the check may change; they are taken back, at the latest by the run."""

    _session: RunSession = field(repr=False)
    _stack: ExitStack = field(repr=False)
    _held: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _read: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def __call__(
        self, person: Person, app: App | None = None, scopes: str = "", **how: Any
    ) -> Grant:
        """Authorize afresh; without `app` the first spare one that no other check holds.

        A grant of anybody but the run's first member is given back by its token when the check
        ends, so a check refreshes grants of that member only: an older token may end nothing.
        `how` as in `browser.facts.AuthorizationVisit`. Raises `LoginTrouble` (inconclusive).
        """
        return self.with_outcome(person, app, scopes, **how)[0]

    def with_outcome(
        self, person: Person, app: App | None = None, scopes: str = "", **how: Any
    ) -> tuple[Grant, AuthorizationOutcome]:
        """The same, with the trip on which the grant was given."""
        self._session.greet(person.persona)
        held = self.hold(person, app) if app else self.hold(person)
        grant, outcome = self._session.grants.obtained(person.persona, held, scopes, **how)
        if not self._session.undone_at_the_end or not self._is_the_member(person):
            self._stack.callback(self._session.grants.give_back, grant)
        return grant, outcome

    def exchange(self, person: Person, app: App) -> Exchanged:
        """Authorize an app afresh; return what the token endpoint made of its code."""
        try:
            grant = self(person, app)
        except LoginTrouble as trouble:
            if trouble.exchanged is None:
                raise
            return trouble.exchanged
        return Exchanged(bool(grant.access_token), 200, "", grant.exchange)

    def reading(self, person: Person, scopes: str = "", **how: Any) -> Grant:
        """A grant of some spare app to read with and never to change, obtained once in a run.

        `scopes` and `how` as for a grant of one's own, which this is where no app is free.
        """
        self._session.greet(person.persona)
        session, apps = self._session, self._open(person, Apps(self._session).spare)
        if session.lends_readings:
            with suppress(NothingFree):
                grant = session.readings.lend(self._stack, person.persona, apps, scopes, **how)
                self._read.add((person.id, grant.app))
                return grant
        return self(person, scopes=scopes, **how)

    def hold(self, person: Person, *apps: App, in_order: bool = False) -> App:
        """Hold the pair of a person and one of these apps till the check ends, and return the app.

        Without `apps` any spare one; `in_order` the first that is free, else the most convenient.
        Calling it again for a pair already held is fine.
        """
        pool = apps or Apps(self._session).spare
        if not pool:
            raise NotTested(
                "needs two registered apps with a redirect address: add them under [[apps]]"
            )
        if apps and (mine := next((a for a in apps if (person.id, a.id) in self._held), None)):
            return mine
        free = self._open(person, pool)
        inconclusive_unless(free, f"the payer file has no further app for {person} to authorize")
        pairs, persona = self._session.pairs, person.persona
        ranked = sorted(free, key=lambda app: not in_order and pairs.convenient(persona, app))
        app = self._stack.enter_context(pairs.exclusive(persona, ranked))
        self._held.add((person.id, app.id))
        return app

    def all_of(self, app: App) -> None:
        """Let nobody read with what anybody granted an app: it is about to end.

        For checks that run alone.
        """
        for persona in self._session.target.personas:
            self._session.pairs.unread(persona, app)

    def all_ended(self, app: App) -> None:
        """Note that whatever anybody granted an app has ended, so there is nothing to take back."""
        for persona in self._session.target.personas:
            self._session.journal.settle(persona.id, app.id)

    def _is_the_member(self, person: Person) -> bool:
        """True for the one person for whom many checks connect apps."""
        first = self._session.cast.first
        return first is not None and first.id == person.id

    def _open(self, person: Person, apps: tuple[App, ...]) -> tuple[App, ...]:
        """Those of the apps that this check does not use yet."""
        used = self._held | self._read
        return tuple(app for app in apps if (person.id, app.id) not in used)


@dataclass(frozen=True)
class Portal:
    """The member portal in the browser."""

    _session: RunSession = field(repr=False)

    def connected_apps(self, person: Person) -> ConnectedApps:
        """The connected-apps page as the person sees it."""
        return self._session.agent.connected_apps(person.id)

    def first_look(self, person: Person) -> ConnectedApps:
        """The same page as it was when a check first asked for it like this, once per run."""
        found = self._session.memo.once(f"list:{person.id}", lambda: self.connected_apps(person))
        assert isinstance(found, ConnectedApps)
        return found

    def anonymously(self) -> ConnectedApps:
        """The same address, opened by somebody who is not logged in."""
        return self._session.agent.connected_apps("", anonymous=True)

    def revoke(self, person: Person, app: App) -> ConnectedApps:
        """Press Revoke for an app, confirm, and return the page that follows."""
        page = self._session.agent.revoke(person.id, app.name)
        self._session.journal.settle(person.id, app.id)
        return page

    def choose_sharing(self, persona: Persona, whose: str, *, share: bool) -> SharingPage:
        """Decide on the page whether the data of the person so called are shared with clinics."""
        return self._session.agent.choose_sharing(persona.id, whose, share=share)

    def visit(self, url: str, person: Person | None = None, locale: str = "") -> PageFacts:
        """Open any page of the payer."""
        return self._session.agent.visit(url, persona=person.id if person else "", locale=locale)

    def log_in(
        self, persona: Persona, password: str | None = None, username: str = ""
    ) -> AuthorizationOutcome:
        """Log in afresh, perhaps with another password and even name.

        Counts against the persona's login budget.
        """
        return self._session.agent.log_in(persona.id, password=password, username=username)


def eventually(look: Callable[[], bool], *, within: float, every: float) -> float | None:
    """Look again and again until it is so; return the seconds it took, or None at the time's end.

    The only way for a check to wait.
    """
    started = time.monotonic()
    while True:
        if look():
            return time.monotonic() - started
        if time.monotonic() - started + every > within:
            return None
        time.sleep(every)
