"""A payer whose authorization server is somebody else's: where it is, and what its tokens open.

`ExternalIssuer` is plain data, so that it can travel to a child process; `Outside` is what a tenant
holds of it. The issuer's metadata (OpenID Connect Discovery 1.0 section 4) is fetched when it is
first needed and kept for a while, since the issuer may start after the payer.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import World
from payerproof.sandbox.external import (
    Authenticator,
    Fetch,
    Fetcher,
    Introspection,
    IssuerUnreachable,
    Members,
    SignedTokens,
    issuer_unavailable,
    json_object,
)

_METADATA_LASTS = 300.0
_URIS = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "introspect": "introspection_endpoint",
    "revoke": "revocation_endpoint",
}
_PASSED_ON = (
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "grant_types_supported",
    "response_types_supported",
    "response_modes_supported",
    "scopes_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "authorization_response_iss_parameter_supported",
)


@dataclass(frozen=True)
class ExternalIssuer:
    """Which authorization server issues the tokens, and how they are judged.

    `accept` is ``introspection`` (RFC 7662, as `client_id` with `client_secret`) or ``jwks``
    (RFC 9068, where `audience` is required). `members` maps values of `claim` to portal user
    names. `ca_bundle` is a PEM file to trust, empty for the system's store.
    """

    issuer: str
    accept: Literal["introspection", "jwks"] = "introspection"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    audience: str = ""
    claim: str = "sub"
    members: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str = ""

    def __post_init__(self) -> None:
        if self.accept not in ("introspection", "jwks"):
            raise ValueError(f"accept: 'introspection' or 'jwks' is needed, not {self.accept!r}")
        if self.accept == "jwks" and not self.audience:
            raise ValueError("audience: tokens judged by their signature need one (RFC 9068)")
        if self.accept == "introspection" and not (self.client_id and self.client_secret):
            raise ValueError("client_id and client_secret: introspection asks for both")

    def settings(self) -> dict[str, Any]:
        """Return everything as plain data, secret included, for a child process of ours."""
        return {**asdict(self), "members": dict(self.members)}


class Outside:
    """The external issuer as one tenant sees it: its metadata, and the judge of its tokens."""

    def __init__(
        self,
        issuer: ExternalIssuer,
        world: Callable[[], World],
        fetch: Fetch | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._members = Members(world, issuer.claim, issuer.members)
        self._fetch: Fetch = fetch or Fetcher(issuer.ca_bundle)
        self._now = now
        self._metadata: Mapping[str, Any] = {}
        self._fetched = 0.0
        self._judge: Authenticator | None = None

    def metadata(self) -> Mapping[str, Any]:
        """Return the issuer's own metadata; raises `IssuerUnreachable`."""
        if not self._metadata or self._now() - self._fetched > _METADATA_LASTS:
            url = self.issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = json_object(self._fetch(url, None, {"Accept": "application/json"}))
            if found.get("issuer") != self.issuer.issuer:
                raise IssuerUnreachable("the metadata is of another issuer")
            self._metadata, self._fetched = found, self._now()
            self._judge = None
        return self._metadata

    async def authenticate(self, request: Request) -> Access | Refusal:
        """Judge the bearer token of a FHIR request; 503 where the issuer cannot be asked."""
        try:
            metadata = await to_thread.run_sync(self.metadata)
            judge = self._judge = self._judge or self._made(metadata)
        except IssuerUnreachable:
            return issuer_unavailable()
        found = judge.authenticate(request)
        return await found if isinstance(found, Awaitable) else found

    def _made(self, metadata: Mapping[str, Any]) -> Authenticator:
        settings = self.issuer
        if settings.accept == "jwks":
            return SignedTokens(
                settings.issuer,
                _address(metadata, "jwks_uri"),
                settings.audience,
                self._members,
                fetch=self._fetch,
                now=self._now,
            )
        return Introspection(
            _address(metadata, "introspection_endpoint"),
            settings.client_id,
            settings.client_secret,
            self._members,
            settings.audience,
            fetch=self._fetch,
            now=self._now,
        )

    async def smart_response(self) -> Response:
        """Answer for the SMART configuration of the FHIR base, which names the issuer's endpoints.

        503 where the issuer's metadata cannot be had.
        """
        try:
            found = smart_configuration(await to_thread.run_sync(self.metadata))
        except IssuerUnreachable:
            text = "The authorization server cannot be asked at the moment."
            return JSONResponse({"error": text}, 503, {"Retry-After": "5"})
        return JSONResponse(found, headers={"Cache-Control": "public, max-age=300"})

    async def oauth_uris(self) -> dict[str, str]:
        """Return the endpoints by the names of the SMART extension; none where they are unknown."""
        try:
            metadata = await to_thread.run_sync(self.metadata)
        except IssuerUnreachable:
            return {}
        return {name: metadata[key] for name, key in _URIS.items() if key in metadata}


def smart_configuration(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """SMART configuration made of an OpenID provider's metadata: what it says, and no more."""
    passed_on = {name: metadata[name] for name in _PASSED_ON if name in metadata}
    return {**passed_on, "capabilities": list(capabilities(metadata))}


def capabilities(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """SMART capabilities (SMART App Launch 2.2.0, Conformance) that the metadata bears out.

    ``context-standalone-patient`` is never among them: the issuer knows no Patient.
    """
    methods = set(metadata.get("token_endpoint_auth_methods_supported") or ("client_secret_basic",))
    scopes = set(metadata.get("scopes_supported") or ())
    borne_out = {
        "launch-standalone": True,
        "client-public": "none" in methods,
        "client-confidential-symmetric": "client_secret_basic" in methods,
        "client-confidential-asymmetric": "private_key_jwt" in methods,
        "sso-openid-connect": "openid" in scopes and "jwks_uri" in metadata,
        "permission-offline": "offline_access" in scopes,
        "permission-patient": any(scope.startswith("patient/") for scope in scopes),
        "permission-v2": any(scope.startswith("patient/") for scope in scopes),
    }
    return tuple(name for name, holds in borne_out.items() if holds)


def _address(metadata: Mapping[str, Any], name: str) -> str:
    value = metadata.get(name)
    if not isinstance(value, str) or not value:
        raise IssuerUnreachable(f"the metadata has no {name}")
    return value
