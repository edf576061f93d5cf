"""An app that a representative connected to a member's record, and the member ended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from payerproof.browser.errors import ControlNotFound
from payerproof.browser.facts import ConnectedApps
from payerproof.expect.given import Looks
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.hands import Portal, eventually
from payerproof.plugin.observed.acting import acting_pairs, fresh_app
from payerproof.plugin.observed.scene import Scene
from payerproof.target import Persona, Target


@dataclass(frozen=True)
class Represented:
    """A grant that a representative gave for a member, and the member's own list."""

    acting: str
    member: str
    """Persona ids."""
    grant: Grant
    before: Reply
    """The member's Patient with the grant's token."""
    after: Reply
    """The same after the revocation, the last time it was looked at."""
    listed: ConnectedApps
    """The member's list before."""
    pressed: bool
    """False where the member's list has no control to revoke the app."""
    delay: float | None
    """Seconds until the token was refused; None where it was not while the run waited."""


def represented(scene: Scene) -> Represented:
    """Let a representative connect an app, and the member look at it and revoke it."""
    pairs = _least_related_first(scene.session.target)
    inconclusive_unless(pairs, "no representative acts for a grown-up member who can log in")
    acting, member = (scene.session.person(one) for one in pairs[0])
    app = fresh_app(scene, member)
    grant = scene.lease(acting, app, choose=member.id)
    looks = Looks(scene.api.as_(grant), grant.patient)
    looks.must_open()
    portal, policy = Portal(scene.session), scene.session.target.policy
    listed, pressed = portal.connected_apps(member), False
    with suppress(ControlNotFound):
        portal.revoke(member, app)
        pressed = True
    waits = policy.revocation_wait_seconds if pressed else 0
    delay = eventually(looks.refused, within=waits, every=policy.revocation_poll_seconds)
    return Represented(
        acting.id, member.id, grant, looks.replies[0], looks.last, listed, pressed, delay
    )


def _least_related_first(target: Target) -> list[tuple[Persona, Persona]]:
    """Representatives who are nothing else to the payer before others."""
    return sorted(acting_pairs(target), key=lambda pair: pair[0].role != "representative")
