"""Logins that lead nowhere: no second factor, wrong passwords, unknown names, no record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene

SIGNIFICANT = 8
"""Letters of a password beyond which careless code has stopped to look (`crypt` of old)."""


def half_signed_in(scene: Scene) -> AuthorizationOutcome:
    """Give the right password in a fresh browser, and go on without the second factor."""
    session, member = scene.session, scene.member
    first = scene.authorization.first_connection(member)
    pages = [first.consent.page.url] if first.consent else []
    management = str(session.target.pages.app_management or "")
    then = (*pages, *([management] if management else []))
    request = scene.authorization.request(scene.apps.default, prompt="consent")
    return scene.authorization.visit(member, request, fresh=True, decision="half", then=then)


def without_record(scene: Scene) -> AuthorizationOutcome:
    """Let somebody connect an app whose portal account has no member's record behind it."""
    users = [one for one in scene.session.target.personas if one.role == "portal-user"]
    inconclusive_unless(users, "the payer file has no persona of the role portal-user")
    person = scene.session.person(users[0])
    return scene.authorization.visit(person, scene.authorization.request(scene.apps.default))


@dataclass(frozen=True)
class Failed:
    """Logins at the portal that ought to fail, each in a fresh browser."""

    person: str
    """Whose account it was tried on."""
    truncated: AuthorizationOutcome | None
    """With the first letters of the right password and others after them; None where it has no
    more than these."""
    other_case: AuthorizationOutcome | None
    """With small letters for capitals and the other way round; None where it has none."""
    unknown: AuthorizationOutcome
    """With a user name that nobody has."""
    unknown_name: str


def failed(scene: Scene) -> Failed:
    """Try two wrong passwords for an account, and one for an account that there is not."""
    pair = scene.session.cast.pair
    persona = pair[1] if pair else scene.member.persona
    portal, right = Portal(scene.session), persona.password.reveal() if persona.password else ""
    long, cased = len(right) > SIGNIFICANT, right.swapcase() != right
    random, name = secrets.token_urlsafe(9), f"nobody-{secrets.token_hex(4)}"
    truncated = portal.log_in(persona, right[:SIGNIFICANT] + random) if long else None
    other_case = portal.log_in(persona, right.swapcase()) if cased else None
    unknown = portal.log_in(persona, random, name)
    return Failed(persona.id, truncated, other_case, unknown, name)
