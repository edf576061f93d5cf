"""One payer among the many that a sandbox process serves, each under its own path prefix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal, World
from payerproof.sandbox.clock import Clock
from payerproof.sandbox.faces import FACES, Face
from payerproof.sandbox.policies import Policies

Reshape = Callable[[World], World]
"""A change of the data: takes a world, returns another; must not alter what it is given."""


@dataclass(frozen=True)
class TenantSpec:
    """What makes a tenant: face, policies, page templates laid over the shipped ones, data."""

    face: Face = FACES["plain"]
    policies: Policies = field(default_factory=Policies)
    templates: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reshape: tuple[Reshape, ...] = ()


@lru_cache(maxsize=8)
def shared_world(face: Face) -> World:
    """Build the world in the ids of a face, once per face and process."""
    from payerproof.sandbox.data import build_world

    world: World = build_world(face.logical_id)
    return world


class Tenant:
    """A payer: `base` is ``https://localhost:PORT/NAME``, `fhir_base` is ``base + "/fhir"``."""

    def __init__(self, name: str, origin: str, spec: TenantSpec) -> None:
        self.name = name
        self.base = f"{origin}/{name}"
        self.fhir_base = f"{self.base}/fhir"
        self.spec = spec
        self.face = spec.face
        self.policies = spec.policies
        self.clock = Clock()
        self.disclosures: list[dict[str, Any]] = []
        world = shared_world(spec.face)
        for change in spec.reshape:
            world = change(world)
        self.world: World = world

    def authenticate(self, request: Request) -> Access | Refusal:
        """Judge the bearer token of a FHIR request (header only; RFC 6750 section 2.1)."""
        raise RuntimeError("the authorization server is not mounted")
