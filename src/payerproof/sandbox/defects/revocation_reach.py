"""Faults of how far a revocation reaches: caches, other addresses, introspection, other ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from payerproof.sandbox.access import Access
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, Memory, oauth
from payerproof.sandbox.oauth.granting import authority_holds
from payerproof.sandbox.oauth.introspect import introspection_document
from payerproof.sandbox.oauth.model import AccessToken
from payerproof.sandbox.oauth.resource import (
    access_of,
    access_token_record,
    authenticate,
    presented_token,
    token_is_current,
)
from payerproof.sandbox.oauth.revoke import revoke_token

if TYPE_CHECKING:
    from payerproof.sandbox.access import Refusal
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.model import Connection, Grant, RefreshToken
    from payerproof.sandbox.tenant import Tenant

    AnyToken = AccessToken | RefreshToken


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, lawful=True))


Where = Callable[["Tenant", Request, AccessToken], bool]


def _unasked(where: Where) -> Change:
    """Let tokens through that have not expired, without asking whether they were revoked."""

    def judge(tenant: Tenant, request: Request) -> Access | Refusal:
        found = authenticate(tenant, request)
        token = presented_token(request)
        record = access_token_record(tenant, token) if token else None
        if record is None or not token_is_current(tenant, record):
            return found
        let_in = where(tenant, request, record)
        return access_of(record) if let_in and not isinstance(found, Access) else found

    return oauth(authenticate=judge)


def _below(tenant: Tenant, request: Request) -> tuple[str, ...]:
    """Segments of a path below the payer's base."""
    path = str(request.scope["path"]).removeprefix(f"/{tenant.name}/")
    return tuple(segment for segment in path.split("/") if segment)


# -- tokens that nobody asks about


def _everywhere(_tenant: Tenant, _request: Request, _record: AccessToken) -> bool:
    return True


_GOOD: Memory[set[str]] = Memory(set)
_FETCHED: Memory[set[tuple[str, str]]] = Memory(set)


def _known_good(tenant: Tenant, _request: Request, record: AccessToken) -> bool:
    if tenant.policies.oauth.token_lives(tenant, record):
        _GOOD.of(tenant).add(record.key)
    return record.key in _GOOD.of(tenant)


def _fetched_before(tenant: Tenant, request: Request, record: AccessToken) -> bool:
    key = (record.key, str(request.url))
    if tenant.policies.oauth.token_lives(tenant, record):
        _FETCHED.of(tenant).add(key)
    return request.method == "GET" and key in _FETCHED.of(tenant)


_defect(
    "gateway-asks-for-expiry-only",
    "N-REV-01 AC-07-4 N-REV-14",
    "The FHIR API looks at a token's expiry and never asks whether it was revoked",
    _unasked(_everywhere),
    twin="revocation-takes-two-seconds",
)
_defect(
    "gateway-remembers-good-tokens",
    "N-REV-14 N-REV-01",
    "A token that was good at its first use is taken for good until it expires",
    _unasked(_known_good),
    twin="revocation-takes-two-seconds",
)
_defect(
    "edge-keeps-answers-by-token",
    "N-REV-14",
    "What a token has fetched once it can fetch again after it was revoked",
    _unasked(_fetched_before),
)


# -- addresses that revocation doesn't reach


def _search(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    segments = _below(tenant, request)
    return request.method == "GET" and segments[:1] == ("fhir",) and len(segments) == 2


def _posted_search(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    return _below(tenant, request)[-1:] == ("_search",)


def _read(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    segments = _below(tenant, request)
    return segments[:1] == ("fhir",) and len(segments) == 3 and "_search" not in segments


def _page(_tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    return "_page" in request.query_params or "_search" in request.query_params


def _binary(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    return _below(tenant, request)[:2] == ("fhir", "Binary")


def _compartment(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    segments = _below(tenant, request)
    return segments[:2] == ("fhir", "Patient") and len(segments) == 4


def _operation(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    return _below(tenant, request)[-1].startswith("$")


def _userinfo(tenant: Tenant, request: Request, _record: AccessToken) -> bool:
    return _below(tenant, request) == ("oauth", "userinfo")


_defect(
    "revoked-token-still-searches",
    "N-REV-01 N-REV-14",
    "A revoked token is refused a read by id and served a search",
    _unasked(_search),
)
_defect(
    "revoked-token-still-searches-by-post",
    "N-REV-14 N-REV-01",
    "A revoked token is refused everywhere but at POST _search",
    _unasked(_posted_search),
)
_defect(
    "revoked-token-still-reads",
    "N-REV-01 N-REV-14",
    "A revoked token is refused a search and served a read by id",
    _unasked(_read),
)
_defect(
    "revoked-token-still-turns-pages",
    "N-BOLA-17 N-REV-14",
    "The next link of a search works for a token that was revoked in the meantime",
    _unasked(_page),
)
_defect(
    "revoked-token-still-opens-documents",
    "N-REV-14 N-REV-01",
    "The address of a document's content opens for a token that was revoked",
    _unasked(_binary),
)
_defect(
    "revoked-token-still-searches-compartment",
    "N-REV-14",
    "A revoked token is served below Patient/id/ and refused elsewhere",
    _unasked(_compartment),
)
_defect(
    "revoked-token-still-calls-operations",
    "N-REV-14",
    "A revoked token is served by operations such as $docref and refused elsewhere",
    _unasked(_operation),
)
_defect(
    "revoked-token-still-opens-userinfo",
    "N-REV-14 N-REV-15",
    "Userinfo answers a token that was revoked",
    _unasked(_userinfo),
)


# -- introspection and the revocation endpoint


def _active_till_expiry(tenant: Tenant, record: AnyToken | None, app: App) -> dict[str, Any]:
    told = introspection_document(tenant, record, app)
    if record is None or told["active"] or record.connection.grant.client_id != app.client_id:
        return told
    if not isinstance(record, AccessToken) or not token_is_current(tenant, record):
        return told
    scope = " ".join(record.scopes)
    return {"active": True, "scope": scope, "client_id": app.client_id, "exp": int(record.expires)}


def _spares_access_tokens(tenant: Tenant, record: AnyToken) -> None:
    for token in tenant.grants.refresh_tokens.values():
        token.revoked = token.revoked or token.connection is record.connection
    if isinstance(record, AccessToken):
        record.revoked = True


def _this_access_token(tenant: Tenant, record: AnyToken) -> None:
    if isinstance(record, AccessToken):
        record.revoked = True
    else:
        revoke_token(tenant, record)


def _whole_grant(tenant: Tenant, record: AnyToken) -> None:
    tenant.grants.end_grant(record.connection.grant, "revoked by the app")


_defect(
    "introspection-active-after-revocation",
    "N-REV-15",
    "Introspection calls a revoked access token active until it expires",
    oauth(introspection_document=_active_till_expiry),
)
_defect(
    "revocation-endpoint-does-nothing",
    "N-REV-03",
    "The revocation endpoint answers 200 and revokes nothing",
    oauth(revoke_token=lambda _tenant, _record: None),
    twin="revocation-endpoint-takes-one-token",
)
_defect(
    "revocation-endpoint-spares-access-tokens",
    "N-REV-03 N-REV-04",
    "An app that gives its refresh token back can go on with the access token",
    oauth(revoke_token=_spares_access_tokens),
    twin="revocation-endpoint-takes-one-token",
)
_defect(
    "revocation-endpoint-serves-any-app",
    "N-REV-03",
    "An app can revoke the tokens of another app",
    oauth(connection_is_of=lambda _connection, _app: True),
)
_twin(
    "revocation-endpoint-takes-one-token",
    "N-REV-04",
    "An access token that is given back dies alone; a refresh token takes all with it",
    oauth(revoke_token=_this_access_token),
)
_twin(
    "revocation-endpoint-ends-the-grant",
    "N-REV-04 Q-TOK-22",
    "An app that gives a token back gives back the whole grant, and is no longer listed",
    oauth(revoke_token=_whole_grant),
)


# -- other ends


def _endless(tenant: Tenant, connection: Connection) -> bool:
    return connection.grant.ended is None and authority_holds(tenant, connection.grant)


def _whoever_is_let_in(tenant: Tenant, connection: Connection) -> bool:
    return connection.ended is None and tenant.policies.oauth.grant_lives(tenant, connection)


def _once_given(tenant: Tenant, grant: Grant) -> bool:
    return tenant.world.person_of(grant.patient) is not None


_defect(
    "grant-end-not-enforced",
    "N-REV-10",
    "The end date of a grant is shown and not enforced",
    oauth(grant_lives=_endless),
)
_defect(
    "deactivated-app-keeps-its-tokens",
    "N-REV-11",
    "An app that the payer has cut off can't be connected any more and keeps its tokens",
    oauth(connection_lives=_whoever_is_let_in),
)
_defect(
    "authority-outlived-by-tokens",
    "AC-12-2 N-HOUSE-06",
    "A parent's token goes on after the child's 18th birthday",
    oauth(authority_holds=_once_given),
)
