"""How the harness behaves towards a payer: policy numbers, limits, permissions, TLS, tolerances."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from payerproof.target.secrets import Secret


class Table(BaseModel):
    """Base of every table of a payer file: frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True
    )


def _beside_the_payer_file(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        raise ValueError("a path is expected, not an empty string; leave the key out instead")
    return Path((info.context or {}).get("folder", "")) / Path(value).expanduser()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_time_zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError("an IANA time zone is expected, such as 'America/New_York'")
    return value


LocalPath = Annotated[Path, BeforeValidator(_beside_the_payer_file, json_schema_input_type=str)]
"""A path, relative to the folder of the payer file."""
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Policy(Table):
    """Every number the checks compare with, so that none of them is buried in code."""

    date_floor: date = date(2016, 1, 1)
    """Data with a date of service from this day on must be available (42 CFR 422.119(h))."""
    revocation_limit_seconds: Seconds = 3600
    """A revoked access token that still works after this time is a failure (SMART: one hour)."""
    revocation_target_seconds: Seconds = 300
    """A revoked access token should be dead within this time."""
    revocation_poll_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    """Pause between two looks at a revoked token."""
    revocation_wait_seconds: Seconds = 20
    """How long a run waits for a revocation to take effect before it goes on and says so."""
    opt_out_limit_seconds: Seconds = 86400
    """An opt-out of Provider Access must be in effect after this time."""
    opt_out_wait_seconds: Seconds = 20
    """How long a run waits for an opt-out to take effect before it goes on and says so."""
    export_wait_seconds: Seconds = 120
    """How long a run waits for an export before it goes on and says so."""
    backend_token_lifetime_seconds: Seconds = 300
    """An access token given without a member should not live longer (SMART Backend Services)."""
    access_token_lifetime_seconds: Seconds = 3600
    """An access token should not live longer than this."""
    code_lifetime_seconds: Seconds = 600
    """An authorization code must not live longer than this (RFC 6749 section 4.1.2)."""
    refresh_token_days: Count = 90
    """A refresh token should work for at least this many days."""
    freshness_business_days: Count = 1
    """A claim must be available this many business days after the payer has it."""
    holidays: tuple[date, ...] = ()
    """Days besides Saturday and Sunday that are no business days."""
    time_zone: TimeZone = "America/New_York"
    """Time zone of the plan, for business days and dates of service."""
    age_of_majority: Annotated[int, Field(ge=14, le=21)] = 18
    """Age from which a member decides alone; set it to the State's."""
    login_guesses: Annotated[int, Field(ge=3, le=100)] = 10
    """Wrong passwords, and wrong codes, after which guessing ought to be slowed down."""
    reading_grade: Annotated[float, Field(ge=1, le=20)] = 8
    """Highest school grade at which member-facing text should be readable."""


class Limits(Table):
    """How much the payer is asked to bear, and how long we wait."""

    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 5.0
    """Requests per second to one host, all workers together."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests under way at once to one host."""
    deadline_seconds: Seconds = 30.0
    """Longest wait for one answer, retries included."""
    connect_seconds: Seconds = 10.0
    """Longest wait for a connection."""
    max_body_bytes: Count = 32 * 1024 * 1024
    """A longer answer is cut off and recorded as too large."""
    max_export_bytes: Count = 512 * 1024 * 1024
    """Longest file of an export that is read; it goes to disk as it comes."""
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    """Redirects followed where following is asked for."""
    max_pages: Count = 50
    """Pages of one search that are fetched."""
    hypothesis_examples: Annotated[int, Field(ge=1, le=10_000)] = 15
    """Examples of each property-based check."""
    logins_per_persona: Annotated[int, Field(ge=1, le=20)] = 3
    """Fresh logins per persona and run; more might lock an account."""
    browsers: Annotated[int, Field(ge=1, le=4)] = 2
    """Members who are at the payer's pages at once, each in a browser of their own."""


class Permissions(Table):
    """What a run may do to the payer. Nothing is allowed by default."""

    state_changes: bool = False
    """May grant, revoke, opt out and the like, each put back afterwards."""
    writes: bool = False
    """May send create, update and delete, to see them refused."""
    gated: tuple[str, ...] = ()
    """Ids of gated checks that may run on production; "*" for all of them."""


class Tls(Table):
    """Certificates and proxy, for HTTP client and browser alike. Errors are never ignored."""

    ca_bundle: LocalPath | None = None
    """PEM file of certificate authorities to trust besides the public ones."""
    client_certificate: LocalPath | None = None
    """PEM file of our certificate, where the payer's edge asks for one."""
    client_key: LocalPath | None = None
    """PEM file of its private key."""
    mutual: tuple[Annotated[str, Field(pattern=r"^https://[^\s/?#]+[^\s#]*$")], ...] = ()
    """Addresses where the payer asks for a client certificate, besides those that its metadata
    announce (mtls_endpoint_aliases)."""
    proxy: str | None = None
    """Address of an HTTP proxy: http://proxy.example:8080."""


class Quirks(Table):
    """Oddities of the payer that are put up with, so that the rest can be tested."""

    headers: dict[str, str] = Field(default_factory=dict)
    """Headers sent with every FHIR request."""
    secret_headers: dict[str, Secret] = Field(default_factory=dict)
    """The same for headers whose value is a secret, such as a gateway's API key."""
    aud: str = "base"
    """The aud parameter: "base", "no-trailing-slash", "omit", or the value to send."""
    scopes: tuple[str, ...] | None = None
    """Scopes to ask for where the payer refuses wildcards; default: what each app lists."""
    patient: Literal["id", "typed"] = "id"
    """How searches name the member: "id", or "typed" (Patient/123) where only that is found."""


def zone(policy: Policy) -> ZoneInfo:
    """The plan's time zone as an object."""
    return ZoneInfo(policy.time_zone)
