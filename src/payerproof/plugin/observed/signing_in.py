"""Logins that lead nowhere: no second factor, wrong passwords, unknown names, no record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.claims import CLAIMS
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.tokens import TokenAnswer

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


def at_the_portal(scene: Scene) -> AuthorizationOutcome:
    """Sign in at the portal itself, with the credentials that did not lead on from an app.

    Once in a run, as a password that was refused is not typed again without need.
    """
    own = scene.member.persona
    return Portal(scene.session).log_in(own, own.password.reveal() if own.password else None)


@dataclass(frozen=True)
class Recordless:
    """Somebody with a portal account and no member's record, who connected an app."""

    person: str
    """Whose account it was."""
    outcome: AuthorizationOutcome
    answer: TokenAnswer | None
    """What the code brought; None where none came."""
    seen: tuple[Reply, ...]
    """A member's Patient and claims, and claims of nobody in particular, asked for by the token."""

    @property
    def got_in(self) -> bool:
        """True where the login went far enough to tell that there is no record."""
        seen = self.outcome
        return (
            seen.logged_in or seen.redirected or seen.trouble in ("no-linked-record", "ineligible")
        )


def without_record(scene: Scene) -> Recordless:
    """Let somebody connect an app whose portal account has no member's record behind it."""
    users = [one for one in scene.session.target.personas if one.role == "portal-user"]
    inconclusive_unless(users, "the payer file has no persona of the role portal-user")
    person, app = scene.session.person(users[0]), scene.apps.default
    request = scene.authorization.request(app)
    outcome = scene.authorization.visit(person, request)
    code = outcome.parameters.get("code", "")
    if not code:
        return Recordless(person.id, outcome, None, ())
    tokens = scene.authorization.tokens(app, person)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    if not answer.gave_token:
        return Recordless(person.id, outcome, answer, ())
    client = scene.client(answer.access_token)
    seen = (
        client.read("Patient", scene.member.patient_id),
        client.search(CLAIMS, patient=scene.member.patient_id),
        client.search(CLAIMS, [("_count", "20")]),
    )
    if scene.session.configuration.document.get("revocation_endpoint"):
        tokens.revoke(answer.refresh_token or answer.access_token)
    return Recordless(person.id, outcome, answer, seen)


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
    names: tuple[str, str]
    """The user names as typed: of the account, and the one that nobody has."""


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
    return Failed(persona.id, truncated, other_case, unknown, (persona.username, name))
