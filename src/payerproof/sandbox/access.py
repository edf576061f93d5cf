"""What a presented access token opens, or why it opens nothing: shared by every endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field


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
