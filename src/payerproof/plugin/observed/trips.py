"""Trips whose code is used in more than one way, or judged by more than one check."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect import assertions
from payerproof.expect.doorstep import issued
from payerproof.fhir.reply import Reply
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.client import client_assertion
from payerproof.smart.tokens import TokenAnswer

ASYMMETRIC = "confidential-asymmetric"


@dataclass(frozen=True)
class Alone:
    """A request for some scopes and no others, approved."""

    outcome: AuthorizationOutcome
    answers: tuple[TokenAnswer, ...]
    """What its code brought; empty where none came."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What was granted."""
        return tuple(name for answer in self.answers for name in answer.scopes)


def alone(scene: Scene, scopes: str) -> Alone:
    """Ask for these scopes, approve, and exchange the code."""
    app = scene.lease.hold(scene.member)
    request = scene.authorization.request(app, scopes)
    outcome = scene.authorization.visit(scene.member, request)
    tokens = scene.tokens(app)
    answers = tuple(
        tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
        for code in issued(outcome)
    )
    return Alone(outcome, answers)


@dataclass(frozen=True)
class Replayed:
    """A code that was exchanged, and then presented again."""

    first: TokenAnswer
    before: Reply
    """The member's own Patient with the token it brought."""
    second: TokenAnswer
    looks: tuple[Reply, ...]
    """The member's own Patient after the replay, until the token was refused."""
    delay: float | None
    """Seconds until it was refused; None where it was not while the run waited."""


def replayed(scene: Scene) -> Replayed:
    """Exchange a code twice, and look what becomes of the first token."""
    app = scene.lease.hold(scene.member)
    request = scene.authorization.request(app)
    code = scene.authorization.code(scene.member, request)
    tokens = scene.tokens(app)
    first = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    before = scene.own_patient(first.access_token)
    second = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    return Replayed(first, before, second, *scene.until_refused(first.access_token))


@dataclass(frozen=True)
class Asserted:
    """An app that proves who it is by signed assertions."""

    exchange: TokenAnswer
    """What a code brought with a right assertion."""
    once: TokenAnswer | None = None
    """A refresh with another; None where there was no refresh token."""
    twice: TokenAnswer | None = None
    """The next refresh with the same assertion."""


def asserted(scene: Scene) -> Asserted:
    """Exchange a code by an assertion, and refresh twice by one and the same."""
    app = scene.lease.hold(scene.member, *scene.apps.of_type(ASYMMETRIC))
    request = scene.authorization.request(app)
    code = scene.authorization.code(scene.member, request)
    tokens = scene.tokens(app)
    exchange = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    if not exchange.refresh_token:
        return Asserted(exchange)
    endpoint = scene.session.configuration.endpoint("token_endpoint")
    same = assertions.fields_of(client_assertion(app, endpoint))
    once = tokens.post(_refresh(exchange.refresh_token) + same, authenticate=False)
    newest = once.refresh_token or exchange.refresh_token
    return Asserted(exchange, once, tokens.post(_refresh(newest) + same, authenticate=False))


def _refresh(token: str) -> assertions.Fields:
    return [("grant_type", "refresh_token"), ("refresh_token", token)]
