"""Tokens without a member: SMART Backend Services (SMART App Launch 2.2.0, Backend Services)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from payerproof.polite import Http
from payerproof.smart.client import ASSERTION_TYPE, RegisteredApp, client_assertion
from payerproof.smart.configuration import SmartConfiguration
from payerproof.smart.tokens import TokenAnswer, TokenEndpoint

GRANT = "client_credentials"
UNSET = "-"
"""Stands for a scope that was not given, since an empty one is a request of its own."""


@dataclass(frozen=True)
class BackendServices:
    """The token endpoint as a client uses it that signs in by itself."""

    http: Http = field(repr=False)
    client: RegisteredApp
    client_id_of_ours: str
    """The client's id in the payer file, under which its exchanges are recorded."""
    endpoint: str
    """Address of the token endpoint; the audience of every assertion."""
    scopes: str
    """Registered scopes, separated by blanks."""

    def ask(self, scope: str = UNSET, *, assertion: str = "") -> TokenAnswer:
        """Ask for a token, with a right assertion unless another one is given."""
        wanted = self.scopes if scope == UNSET else scope
        return self.post([("grant_type", GRANT), ("scope", wanted)], assertion=assertion)

    def post(self, fields: Iterable[tuple[str, str]], *, assertion: str = "") -> TokenAnswer:
        """Post any form with an assertion, a right one unless another is given."""
        signed = assertion or client_assertion(self.client, self.endpoint)
        proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", signed)]
        return self.send([*fields, *proof])

    def send(
        self, fields: Iterable[tuple[str, str]], headers: Iterable[tuple[str, str]] = ()
    ) -> TokenAnswer:
        """Post a form as it is."""
        answer = self.http.send(
            "POST",
            self.endpoint,
            headers=[("Accept", "application/json"), *headers],
            form=list(fields),
            app=self.client_id_of_ours,
        )
        known = SmartConfiguration(self.endpoint, {"token_endpoint": self.endpoint}, "")
        return TokenEndpoint(self.http, known, self.client, self.client_id_of_ours).read(answer)
