"""What a presented access token opens, or why it opens nothing: shared by every endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Access:
    """What one access token opens, after every check of the authorization server has passed.

    `patient` is the bare logical id of the one member in context (SMART App Launch 2.2.0, Scopes
    and Launch Context). `scopes` are the granted scope strings, in the form in which they were
    asked (v1 ``patient/Coverage.read``, v2 ``patient/Coverage.rs``, or granular with a query).
    `sensitive` tells whether the member ticked the box for specially protected data (substance
    use and the like); where False, such resources are withheld from this token everywhere.
    """

    grant_id: str
    client_id: str
    user: str
    patient: str
    scopes: tuple[str, ...]
    fhir_user: str
    sensitive: bool = False


@dataclass(frozen=True)
class Refusal:
    """An answer of the resource server to a request without a good token (RFC 6750 section 3)."""

    status: int
    error: str
    description: str
    headers: dict[str, str] = field(default_factory=dict)


class Person(Protocol):
    """What the authorization server and the portal need to know of a person of the world."""

    @property
    def user(self) -> str:
        """Portal user name, and the person's key in `World.people`."""

    @property
    def password(self) -> str:
        """Portal password; empty for people without a portal account (children)."""

    @property
    def totp(self) -> str:
        """Base32 seed of the second factor (RFC 6238); empty where none is set up."""

    @property
    def name(self) -> str:
        """Full name as pages show it."""

    @property
    def patient(self) -> str:
        """Logical id of the person's own Patient; empty for someone who is not a member."""

    @property
    def represents(self) -> tuple[str, ...]:
        """Keys of the people this person may act for, as verified by the plan."""


class World(Protocol):
    """The payer's data, immutable and shared between tenants of one id shape."""

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody, by key (`Person.user`)."""

    def resources(self, resource_type: str) -> Sequence[dict[str, Any]]:
        """All resources of one type."""

    def resource(self, resource_type: str, logical_id: str) -> dict[str, Any] | None:
        """One resource, or None."""

    def patient_of(self, resource: dict[str, Any]) -> str | None:
        """Logical id of the Patient whose record a resource belongs to, or None."""

    def person_of(self, patient: str) -> Person | None:
        """The person whose own Patient has this logical id, or None."""

    def fhir_user(self, user: str, patient: str) -> str:
        """Who a portal user is towards one member: ``Patient/…``, ``RelatedPerson/…`` or ``""``."""

    def with_resources(self, *resources: dict[str, Any]) -> World:
        """Another world with resources added or replaced."""


LogicalIds = Callable[[str, str], str]
"""Resource type and stable name to the logical id of the face (see `Face.logical_id`)."""
