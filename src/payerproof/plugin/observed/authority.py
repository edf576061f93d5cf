"""A representative whose authority the payer ends, and what goes on without it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from payerproof.browser.errors import NeedsBrowser
from payerproof.browser.facts import (
    AuthorizationOutcome,
    PageFacts,
    PickerFacts,
    SharingPage,
)
from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.acting import acting_pairs
from payerproof.plugin.observed.scene import Scene
from payerproof.plugin.operating import Operator
from payerproof.plugin.people import Person
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import App, Persona, Target

CLAIMS = "ExplanationOfBenefit"


@dataclass(frozen=True)
class EndedAuthority:
    """What was tried with a representative's grant, before the authority ended and after."""

    acting: str
    member: str
    """Persona ids."""
    label: str = field(repr=False)
    """How the payer shows the member to the representative."""
    grant: Grant
    """Given by the representative for the member while the authority held."""
    before: Reply
    after: Reply
    """The member's Patient with its token; after, the last time it was looked at."""
    delay: float | None
    """Seconds until it was refused; None where it was not while the run waited."""
    page_before: Reply
    page_after: Reply | None
    """A next link of the member's claims, with the same token; None where there is none."""
    refreshed: TokenAnswer | None
    """The refresh token afterwards; None where there was none."""
    opened_by_refresh: Reply | None
    """The member's Patient with what the refresh brought."""
    again: AuthorizationOutcome
    """The trip on which the representative tried to connect an app for the member afterwards."""
    brought: TokenAnswer | None
    """What its code brought; None where none came."""
    bystanders: Mapping[str, tuple[Reply, Reply]] = field(default_factory=dict)
    """Grants that the end does not concern, by whose: their Patient before and after."""
    offered: PageFacts | None = None
    """The representative's page about sharing with clinics while the authority held; None without
    a browser or such a page."""
    decided: SharingPage | None = None
    """What came of deciding there for the member afterwards."""

    @property
    def picker(self) -> PickerFacts:
        """Whom the payer offered afterwards; ends the check where nobody was offered."""
        inconclusive_unless(
            self.again.picker, "nobody was asked whose record is meant", *self.again.exchanges[-2:]
        )
        assert self.again.picker is not None
        return self.again.picker

    def must_have_opened(self) -> None:
        """End the check as inconclusive where the grant opened nothing to begin with."""
        inconclusive_unless(
            self.before.resource_type == "Patient",
            f"{self.acting}'s token did not open {self.member}'s Patient to begin with",
            self.before.exchange,
        )


def ended(scene: Scene) -> EndedAuthority:
    """Connect an app for a member, have the authority ended, and try everything again."""
    found = _busiest_first(scene.session.target)
    inconclusive_unless(found, "no representative acts for a grown-up member who can log in")
    acting, member = (scene.session.person(one) for one in found[0])
    app = scene.lease.hold(acting)
    grant = scene.lease(acting, app, choose=member.id)
    others = _others(scene, acting, member)
    before = scene.api.as_(grant).read("Patient", grant.patient)
    page = scene.api.as_(grant).search(CLAIMS, [("patient", grant.patient), ("_count", "1")])
    told = {"persona": acting.id, "member": member.id}
    offered = _sharing_page(scene, acting)
    operator = Operator(scene.session)
    with operator.changed("representation", {**told, "holds": False}, {**told, "holds": True}):
        after, delay = _until_refused(scene, grant)
        link = page.link("next")
        turned = scene.api.as_(grant).get(link) if link else None
        answer = scene.tokens(app).refresh(grant.refresh_token) if grant.refresh_token else None
        opened = (
            scene.client(answer.access_token).read("Patient", grant.patient)
            if answer and answer.gave_token
            else None
        )
        later = {whose: _own(scene, one) for whose, one in others.items()}
        again, brought = _tries_again(scene, acting, member, app)
        decided = _decides(scene, acting, member) if offered else None
    both = {whose: (reply, later[whose]) for whose, reply in _firsts(others).items()}
    return EndedAuthority(
        acting.id, member.id, member.persona.label, grant, before, after, delay, page, turned,
        answer, opened, again, brought, both, offered, decided,
    )  # fmt: skip


def _busiest_first(target: Target) -> list[tuple[Persona, Persona]]:
    """Representatives who act for two before others."""
    return sorted(acting_pairs(target), key=lambda pair: len(pair[0].represents) < 2)


def quiet_pair(target: Target, first: Persona | None) -> tuple[Persona, Persona] | None:
    """A representative and a member for whom no other check connects and revokes apps.

    Where a member ends an app, what a representative connected to it for them ends as well.
    """
    found = _busiest_first(target)
    ranked = sorted(
        found,
        key=lambda pair: (first is not None and pair[1].id == first.id, pair[1].expect.protected),
    )
    return next(iter(ranked), None)


def _others(scene: Scene, acting: Person, member: Person) -> dict[str, tuple[Grant, Reply]]:
    """Grants that live on: the member's own, and the representative's for somebody else."""
    grants = {member.id: scene.session.shared_grant(member.persona)}
    for other in acting.persona.represents:
        if other != member.id:
            with suppress(Inconclusive):
                grants[other] = scene.lease(acting, choose=other)
            break
    return {whose: (one, _own(scene, (one, None))) for whose, one in grants.items()}


def _firsts(others: Mapping[str, tuple[Grant, Reply]]) -> dict[str, Reply]:
    return {whose: reply for whose, (_, reply) in others.items()}


def _own(scene: Scene, one: tuple[Grant, Reply | None]) -> Reply:
    grant = one[0]
    return scene.api.as_(grant).read("Patient", grant.patient)


def _until_refused(scene: Scene, grant: Grant) -> tuple[Reply, float | None]:
    policy, started = scene.session.target.policy, time.monotonic()
    while True:
        reply = scene.api.as_(grant).read("Patient", grant.patient)
        if not reply.resources and reply.status < 500:
            return reply, time.monotonic() - started
        if time.monotonic() - started + policy.revocation_poll_seconds > (
            policy.revocation_wait_seconds
        ):
            return reply, None
        time.sleep(policy.revocation_poll_seconds)


def _tries_again(
    scene: Scene, acting: Person, member: Person, app: App
) -> tuple[AuthorizationOutcome, TokenAnswer | None]:
    request = scene.authorization.request(app, prompt="consent")
    outcome = scene.authorization.visit(acting, request, choose=member.id)
    code = outcome.parameters.get("code", "")
    if not code:
        return outcome, None
    tokens = scene.authorization.tokens(app, acting)
    return outcome, tokens.exchange(code, request.redirect_uri, request.pkce.verifier)


def _sharing_page(scene: Scene, acting: Person) -> PageFacts | None:
    address = scene.session.target.pages.provider_access
    if not scene.session.settings.broker or not address:
        return None
    with suppress(NeedsBrowser):
        return Portal(scene.session).visit(address, acting)
    return None


def _decides(scene: Scene, acting: Person, member: Person) -> SharingPage:
    """Let the former representative opt the member out, and put it back where that worked."""
    label = member.persona.label
    page = Portal(scene.session).choose_sharing(acting.persona, label, share=False)
    if page.pressed and "opt-in" in scene.session.target.controls:
        Operator(scene.session).call("opt-in", persona=member.id, opted_out=False)
    return page
