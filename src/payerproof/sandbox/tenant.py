"""One payer among the many that a sandbox process serves, each under its own path prefix."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.apps import App
from payerproof.sandbox.clock import Clock
from payerproof.sandbox.data import build_world
from payerproof.sandbox.data.world import World
from payerproof.sandbox.desk import Desk
from payerproof.sandbox.external import Fetch, Fetcher
from payerproof.sandbox.faces import FACES, Face
from payerproof.sandbox.intake import Intake
from payerproof.sandbox.issuer import ExternalIssuer, Outside
from payerproof.sandbox.oauth.store import GrantStore
from payerproof.sandbox.partners.clients import PartnerClient, partner_facts
from payerproof.sandbox.partners.state import PartnerState, begun
from payerproof.sandbox.policies import Policies
from payerproof.sandbox.portal.factors import Attempts
from payerproof.sandbox.portal.sessions import Journeys, SessionStore
from payerproof.sandbox.public.directory import build_directory
from payerproof.sandbox.public.formulary import build_formulary

LINES_KEPT = 5000
"""Lines of its own log that a payer keeps."""

Reshape = Callable[[World], World]
"""A change of the data: takes a world, returns another; must not alter what it is given."""


@dataclass(frozen=True)
class TenantSpec:
    """What makes a tenant: face, policies, page templates laid over the shipped ones, data.

    `templates` maps a template's file name to the source that replaces it. `reshape` is applied
    to the world in order. `external` is the authorization server where it isn't the payer's own.
    """

    face: Face = FACES["plain"]
    policies: Policies = field(default_factory=Policies)
    templates: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reshape: tuple[Reshape, ...] = ()
    external: ExternalIssuer | None = None


@lru_cache(maxsize=16)
def shared_world(face: Face) -> World:
    """Build the world in the ids of a face, once per face and process."""
    return build_world(face.logical_id)


class Tenant:
    """A payer: `base` is ``https://localhost:PORT/NAME``, `fhir_base` is ``base + "/fhir"``.

    The partners' API (clinics, other payers) has a base and a token endpoint of its own;
    `fetch` gets the keys that a client publishes. `published` is what anybody may read: the
    directory and the formulary. `authenticator` judges tokens where another
    authorization server issues them, else None.
    `deactivated` holds client ids that the operator has cut off since the start.
    """

    def __init__(
        self,
        name: str,
        origin: str,
        spec: TenantSpec,
        apps: Mapping[str, App],
        fetch: Fetch | None = None,
    ) -> None:
        self.name = name
        self.origin = origin
        self.fetch: Fetch = fetch or Fetcher()
        self.base = f"{origin}/{name}"
        self.fhir_base = f"{self.base}/fhir"
        self.issuer = self.base
        self.token_endpoint = f"{self.base}/oauth/token"
        self.partner_base = f"{self.base}/partner"
        self.partner_fhir_base = f"{self.partner_base}/fhir"
        self.partner_token_endpoint = f"{self.partner_base}/oauth/token"
        self.spec = spec
        self.face = spec.face
        self.policies = spec.policies
        self.templates = spec.templates
        self.environment: Environment | None = None
        self._registered = dict(apps)
        self.clients: dict[str, PartnerClient] = dict(partner_facts().clients)
        self.authenticator = Outside(spec.external, lambda: self.world) if spec.external else None
        self.reset()

    def reset(self) -> None:
        """Forget everything that has happened since the start."""
        self.clock = Clock()
        self.grants = GrantStore(self.clock)
        self.sessions = SessionStore(self.clock)
        self.journeys = Journeys(self.clock)
        self.attempts = Attempts()
        self.apps: dict[str, App] = dict(self._registered)
        self.deactivated: set[str] = set()
        self.disclosures: list[dict[str, Any]] = []
        world = shared_world(self.spec.face)
        for change in self.spec.reshape:
            world = change(world)
        self.world: World = world
        self.desk = Desk()
        self.log: deque[str] = deque(maxlen=LINES_KEPT)
        self.intake = Intake()
        self.published: dict[str, World] = {
            "directory": build_directory(self.face),
            "formulary": build_formulary(self.face),
        }
        if hasattr(self, "partners"):
            self.partners.close()
        self.partners: PartnerState = begun(self.world)

    def jwks_address(self, client: PartnerClient) -> str:
        """The registered address of a client's keys; empty where they were handed in."""
        return f"{self.origin}{client.jwks_path}" if client.jwks_path else ""

    def authenticate(self, request: Request) -> Access | Refusal:
        """Judge the bearer token of a FHIR request (header only; RFC 6750 section 2.1)."""
        return self.policies.oauth.authenticate(self, request)
