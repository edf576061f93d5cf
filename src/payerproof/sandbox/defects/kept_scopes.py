"""Faults in what becomes of scopes after the first grant: remembered, narrowed, refreshed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import exchanging, resource
from payerproof.sandbox.scopes import data_scope, supported

if TYPE_CHECKING:
    from payerproof.sandbox.access import Access
    from payerproof.sandbox.oauth.model import (
        AccessToken,
        AuthorizationRequest,
        Connection,
        Grant,
    )
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "scopes", tuple(cites.split()), title, change, twin=twin))


# -- consent that is remembered


def _same_app(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> bool:
    if "consent" in request.prompt:
        return False
    return tenant.grants.grant_of(user, request.app.client_id, patient) is not None


_defect(
    "remembered-consent-whatever-is-asked",
    "N-OAUTH-27 Q-AUTH-19",
    "Once a member has allowed an app anything, it is never asked again, nor granted more",
    oauth(consent_is_remembered=_same_app),
)


def _adding(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> bool:
    grant = tenant.grants.grant_of(user, request.app.client_id, patient)
    if grant is None or "consent" in request.prompt:
        return False
    grant.scopes = tuple(dict.fromkeys((*grant.scopes, *request.scopes)))
    return True


_defect(
    "remembered-consent-grows",
    "N-OAUTH-27 Q-AUTH-19 N-SCOPE-10",
    "An app that was allowed something gets whatever more it asks for, without a consent page",
    oauth(consent_is_remembered=_adding),
)


def _of_the_grant(record: AccessToken) -> Access:
    return replace(resource.access_of(record), scopes=record.connection.grant.scopes)


_defect(
    "token-opens-all-that-was-ever-allowed",
    "N-SCOPE-10",
    "A token opens all that the member has allowed the app, not what it was issued for",
    oauth(access_of=_of_the_grant),
)


def _whole_grant(_request: AuthorizationRequest, grant: Grant) -> Scopes:
    return grant.scopes


_defect(
    "new-token-gets-the-whole-grant",
    "N-SCOPE-10 N-SCOPE-08",
    "Under a remembered consent each new token has all its scopes, however few were asked",
    oauth(connection_scopes=_whole_grant),
)


def _cut_by_type(connection: Connection, grant: Grant) -> bool:
    def types(scopes: Scopes) -> set[str]:
        return {read.resource_type for scope in scopes if (read := data_scope(scope)) is not None}

    return not types(grant.scopes) & types(connection.scopes) and not grant.sensitive


_defect(
    "narrower-consent-leaves-overlapping-tokens",
    "N-SCOPE-12",
    "Earlier tokens end only if nothing that they open is still allowed",
    oauth(connection_is_cut=_cut_by_type),
    twin="new-consent-ends-earlier-tokens",
)


# -- refresh


def _as_asked(connection: Connection, asked: str) -> Scopes:
    return tuple(asked.split()) or connection.scopes


_defect(
    "refresh-grants-what-is-asked",
    "N-SCOPE-11",
    "A refresh is granted whatever scopes it asks for",
    oauth(refreshed_scopes=_as_asked),
    twin="scopes-answered-in-the-newer-form",
)


def _unknown_kept(connection: Connection, asked: str) -> Scopes:
    known = [scope for scope in asked.split() if data_scope(scope) or scope in supported()]
    lawful = exchanging.refreshed_scopes(connection, " ".join(known))
    return tuple(dict.fromkeys((*lawful, *asked.split())))


_defect(
    "refresh-echoes-unknown-scopes",
    "N-SCOPE-11",
    "A refresh grants scopes that the payer doesn't know",
    oauth(refreshed_scopes=_unknown_kept),
)


def _wildcard_passes(connection: Connection, asked: str) -> Scopes:
    wide = [scope for scope in asked.split() if scope.startswith("patient/*.r")]
    if wide and any(scope.startswith("patient/") for scope in connection.scopes):
        return tuple(asked.split())
    return exchanging.refreshed_scopes(connection, asked)


_defect(
    "refresh-widens-by-wildcard",
    "N-SCOPE-11",
    "A refresh that asks for the wildcard gets it, whichever types were granted",
    oauth(refreshed_scopes=_wildcard_passes),
)


def _back_to_default(connection: Connection, asked: str) -> Scopes:
    if asked:
        return exchanging.refreshed_scopes(connection, asked)
    return tuple(dict.fromkeys((*connection.scopes, "patient/*.rs")))


_defect(
    "refresh-restores-the-default-scopes",
    "N-SCOPE-11 Q-TOK-12",
    "A refresh that names no scope gets everything, however little the member allowed",
    oauth(refreshed_scopes=_back_to_default),
)
