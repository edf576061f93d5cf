"""Grants: what a member gives an app, shared for reading or leased for a check of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from payerproof.browser.facts import AuthorizationOutcome, AuthorizationVisit
from payerproof.expect.outcomes import NotTested
from payerproof.plugin.first_trip import Exchanged, LoginTrouble, Trouble, why
from payerproof.plugin.journal import Journal
from payerproof.plugin.pairs import Pairs
from payerproof.polite import Http
from payerproof.smart.configuration import SmartConfiguration
from payerproof.smart.request import AuthorizationRequest, standalone_launch
from payerproof.smart.tokens import TokenAnswer, TokenEndpoint
from payerproof.target import App, Persona, Target

_SPARE_SECONDS = 30


class Agent(Protocol):
    """Somebody who authorizes in a member's name: the browser, or the payer's control hook."""

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        """Make the trip to the authorization endpoint."""
        ...


class Memo(Protocol):
    """Memory that all workers of a run share."""

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what is remembered under a key, making it first where nobody has."""
        ...


@dataclass(frozen=True)
class Grant:
    """What came of one authorization. Its repr shows no token."""

    persona: str
    app: str
    asked: tuple[str, ...]
    scopes: tuple[str, ...]
    patient: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False, default="")
    id_token: str = field(repr=False, default="")
    nonce: str = field(repr=False, default="")
    expires_in: float | None = None
    issued: float = 0.0
    """Clock time, in seconds since the epoch."""
    exchange: str = ""
    """The exchange that brought the tokens."""
    document: Mapping[str, Any] = field(repr=False, default_factory=dict)
    """The whole token response."""
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    """Headers of the token response, names in lower case."""

    @property
    def stale(self) -> bool:
        """True where the access token is about to expire.

        A token that lives for seconds is used for most of them: a fresh one is never stale, or the
        run would ask for fresh ones without end.
        """
        lifetime = float(self.expires_in or 0)
        spare = min(_SPARE_SECONDS, lifetime / 4)
        return lifetime > 0 and time.time() > self.issued + lifetime - spare


@dataclass(frozen=True)
class Connection:
    """A shared grant with the trip on which it was given; None where the token was imported."""

    grant: Grant
    outcome: AuthorizationOutcome | None


@dataclass(frozen=True)
class Grants:
    """Obtains grants for the checks of one process."""

    target: Target
    http: Http = field(repr=False)
    agent: Agent = field(repr=False)
    memo: Memo = field(repr=False)
    journal: Journal = field(repr=False)
    pairs: Pairs = field(repr=False)
    configuration_of: Callable[[], SmartConfiguration] = field(repr=False)

    @cached_property
    def configuration(self) -> SmartConfiguration:
        """The payer's SMART configuration, fetched once per run."""
        return self.configuration_of()

    # -- requests and token endpoints ---------------------------------------------------------

    def request(self, app: App, scopes: str = "", **parameters: str) -> AuthorizationRequest:
        """Build a correct authorization request of an app, in the way this payer needs it."""
        aud: str | None = self.configuration.base
        match self.target.quirks.aud:
            case "base":
                aud = self.target.endpoints.patient_access
            case "no-trailing-slash":
                aud = self.target.endpoints.patient_access.rstrip("/")
            case "omit":
                aud = None
            case other:
                aud = other
        chosen = scopes or " ".join(self.target.quirks.scopes or ()) or app.scopes
        request = standalone_launch(
            self.configuration.endpoint("authorization_endpoint"),
            client_id=app.client_id,
            redirect_uri=app.redirect_uri,
            scope=chosen,
            aud=aud,
        )
        return request.having(**parameters) if parameters else request

    def tokens(self, app: App, persona: str = "") -> TokenEndpoint:
        """The token endpoint as an app uses it."""
        return TokenEndpoint(self.http, self.configuration, app, app.id, persona)

    def visit(
        self, persona: Persona, request: AuthorizationRequest, **how: Any
    ) -> AuthorizationOutcome:
        """Send a member's browser to the authorization endpoint with this request."""
        redactor = self.http.recorder.redactor
        redactor.learn("state", request.state)
        change = self.journal.open("grant", persona.id, self._app_id(request))
        outcome = self.agent.authorize(
            AuthorizationVisit(persona.id, request.url, request.redirect_uri, **how)
        )
        if "code" in outcome.parameters:
            redactor.learn("authorization code", outcome.parameters["code"])
            if outcome.consent_shown:
                whole = "" if how.get("leave_out") else request.get("scope")
                self.pairs.consented(persona.id, self._app_id(request), whole)
        else:
            self.journal.close(change)
        return outcome

    def _app_id(self, request: AuthorizationRequest) -> str:
        client_id = request.get("client_id")
        return next((app.id for app in self.target.apps if app.client_id == client_id), client_id)

    # -- grants -------------------------------------------------------------------------------

    def obtain(self, persona: Persona, app: App, scopes: str = "", **how: Any) -> Grant:
        """Authorize and exchange the code.

        Raises `LoginTrouble` where no code or no token comes.
        """
        return self.obtained(persona, app, scopes, **how)[0]

    def obtained(
        self, persona: Persona, app: App, scopes: str = "", **how: Any
    ) -> tuple[Grant, AuthorizationOutcome]:
        """The same, with the trip to the authorization endpoint."""
        request = self.request(app, scopes)
        if how.get("leave_out"):
            request = request.having(prompt="consent")  # a remembered consent offers no choice
        outcome = self.visit(persona, request, **how)
        if how.get("leave_out") and not outcome.consent_shown and "code" in outcome.parameters:
            raise LoginTrouble(
                f"{persona.id} was not asked, so nothing could be left out", outcome.exchanges[-3:]
            )
        return self._exchange(persona, app, request, outcome), outcome

    def _exchange(
        self,
        persona: Persona,
        app: App,
        request: AuthorizationRequest,
        outcome: AuthorizationOutcome,
    ) -> Grant:
        code = outcome.parameters.get("code", "")
        if not code:
            raise LoginTrouble(
                f"{persona.id} could not authorize {app.id}: {why(outcome)}",
                outcome.exchanges[-3:],
            )
        answer = self.tokens(app, persona.id).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
        if not answer.gave_token:
            trouble = LoginTrouble(
                f"the code that {persona.id} got for {app.id} was not exchanged for a token: "
                f"{answer.status} {answer.error}".rstrip(),
                (answer.exchange,),
            )
            trouble.exchanged = Exchanged(False, answer.status, answer.error, answer.exchange)
            raise trouble
        return grant_of(answer, persona.id, app.id, request)

    def shared(self, persona: Persona, app: App) -> Grant:
        """The one grant of a persona for an app that all checks read with; never change it."""
        generation = 0
        while True:
            grant = self._connection(persona, app, generation).grant
            self.learn(grant)
            if not grant.stale:
                return grant
            generation += 1

    def first_connection(self, persona: Persona, app: App) -> AuthorizationOutcome:
        """The trip on which the shared grant was given: its pages, consent and exchanges.

        Where the payer turned the correct request down, or its code, this is the trip that led to
        no grant. Raises `NotTested` where the token was imported, so that there was no trip, and
        `LoginTrouble` where it ended for another reason.
        """
        kept = self._kept(persona, app, 0)
        if isinstance(kept, Trouble) and not kept.refused_by_rule:
            raise LoginTrouble(kept.sentence, kept.evidence)
        return _trip(persona, kept)

    def first_try(self, persona: Persona, app: App) -> AuthorizationOutcome:
        """That trip however it ended; raises `NotTested` as `first_connection` does."""
        return _trip(persona, self._kept(persona, app, 0))

    def first_exchange(self, persona: Persona, app: App) -> Exchanged:
        """What the token endpoint made of the code of that trip; raises as `first_connection`."""
        kept = self._kept(persona, app, 0)
        if isinstance(kept, Trouble):
            if kept.exchanged is None:
                raise LoginTrouble(kept.sentence, kept.evidence)
            return kept.exchanged
        _trip(persona, kept)
        return Exchanged(True, 200, "", kept.grant.exchange)

    def _connection(self, persona: Persona, app: App, generation: int) -> Connection:
        kept = self._kept(persona, app, generation)
        if isinstance(kept, Trouble):
            raise LoginTrouble(kept.sentence, kept.evidence)
        return kept

    def _kept(self, persona: Persona, app: App, generation: int) -> Connection | Trouble:
        kept = self.memo.once(
            f"grant:{persona.id}:{app.id}:{generation}", lambda: self._connect(persona, app)
        )
        assert isinstance(kept, Connection | Trouble)
        return kept

    def _connect(self, persona: Persona, app: App) -> Connection | Trouble:
        if persona.open or persona.id in self.target.tokens:
            return Connection(self._imported(persona, app), None)
        request = self.request(app)
        outcome = self.visit(persona, request, choose=acts_for(persona))
        try:
            return Connection(self._exchange(persona, app, request, outcome), outcome)
        except LoginTrouble as trouble:
            return Trouble(trouble.sentence, trouble.evidence, outcome, trouble.exchanged)

    def _imported(self, persona: Persona, app: App) -> Grant:
        given = self.target.tokens.get(persona.id)
        token = given.reveal() if given else ""
        scopes = tuple(app.scopes.split())
        return Grant(persona.id, app.id, scopes, scopes, persona.patient_id or "", token)

    def learn(self, grant: Grant) -> None:
        """Make a grant's tokens known to this process's redactor."""
        redactor = self.http.recorder.redactor
        for kind, value in (
            ("access token", grant.access_token),
            ("refresh token", grant.refresh_token),
            ("identity token", grant.id_token),
        ):
            if value:
                redactor.learn(kind, value)

    def give_back(self, grant: Grant) -> bool:
        """Revoke a leased grant by its tokens (RFC 7009); True where the payer took it."""
        if not self.configuration.endpoint("revocation_endpoint"):
            return False
        app = self.target.app(grant.app)
        token = grant.refresh_token or grant.access_token
        taken = self.tokens(app, grant.persona).revoke(token).status == 200
        if taken:
            self.journal.settle(grant.persona, grant.app)
        return taken


def grant_of(answer: TokenAnswer, persona: str, app: str, request: AuthorizationRequest) -> Grant:
    """Read a grant off a token response."""
    expires = answer.document.get("expires_in")
    return Grant(
        persona=persona,
        app=app,
        asked=tuple(sorted(request.scopes)),
        scopes=answer.scopes,
        patient=answer.patient,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        id_token=answer.id_token,
        nonce=request.get("nonce"),
        expires_in=float(expires) if isinstance(expires, int | float) else None,
        issued=time.time(),
        exchange=answer.exchange,
        document=answer.document,
        headers={name.lower(): value for name, value in answer.answer.headers.items()},
    )


def _trip(persona: Persona, kept: Connection | Trouble) -> AuthorizationOutcome:
    if kept.outcome is None:
        raise NotTested(f"needs a login of {persona.id}; the payer file gives a token instead")
    return kept.outcome


def acts_for(persona: Persona) -> str:
    """Whose record a representative without one of their own connects; empty for anybody else."""
    own = persona.patient_id or persona.expect.claims or persona.expect.data
    return persona.represents[0] if persona.represents and not own else ""
