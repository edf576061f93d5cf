"""Backend services: assertions taken that shouldn't be, tokens that open too much."""

from __future__ import annotations

import json
from typing import Any

from anyio import to_thread
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from payerproof.sandbox.access import Refusal
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import both, partners, self_contained
from payerproof.sandbox.oauth import keys as signing
from payerproof.sandbox.oauth.resource import presented_token, refusal
from payerproof.sandbox.partners import assertions, token
from payerproof.sandbox.partners.clients import PartnerClient, keys_of
from payerproof.sandbox.partners.token import SystemToken
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"
CITES = "AC-05-1 N-BULK-23"
Json = dict[str, Any]


def _seed(name: str, title: str, change: Any, *, lawful: bool = False, twin: str = "") -> None:
    seed(name, AREA, CITES, title, change, lawful=lawful, twin=twin)


def _fresh(_tenant: Tenant, _client: PartnerClient, _claims: Json) -> bool:
    return True


_seed("backend-assertion-replayed", "A `jti` is never remembered", partners(is_fresh=_fresh))


def _unending(_tenant: Tenant, claims: Json) -> bool:
    return "exp" in claims


_seed(
    "backend-assertion-never-expires",
    "An assertion needs an `exp`; whether it has passed nobody asks",
    partners(is_current=_unending),
)


def _long_lived(tenant: Tenant, claims: Json) -> bool:
    expires = claims.get("exp")
    return isinstance(expires, int | float) and expires > tenant.clock.wall()


_seed(
    "backend-assertion-lives-long",
    "An assertion may be valid for years",
    partners(is_current=_long_lived),
)


def _any_audience(_tenant: Tenant, claims: Json) -> bool:
    return bool(claims.get("aud"))


_seed(
    "backend-assertion-for-anybody",
    "The audience of an assertion isn't compared with the token endpoint",
    partners(audience_is_ours=_any_audience),
)


def _same_host(tenant: Tenant, claims: Json) -> bool:
    return str(claims.get("aud")).startswith(tenant.origin)


_seed(
    "backend-audience-by-host",
    "Any address of the payer's host is taken as the audience of an assertion",
    partners(audience_is_ours=_same_host),
)


def _issuer_only(client: PartnerClient, claims: Json) -> bool:
    return bool(claims.get("iss") == client.client_id)


_seed(
    "backend-subject-unread",
    "The subject of an assertion may be another client",
    partners(names_client=_issuer_only),
)


async def _anybodys_keys(tenant: Tenant, _client: PartnerClient, _header: Json) -> KeySet:
    documents = [one for each in tenant.clients.values() for one in keys_of(each).documents()]
    return KeySet.import_key_set({"keys": documents})


_seed(
    "backend-keys-of-any-client",
    "One key store for all: a clinic's key signs for every other clinic",
    partners(keys_for=_anybodys_keys),
)


async def _keys_where_told(tenant: Tenant, client: PartnerClient, header: Json) -> KeySet | None:
    if "jwk" in header:
        return KeySet.import_key_set({"keys": [header["jwk"]]})
    return await assertions.keys_for(tenant, client, header)


_seed(
    "backend-embedded-key-trusted",
    "A key in the header of an assertion is taken to verify it with",
    partners(keys_for=_keys_where_told),
)


async def _jku_followed(tenant: Tenant, client: PartnerClient, header: Json) -> KeySet | None:
    address = header.get("jku")
    if not isinstance(address, str):
        return await assertions.keys_for(tenant, client, header)
    raw = await to_thread.run_sync(tenant.fetch, address, None, {})
    return KeySet.import_key_set(json.loads(raw))


_seed(
    "backend-jku-followed",
    "The payer fetches keys from whatever address an assertion names",
    partners(keys_for=_jku_followed),
)


def _other_algorithms(found: KeySet, assertion: str) -> Json | None:
    keys = [{k: v for k, v in dict(key.as_dict()).items() if k != "alg"} for key in found.keys]
    allowed = ["RS256", "PS256", "RS384", "ES384"]
    try:
        read = jwt.decode(assertion, KeySet.import_key_set({"keys": keys}), algorithms=allowed)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return read.claims


_seed(
    "backend-weaker-algorithms",
    "Assertions signed with RS256 or PS256 are taken as well",
    partners(signed_claims=_other_algorithms),
    lawful=True,
)


def _unsigned(found: KeySet, assertion: str) -> Json | None:
    header, claims = assertions.unverified(assertion)
    if str(header.get("alg", "")).lower() == "none":
        return claims
    return assertions.signed_claims(found, assertion)


_seed(
    "backend-unsigned-assertion",
    "An assertion with alg none is taken at its word",
    partners(signed_claims=_unsigned),
    twin="backend-weaker-algorithms",
)

_seed("backend-token-lives-a-day", "Access tokens live a day", partners(token_lifetime=86400.0))


def _all_granted(tenant: Tenant, client: PartnerClient, asked: str) -> tuple[str, ...]:
    token.granted(tenant, client, asked)
    return ("system/*.rs",)


_seed(
    "backend-scopes-widened",
    "Whatever is asked, system/*.rs is granted",
    partners(granted=_all_granted),
)


def _any_scope(_scopes: tuple[str, ...], _kind: str, _verb: str) -> bool:
    return True


_seed(
    "backend-scopes-unenforced",
    "Scopes are granted as asked and never looked at again",
    partners(scope_allows=_any_scope),
)


def _until_it_ends(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    presented = presented_token(request)
    record = token.token_record(tenant, presented) if presented else None
    if record is None or not token.token_is_current(tenant, record):
        return refusal("invalid_token", "The access token is not valid")
    return record


_seed(
    "backend-cut-off-keeps-tokens",
    "A clinic that is cut off goes on until its token ends",
    partners(authenticate=_until_it_ends),
)


def _never_ends(_tenant: Tenant, _record: SystemToken) -> bool:
    return True


_seed(
    "backend-expired-token-works",
    "An expired access token goes on working",
    partners(token_is_current=_never_ends),
)


def _members_token_too(tenant: Tenant, presented: str) -> SystemToken | None:
    claims = signing.verified_claims(presented, "at+jwt")
    if claims is None or claims.get("aud") != tenant.fhir_base:
        return token.token_record(tenant, presented)
    client_id = next(iter(tenant.clients))
    return SystemToken(str(claims["jti"]), client_id, ("system/*.rs",), 0.0, float(claims["exp"]))


_seed(
    "members-token-opens-clinics-api",
    "A signature is all that is verified of a token: members' tokens open the clinics' API",
    both(self_contained, partners(token_record=_members_token_too)),
)
