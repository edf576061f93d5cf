"""Wrong credentials at the token endpoint, told apart from right ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payerproof.expect import assertions
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.client import RegisteredApp
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import App

Send = Callable[[assertions.Fields], TokenAnswer]
"""Posts a form with some credentials."""


@dataclass(frozen=True)
class Presented:
    """What wrong credentials brought, and the right ones with the same form.

    The form has a code that nobody issued. Where the payer looks at the code first, and so answers
    both alike, it has a real one.
    """

    wrong: TokenAnswer
    right: TokenAnswer

    def must_tell(self) -> None:
        """End the check as inconclusive where the right credentials got no further either."""
        inconclusive_unless(
            self.told_apart or self.wrong.gave_token or self.right.gave_token,
            "nor do right credentials work",
            self.right.exchange,
        )

    @property
    def told_apart(self) -> bool:
        """True where it is the credentials that are refused, and with the right ones the code."""
        return self.wrong.error == "invalid_client" and self.right.error == "invalid_grant"


def asserting(scene: Scene, make: Callable[[RegisteredApp, str], str]) -> Presented:
    """An app with a registered key whose assertion for the token endpoint `make` makes."""
    app = scene.lease.hold(scene.member, *scene.apps.of_type("confidential-asymmetric"))
    tokens = scene.tokens(app)
    endpoint = scene.session.configuration.endpoint("token_endpoint")

    def send(form: assertions.Fields) -> TokenAnswer:
        return tokens.post(form + assertions.fields_of(make(app, endpoint)), authenticate=False)

    return _presented(scene, app, send)


def posing(scene: Scene, kind: str, as_: Callable[[App], App]) -> Presented:
    """Somebody who comes in the name of an app of this type with the credentials of `as_`."""
    app = scene.lease.hold(scene.member, *_best(scene, kind))
    return _presented(scene, app, scene.tokens(as_(app)).post)


def _best(scene: Scene, kind: str) -> Sequence[App]:
    """Apps of a type, without the one whose grants are shared where there is another."""
    found = scene.apps.of_type(kind)
    return [one for one in found if one != scene.apps.default] or found


def _presented(scene: Scene, app: App, send: Send) -> Presented:
    refused = send(_form("payerproof-no-code", app.redirect_uri, "v" * 43))
    found = Presented(refused, scene.authorization.unissued(app))
    if found.told_apart:
        return found
    request = scene.authorization.request(app)
    code = scene.authorization.code(scene.member, request)
    form = _form(code, request.redirect_uri, request.pkce.verifier)
    return Presented(send(form), scene.tokens(app).post(form))


def _form(code: str, redirect_uri: str, verifier: str) -> assertions.Fields:
    return [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ]
