"""Many wrong passwords, user names and codes, on accounts that the operator unlocks afterwards."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.plugin.hands import Portal
from payerproof.plugin.observed.scene import Scene
from payerproof.plugin.operating import changed
from payerproof.target import Persona

SLOW_SECONDS = 1.5
"""An answer to a wrong code that takes longer is taken for a delay."""


@dataclass(frozen=True)
class Guessed:
    """Logins with wrong passwords, one after another, and what came of the right one then."""

    wrong: tuple[AuthorizationOutcome, ...]
    seconds: tuple[float, ...]
    """How long each of them took."""
    right: AuthorizationOutcome
    """The right password at last."""
    unknown: tuple[AuthorizationOutcome, ...]
    """As many for a user name that nobody has, and one more."""

    @property
    def beside(self) -> bool:
        """True where a second factor is asked for beside the password: each guess costs a code, so
        there was one only."""
        return bool(self.wrong[0].second_factor)

    @property
    def opened(self) -> bool:
        """True where the right password was taken in the end."""
        kinds = {page.kind for page in self.right.pages[-1:]}
        return self.right.logged_in or bool(kinds & {"second-factor", "portal"})

    @property
    def slowed(self) -> bool:
        """True where later tries took a second longer than the quickest of the first ones."""
        return max(self.seconds[3:], default=0.0) - min(self.seconds[:3]) > 1.0


def guessed(scene: Scene) -> Guessed:
    """Guess a password until it ought to be slowed down, then give the right one."""
    session, portal = scene.session, Portal(scene.session)
    persona, other = _whom(scene, 5), _whom(scene, 6)
    count, name = session.target.policy.login_guesses, f"nobody-{secrets.token_hex(4)}"
    body = {"persona": persona.id}
    wrong: list[AuthorizationOutcome] = []
    seconds: list[float] = []
    with changed(session, "unlock", body, body):
        for _ in range(count):
            started = time.monotonic()
            wrong.append(portal.log_in(persona, secrets.token_urlsafe(9)))
            seconds.append(time.monotonic() - started)
            if wrong[0].second_factor:
                return Guessed(tuple(wrong), tuple(seconds), wrong[0], ())
        right = portal.log_in(persona, persona.password.reveal() if persona.password else "")
    unknown = [portal.log_in(other, secrets.token_urlsafe(9), name) for _ in range(count + 1)]
    return Guessed(tuple(wrong), tuple(seconds), right, tuple(unknown))


@dataclass(frozen=True)
class GuessedCodes:
    """Wrong second-factor codes, one after another, and the right one at last."""

    outcome: AuthorizationOutcome
    tries: int

    @property
    def slowed(self) -> bool:
        """True where each wrong code took so long that guessing is hopeless, or the payer slow."""
        return self.outcome.login_seconds > SLOW_SECONDS


def guessed_codes(scene: Scene) -> GuessedCodes:
    """Guess a second-factor code until it ought to be slowed down, then give the right one."""
    session, persona = scene.session, _whom(scene, 5)
    body, count = {"persona": persona.id}, session.target.policy.login_guesses
    request = scene.authorization.request(scene.apps.default, prompt="consent")
    person = session.person(persona)
    with changed(session, "unlock", body, body):
        outcome = scene.authorization.visit(
            person, request, fresh=True, decision="half", guesses=count
        )
    return GuessedCodes(outcome, count)


def _whom(scene: Scene, turn: int) -> Persona:
    found = scene.session.cast.bystander(turn)
    inconclusive_unless(found, "the payer file has nobody whose login may be locked for a moment")
    assert found is not None
    return found
