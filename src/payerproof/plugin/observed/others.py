"""What others do with an app's tokens: another app, and somebody who guesses its secret."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.expect.assertions import Guess
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.tokens import TokenAnswer

SYMMETRIC = "confidential-symmetric"


@dataclass(frozen=True)
class Others:
    """Tokens of an app, of one with a secret where there is one, in the hands of others.

    What the app itself can do afterwards shows that the tokens were alive all along.
    """

    grant: Grant
    guessed_refresh: TokenAnswer | None
    """A refresh with a wrong secret; None where the app has none."""
    bare_refresh: TokenAnswer | None
    """A refresh that names the app and shows no secret; None where the app has none."""
    foreign_refresh: TokenAnswer
    """A refresh by another app."""
    own_refresh: TokenAnswer
    """The app's own refresh, after those."""
    before: Reply
    """The member's own Patient with the app's newest token."""
    bare_revocation: TokenAnswer | None = None
    """A revocation of that token by somebody who does not even name the app."""
    after_bare: Reply | None = None
    guessed_revocation: TokenAnswer | None = None
    """A revocation of that token with a wrong secret."""
    after_guessing: Reply | None = None
    foreign_revocations: tuple[TokenAnswer, ...] = ()
    """Revocations of the app's tokens by another app."""
    after_foreign: Reply | None = None
    last_refresh: TokenAnswer | None = None
    """The app's own refresh at the end; None where it has no refresh token."""


def others(scene: Scene) -> Others:
    """Let others refresh and revoke an app's tokens, and the app use them in between."""
    app = scene.lease.hold(scene.member, *scene.spare(SYMMETRIC))
    guessing = app.model_copy(update={"secret": Guess()}) if app.type == SYMMETRIC else None
    impostor = scene.tokens(guessing) if guessing else None
    foreign, tokens = scene.tokens(scene.apps.default), scene.tokens(app)
    grant = scene.lease(scene.member, app)
    guessed = impostor.refresh(grant.refresh_token) if impostor else None
    public = app.model_copy(update={"type": "public"})
    bare = scene.tokens(public).refresh(grant.refresh_token) if impostor else None
    by_other = foreign.refresh(grant.refresh_token)
    own = tokens.refresh(grant.refresh_token)
    held = grant if own.gave_token else scene.lease(scene.member, app)
    access = own.access_token or held.access_token
    refresh = own.refresh_token or held.refresh_token
    before = scene.own_patient(access)
    bare_revocation = tokens.revoke(access, authenticate=False)
    after_bare = scene.own_patient(access)
    guessed_revocation = impostor.revoke(access) if impostor else None
    after_guessing = scene.own_patient(access) if impostor else None
    revocations = tuple(foreign.revoke(token) for token in (access, refresh) if token)
    return Others(
        grant,
        guessed,
        bare,
        by_other,
        own,
        before,
        bare_revocation,
        after_bare,
        guessed_revocation,
        after_guessing,
        revocations,
        scene.own_patient(access),
        tokens.refresh(refresh) if refresh else None,
    )
