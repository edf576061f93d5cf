"""A representative who connects one app to two records, and ends one of the two connections."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from payerproof.browser.errors import ControlNotFound
from payerproof.browser.facts import AuthorizationOutcome, ConnectedApps
from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene
from payerproof.plugin.people import Person
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import App, Persona, Target
from payerproof.target.needs import can_log_in


@dataclass(frozen=True)
class Trip:
    """One authorization in which the representative chose somebody."""

    whom: str
    """Persona id of the one whose record was meant."""
    outcome: AuthorizationOutcome
    answer: TokenAnswer | None
    """What its code brought; None where none came."""
    before: Reply | None = None
    """The Patient of the token response, read with its token; None where there was no token."""
    after: Reply | None = None
    """The same after one of the connections was revoked."""


@dataclass(frozen=True)
class Acting:
    """What a representative was asked, and what became of the choice."""

    person: str
    app: str
    first: Trip
    second: Trip | None
    """The same app and request for somebody else; None where nobody else can be chosen."""
    listed: ConnectedApps | None
    """The representative's list of connected apps with both; None where it is not looked at."""
    revoked: ConnectedApps | None
    """The list after Revoke was pressed once for the app; None where there was no control."""
    left: tuple[Reply, ...] = ()
    """Patients read with both tokens once no entry of the app was left to be revoked."""


def acting(scene: Scene) -> Acting:
    """Let a representative connect an app for two people, and revoke it for one of them."""
    found = scene.session.cast.representative()
    assert found is not None, "needs representative: say so in @check(…, needs=('representative',))"
    person = scene.session.person(found)
    with suppress(Inconclusive):  # somebody else of the household has an app in their own list
        _let_others_connect(scene, found)
    scene.session.greet(found)
    app = fresh_app(scene, person)
    whom = _whom(found)
    first = _trip(scene, person, app, whom[0])
    second = _trip(scene, person, app, whom[1]) if len(whom) > 1 else None
    if not scene.session.target.permissions.state_changes:
        return Acting(found.id, app.id, first, second, None, None)
    portal = Portal(scene.session)
    listed, revoked = portal.connected_apps(person), None
    with suppress(ControlNotFound):
        revoked = portal.revoke(person, app)
    first, second = _looked_at_again(scene, first, second)
    if revoked is not None and second is not None:
        with suppress(ControlNotFound):  # where one press has ended both there is nothing left
            portal.revoke(person, app)
    left = _left(scene, (first, second))
    return Acting(found.id, app.id, first, second, listed, revoked, left)


def _whom(persona: Persona) -> list[str]:
    """Two whose records the persona may connect: their own first, where they have one."""
    has_own = persona.patient_id or persona.expect.claims or persona.expect.data
    return [*([persona.id] if has_own else []), *persona.represents][:2]


def _let_others_connect(scene: Scene, persona: Persona) -> None:
    others = [one for one in scene.session.cast.relatives or () if one.id != persona.id]
    if persona.household and others and others[0].household == persona.household:
        scene.session.shared_grant(others[0])


def fresh_app(scene: Scene, person: Person) -> App:
    """Hold an app that is in nobody's name on the list, so that no consent is remembered."""
    if not scene.session.target.permissions.state_changes:
        return scene.lease.hold(person)
    portal = Portal(scene.session)
    listed = {entry.name for entry in portal.connected_apps(person).apps}
    free = [app for app in scene.apps.spare if app.name not in listed]
    app = scene.lease.hold(person, *(free or scene.apps.spare), in_order=True)
    for _ in range(sum(entry == app.name for entry in listed)):
        portal.revoke(person, app)
    return app


def _trip(scene: Scene, person: Person, app: App, whom: str) -> Trip:
    request = scene.authorization.request(app)
    choose = whom if whom != person.id else ""
    outcome = scene.authorization.visit(person, request, choose=choose)
    code = outcome.parameters.get("code", "")
    if not code:
        return Trip(whom, outcome, None)
    tokens = scene.authorization.tokens(app, person)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    return Trip(whom, outcome, answer, _patient(scene, answer))


def _patient(scene: Scene, answer: TokenAnswer | None) -> Reply | None:
    if answer is None or not answer.gave_token or not answer.patient:
        return None
    return scene.client(answer.access_token).read("Patient", answer.patient)


def _left(scene: Scene, trips: Iterable[Trip | None]) -> tuple[Reply, ...]:
    """What the tokens of these trips open now."""
    found = [_patient(scene, trip.answer) for trip in trips if trip is not None]
    return tuple(reply for reply in found if reply is not None)


def _looked_at_again(scene: Scene, first: Trip, second: Trip | None) -> tuple[Trip, Trip | None]:
    """Both tokens again, as soon as one of them is refused or the time is up."""
    policy, started = scene.session.target.policy, time.monotonic()
    while True:
        replies = [_patient(scene, trip.answer) for trip in (first, second) if trip]
        over = time.monotonic() - started + policy.revocation_poll_seconds > (
            policy.revocation_wait_seconds
        )
        if over or any(reply is None or reply.status == 401 for reply in replies):
            break
        time.sleep(policy.revocation_poll_seconds)
    kept = [
        Trip(trip.whom, trip.outcome, trip.answer, trip.before, reply)
        for trip, reply in zip((first, second), replies, strict=False)
        if trip
    ]
    return kept[0], kept[1] if second else None


@dataclass(frozen=True)
class Listed:
    """The list of a member for whom one app was connected, which may not come back by itself."""

    person: str
    app: str
    app_name: str
    connected: ConnectedApps
    exchange: str
    """The exchange that brought the app's token."""


SHORT = "launch/patient openid fhirUser patient/Coverage.rs"
"""Scopes without access while the member is away."""


def listed(scene: Scene) -> Listed:
    """Connect one app for a bystander, without offline_access, and look at their list."""
    quiet = scene.session.cast.bystander(1)
    inconclusive_unless(quiet, "the checks of this run connect apps for every member there is")
    assert quiet is not None
    person = scene.session.person(quiet)
    grant = scene.lease(person, scopes=SHORT)
    connected = Portal(scene.session).connected_apps(person)
    name = scene.session.target.app(grant.app).name
    return Listed(quiet.id, grant.app, name, connected, grant.exchange)


def acting_pairs(target: Target) -> list[tuple[Persona, Persona]]:
    """Representatives with a grown-up member they act for, where both can log in."""
    return [
        (one, target.persona(other))
        for one in target.personas
        for other in one.represents
        if can_log_in(target, one)
        and can_log_in(target, target.persona(other))
        and target.persona(other).role not in ("minor", "dependent")
    ]
