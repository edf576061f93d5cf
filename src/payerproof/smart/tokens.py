"""The token, introspection and revocation endpoints (RFC 6749, RFC 7662, RFC 7009)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from payerproof.polite import Answer, Http, NotJson
from payerproof.smart.client import Form, RegisteredApp, authentication
from payerproof.smart.configuration import SmartConfiguration

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint said; shows no token in its repr."""

    answer: Answer
    document: dict[str, Any] = field(repr=False)
    """The JSON object of the body; empty where it was none."""

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.answer.status

    @property
    def exchange(self) -> str:
        """The exchange that brought it."""
        return self.answer.exchange

    @property
    def gave_token(self) -> bool:
        """True where an access token came."""
        return bool(self.access_token)

    @property
    def access_token(self) -> str:
        """The access token, or an empty string."""
        return self._text("access_token")

    @property
    def refresh_token(self) -> str:
        """The refresh token, or an empty string."""
        return self._text("refresh_token")

    @property
    def id_token(self) -> str:
        """The identity token, or an empty string."""
        return self._text("id_token")

    @property
    def patient(self) -> str:
        """The bare id of the Patient in context; a prefix is taken off (Q-TOK-03)."""
        return self._text("patient").rstrip("/").rpartition("/")[2]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes granted, as the answer says."""
        return tuple(self._text("scope").split())

    @property
    def error(self) -> str:
        """The OAuth error code, or an empty string."""
        return self._text("error")

    def _text(self, name: str) -> str:
        value = self.document.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """The token endpoint as one app uses it."""

    http: Http
    configuration: SmartConfiguration
    app: RegisteredApp
    app_id: str
    persona: str = ""

    def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, *, extra: Pairs = ()
    ) -> TokenAnswer:
        """Exchange an authorization code; `verifier` None leaves it out."""
        fields: Form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ]
        if verifier is not None:
            fields.append(("code_verifier", verifier))
        return self.post([*fields, *extra])

    def refresh(self, refresh_token: str, *, scope: str | None = None) -> TokenAnswer:
        """Use a refresh token, perhaps asking for other scopes."""
        fields: Form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)]
        if scope is not None:
            fields.append(("scope", scope))
        return self.post(fields)

    def post(self, fields: Pairs, *, method: str = "", authenticate: bool = True) -> TokenAnswer:
        """Post any form; `method` as in `client.authentication`."""
        form, headers = self._credentials(method) if authenticate else ([], {})
        return self.read(
            self.http.send(
                "POST",
                self.configuration.endpoint("token_endpoint"),
                headers={"Accept": "application/json", **headers},
                form=[*fields, *form],
                persona=self.persona,
                app=self.app_id,
            )
        )

    def introspect(self, token: str, *, authenticate: bool = True) -> TokenAnswer:
        """Ask whether a token is active (RFC 7662)."""
        return self._send("introspection_endpoint", [("token", token)], authenticate=authenticate)

    def revoke(self, token: str, hint: str = "", *, authenticate: bool = True) -> TokenAnswer:
        """Revoke a token (RFC 7009)."""
        fields = [("token", token), *([("token_type_hint", hint)] if hint else [])]
        return self._send("revocation_endpoint", fields, authenticate=authenticate)

    def _send(self, endpoint: str, fields: Pairs, *, authenticate: bool) -> TokenAnswer:
        form, headers = self._credentials("") if authenticate else ([], {})
        return self.read(
            self.http.send(
                "POST",
                self.configuration.endpoint(endpoint),
                headers={"Accept": "application/json", **headers},
                form=[*fields, *form],
                persona=self.persona,
                app=self.app_id,
            )
        )

    def _credentials(self, method: str) -> tuple[Form, dict[str, str]]:
        audience = self.configuration.endpoint("token_endpoint")
        return authentication(self.app, audience, method=method)

    def read(self, answer: Answer) -> TokenAnswer:
        """Read an answer, making every token in it known to the redactor first."""
        try:
            document = answer.json()
        except NotJson:
            document = {}
        document = document if isinstance(document, dict) else {}
        for name, kind in (
            ("access_token", "access token"),
            ("refresh_token", "refresh token"),
            ("id_token", "identity token"),
        ):
            if isinstance(document.get(name), str):
                self.http.recorder.redactor.learn(kind, document[name])
        return TokenAnswer(answer, document)
