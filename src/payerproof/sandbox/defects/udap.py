"""UDAP metadata for clinics that a careful client would not believe (UDAP Security 1.1.0)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, partners
from payerproof.sandbox.partners import discovery
from payerproof.sandbox.tenant import Tenant, TenantSpec

AREA = "provider_access"
CITES = "AC-05-1"
Json = dict[str, Any]


def _seed(name: str, title: str, change: Change, *, lawful: bool = False) -> None:
    seed(name, AREA, CITES, title, change, lawful=lawful)


def _with_udap(**decisions: object) -> Change:
    def published(spec: TenantSpec) -> TenantSpec:
        return replace(spec, face=replace(spec.face, udap=True))

    return both(published, partners(**decisions))


def _signing(**claims: object) -> Change:
    def claimed(base: str, endpoints: dict[str, str]) -> Json:
        return {**discovery.udap_claims(base, endpoints), **claims}

    return _with_udap(udap_claims=claimed)


def _by_another_key(claims: Json, base: str) -> str:
    _, chain = discovery.certified(base)
    other = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "x5c": list(chain)}, claims, other)


def _of_staging(base: str, endpoints: dict[str, str]) -> Json:
    staged = {name: value.replace("/oauth/", "/staging/") for name, value in endpoints.items()}
    return discovery.udap_claims(base, staged)


def _without(*names: str) -> object:
    def document(tenant: Tenant) -> Json:
        made = discovery.udap_metadata(tenant)
        return {name: value for name, value in made.items() if name not in names}

    return document


_NOW = int(dt.datetime.now(dt.UTC).timestamp())
_seed(
    "udap-signed-by-another-key",
    "UDAP metadata are signed with a key that the certificate beside them isn't for",
    _with_udap(udap_signed=_by_another_key),
)
_seed(
    "udap-signed-for-another-base",
    "The issuer of signed UDAP metadata isn't the FHIR base",
    _signing(iss="https://idp.sandbox.example", sub="https://idp.sandbox.example"),
)
_seed(
    "udap-signature-run-out",
    "Signed UDAP metadata were signed once and have run out",
    _signing(iat=_NOW - 90 * 86400, exp=_NOW - 30 * 86400),
)
_seed(
    "udap-signed-for-ten-years",
    "Signed UDAP metadata hold for ten years, where a year is the limit",
    _signing(exp=_NOW + 3650 * 86400),
)
_seed(
    "udap-signed-endpoints-differ",
    "The endpoints that are signed are those of staging; those beside them aren't",
    _with_udap(udap_claims=_of_staging),
)
_seed(
    "udap-without-what-is-required",
    "UDAP metadata lack signed_metadata and the list of profiles",
    _with_udap(udap_metadata=_without("signed_metadata", "udap_profiles_supported")),
)
_seed(
    "udap-as-it-should-be",
    "UDAP metadata are published beside the SMART configuration, and hold",
    _with_udap(),
    lawful=True,
)
