"""How a member is asked: at first, for more, silently; and what declining does."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from payerproof.browser.amiss import laid_over
from payerproof.browser.errors import ControlNotFound
from payerproof.browser.facts import AuthorizationOutcome, ConnectedApps, PageFacts
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import App

T = TypeVar("T")

NARROW = "launch/patient openid fhirUser offline_access patient/Coverage.rs"
RESERVED = "!*'();:@&=+$,/?#[]% ~-._"
"""Characters that have a meaning in URLs, or are changed on the way by careless code."""


@dataclass(frozen=True)
class Asked:
    """An app that was not connected: looked at, declined, let see coverage, asking for all again.

    What needs pages is None where grants come from a hook, the lists where there is no such page.
    """

    app: str
    state: str
    """What was sent with the request that was declined."""
    declined: AuthorizationOutcome
    """The first connection, declined."""
    narrow: AuthorizationOutcome
    """The first connection for `NARROW`, approved."""
    answer: TokenAnswer | None
    """What its code brought; None where none came."""
    before: Reply | None
    """A search for coverage with its token; None where there was none."""
    declined_more: AuthorizationOutcome
    """A request for everything by the app that may see coverage, declined."""
    after: Reply | None
    """The same search as before, after that."""
    refreshed: TokenAnswer | None
    """What the refresh token brought then; None where there was none."""
    first: AuthorizationOutcome | None = None
    """The first connection, up to the consent page, which was declined by a forged form."""
    unattended: PageFacts | None = None
    """The address of that page, opened by somebody who is not logged in."""
    jumped: PageFacts | None = None
    """The same with the values of a journey of their own, which waits for their login."""
    after_first: ConnectedApps | None = None
    """The list of connected apps after the consent page was left as it was."""
    after_declining: ConnectedApps | None = None
    wider: AuthorizationOutcome | None = None
    """A request for everything by the app that may see coverage, up to the consent page."""
    silent: AuthorizationOutcome | None = None
    """The same with prompt=none."""

    def must_have(self, value: T | None, what: str) -> T:
        """A part of it, or the end of the check as inconclusive where it is missing."""
        inconclusive_unless(value is not None, f"{what} could not be tried", *self.narrow.exchanges)
        assert value is not None
        return value


def asked(scene: Scene) -> Asked:
    """Let an unconnected app ask: look, decline, approve a part, and then let it ask for more."""
    app = _unconnected(scene)
    looking, listing = bool(scene.session.settings.broker), _has_list(scene)
    visit, portal, member = scene.authorization.visit, Portal(scene.session), scene.member
    wide = scene.authorization.request(app)
    first = visit(member, wide, decision="forge") if looking else None
    waiting = first.consent.page.url if first and first.consent else ""
    unattended = portal.visit(waiting) if waiting else None
    own = laid_over(waiting, scene.authorization.entrance().url) if waiting else ""
    jumped = portal.visit(own) if own != waiting else None
    after_first = portal.connected_apps(member) if listing else None
    state = RESERVED + secrets.token_urlsafe(16)
    declined = visit(member, wide.having(prompt="consent", state=state), decision="decline")
    after_declining = portal.connected_apps(member) if listing else None
    request = scene.authorization.request(app, NARROW, prompt="consent")
    narrow = visit(member, request)
    code, tokens = narrow.parameters.get("code", ""), scene.tokens(app)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier) if code else None
    wider = visit(member, wide, decision="look") if looking else None
    silent = visit(member, wide.having(prompt="none"), decision="look") if looking else None
    before = _coverage(scene, answer)
    declined_more = visit(member, wide.having(prompt="consent"), decision="decline")
    return Asked(
        app.id,
        state,
        declined,
        narrow,
        answer,
        before,
        declined_more,
        _coverage(scene, answer),
        tokens.refresh(answer.refresh_token) if answer and answer.refresh_token else None,
        first,
        unattended,
        jumped,
        after_first,
        after_declining,
        wider,
        silent,
    )


def _coverage(scene: Scene, answer: TokenAnswer | None) -> Reply | None:
    if answer is None or not answer.gave_token:
        return None
    client = scene.client(answer.access_token)
    return client.search("Coverage", beneficiary=scene.member.patient_id)


def _has_list(scene: Scene) -> bool:
    return scene.session.undone_at_the_end and scene.session.target.permissions.state_changes


def _unconnected(scene: Scene) -> App:
    """Hold an app that the member has not connected, so that no consent is remembered.

    What an earlier check left of it is ended: nobody else uses a pair that is held. Without a page
    to look at it on, any app will have to do.
    """
    pairs, member = scene.session.pairs, scene.member
    ranked = sorted(scene.apps.spare, key=lambda app: pairs.connected(member.persona, app))
    app = scene.lease.hold(member, *ranked, in_order=True)
    if not _has_list(scene):
        return app
    portal = Portal(scene.session)
    if not pairs.connected(member.persona, app):
        listed = {entry.name for entry in portal.connected_apps(member).apps}
        if app.name not in listed:
            return app
    try:
        portal.revoke(member, app)
    except ControlNotFound:
        listed = {entry.name for entry in portal.connected_apps(member).apps}
        inconclusive_unless(app.name not in listed, f"{app.id} is connected and cannot be revoked")
    return app


@dataclass(frozen=True)
class Unattested:
    """An app whose developer did not attest: asked for, approved, and reading."""

    app: str
    outcome: AuthorizationOutcome
    answer: TokenAnswer | None
    """What its code brought; None where none came."""
    pages: Mapping[str, tuple[Reply, ...]] = field(default_factory=dict)
    """What its token found, by type."""


SAMPLE = {"ExplanationOfBenefit": "patient", "Coverage": "beneficiary", "Condition": "patient"}
"""Types that apps are compared by, with the parameter that names the member."""


def unattested(scene: Scene) -> Unattested:
    """Connect an app without attestation past whatever warning is shown, and read with it."""
    app = scene.lease.hold(scene.member, *scene.apps.attested(False))
    request = scene.authorization.request(app, prompt="consent")
    outcome = scene.authorization.visit(scene.member, request)
    code = outcome.parameters.get("code", "")
    if not code:
        return Unattested(app.id, outcome, None)
    answer = scene.tokens(app).exchange(code, request.redirect_uri, request.pkce.verifier)
    client = scene.client(answer.access_token)
    return Unattested(app.id, outcome, answer, sample(client, scene.member.patient_id))


def sample(client: FhirClient, patient: str) -> dict[str, tuple[Reply, ...]]:
    """Every page of `SAMPLE` that a client finds for a member."""
    return {
        kind: tuple(client.all_pages(kind, [(parameter, patient), ("_count", "100")]))
        for kind, parameter in SAMPLE.items()
    }


def in_spanish(scene: Scene) -> AuthorizationOutcome:
    """Look at a consent page in a browser that prefers Spanish, and press “Not you?” there.

    It is a browser of its own, so they sign in anew there: not the member of most checks, whose
    next single-use code would have to be waited for.
    """
    cast = scene.session.cast
    quiet = cast.pair[1] if cast.pair else cast.bystander(4)
    inconclusive_unless(quiet, "the browser of every member has been used already")
    assert quiet is not None
    request = scene.authorization.request(scene.apps.default, prompt="consent")
    person = scene.session.person(quiet)
    return scene.authorization.visit(person, request, decision="switch", locale="es-US")
