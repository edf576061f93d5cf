"""States that checks start from, and how they watch a state end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from payerproof.browser.facts import ConnectedApps
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.expect.reply import REFUSALS
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.target import App


class AppList(Protocol):
    """The portal's list of connected apps."""

    def connected_apps(self, person: Any) -> ConnectedApps:
        """The list as the person sees it."""
        ...

    def revoke(self, person: Any, app: App) -> ConnectedApps:
        """Press Revoke for an app."""
        ...


class Hold(Protocol):
    """Holds a pair of a person and an app for one check."""

    def hold(self, person: Any, *apps: App) -> App:
        """Hold one of these apps till the check ends."""
        ...


def unconnected(portal: AppList, lease: Hold, person: Any, *apps: App) -> App:
    """Hold one of these apps that the person has not connected, so that consent is not remembered.

    What an earlier check left of it is ended: nobody else uses a pair that is held.
    """
    app = lease.hold(person, *apps)
    if app.name in {entry.name for entry in portal.connected_apps(person).apps}:
        portal.revoke(person, app)
    return app


@dataclass
class Looks:
    """Looks at one's own Patient with one token, one after the other, until it is refused."""

    client: FhirClient
    patient_id: str
    replies: list[Reply] = field(default_factory=list)

    def refused(self) -> bool:
        """Look once more; True where the token opened nothing, the server being well."""
        self.replies.append(self.client.read("Patient", self.patient_id))
        return self.last.status in REFUSALS and self.last.resource_type != "Patient"

    @property
    def last(self) -> Reply:
        """The latest reply."""
        return self.replies[-1]

    def must_open(self) -> None:
        """End the check as inconclusive where the token opens nothing to begin with."""
        refused = self.refused()
        inconclusive_unless(
            not refused and self.last.resource_type == "Patient",
            "the token did not open the member's own Patient before anything was revoked",
            self.last.exchange,
        )


class Fetches(Protocol):
    """The fixture ``api``."""

    def once(self, who: Any = None) -> FhirClient:
        """A client that sends each request once in a run."""
        ...


class Configured(Protocol):
    """The payer's SMART configuration."""

    @property
    def issuer(self) -> str:
        """Issuer of identity tokens, or an empty string."""
        ...

    def endpoint(self, name: str) -> str:
        """An address by its name, or an empty string."""
        ...


def userinfo_address(api: Fetches, smart: Configured) -> str:
    """Where userinfo is served, by SMART's configuration or OpenID's; empty where it is not."""
    named = smart.endpoint("userinfo_endpoint")
    if named or not smart.issuer:
        return named
    address = smart.issuer.rstrip("/") + "/.well-known/openid-configuration"
    metadata = api.once().get(address, accept="application/json")
    return str(metadata.body.get("userinfo_endpoint") or "")
