"""Faults of token introspection (RFC 7662) and of revocation by the app (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import introspect
from payerproof.sandbox.oauth.model import AccessToken, RefreshToken

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.tenant import Tenant

Record = AccessToken | RefreshToken
Document = dict[str, Any]


def _defect(
    name: str, cites: str, title: str, change: Change, twin: str = "", area: str = "authorization"
) -> None:
    register(Defect(name, area, tuple(cites.split()), title, change, twin=twin))


def _told(change: Callable[[Tenant, Record, Document], Document]) -> Change:
    """Change what is told of a living token; a member changed to None is left out."""

    def document(tenant: Tenant, record: Record | None, app: App) -> Document:
        told = introspect.introspection_document(tenant, record, app)
        if record is None or not told["active"]:
            return told
        changed = {**told, **change(tenant, record, told)}
        return {name: value for name, value in changed.items() if value is not None}

    return oauth(introspection_document=document)


# -- who may ask


def _whoever(tenant: Tenant, authorization: str, form: Parameters) -> App:
    record = introspect.find_token(tenant, form.text("token"))
    if authorization or form.text("client_id") or record is None:
        return introspect.introspecting_app(tenant, authorization, form)
    return tenant.apps[record.connection.grant.client_id]


_defect(
    "introspection-open-to-anybody",
    "N-OAUTH-22",
    "Whoever holds a token is told all about it, without client authentication",
    oauth(introspecting_app=_whoever),
    twin="introspection-says-more",
)
_defect(
    "introspection-open-to-public-apps",
    "N-OAUTH-22",
    "A client id without any proof is enough for introspection",
    oauth(client_may_manage_tokens=lambda _app: True),
    twin="introspection-says-more",
)


def _of_any_app(tenant: Tenant, record: Record | None, _app: App) -> Document:
    owner = None if record is None else tenant.apps[record.connection.grant.client_id]
    return introspect.introspection_document(tenant, record, owner or _app)


_defect(
    "introspection-of-other-apps-tokens",
    "N-OAUTH-22",
    "An app is told about the tokens of another app",
    oauth(introspection_document=_of_any_app),
)
_defect(
    "tokens-of-any-app-managed",
    "N-OAUTH-22",
    "An app may ask about, and revoke, the tokens of another app",
    oauth(connection_is_of=lambda _connection, _app: True),
)

# -- what is told


def _dead_ones_too(tenant: Tenant, record: Record | None, app: App) -> Document:
    told = introspect.introspection_document(tenant, record, app)
    if told["active"] or record is None or record.connection.grant.client_id != app.client_id:
        return told
    grant = record.connection.grant
    return {
        **told,
        "client_id": grant.client_id,
        "scope": " ".join(record.connection.scopes),
        "exp": int(record.expires),
        "patient": grant.patient,
    }


_defect(
    "introspection-details-of-dead-tokens",
    "N-OAUTH-22",
    "Of an inactive token the scopes, the end and the patient are told",
    oauth(introspection_document=_dead_ones_too),
    twin="introspection-says-more",
)


def _by_expiry_alone(tenant: Tenant, record: Record | None, app: App) -> Document:
    told = introspect.introspection_document(tenant, record, app)
    ours = record is not None and record.connection.grant.client_id == app.client_id
    if told["active"] or record is None or not ours or tenant.clock.now() >= record.expires:
        return told
    return {
        "active": True,
        "scope": " ".join(record.connection.scopes),
        "client_id": app.client_id,
        "exp": int(record.expires),
        "patient": record.connection.grant.patient,
    }


_defect(
    "introspection-knows-no-revocation",
    "AC-07-2 N-OAUTH-22",
    "A revoked token is called active until it expires",
    oauth(introspection_document=_by_expiry_alone),
    area="revocation",
)
_defect(
    "introspection-without-patient",
    "Q-TOK-17",
    "Introspection doesn't tell the patient",
    _told(lambda _tenant, _record, _told: {"patient": None}),
    twin="introspection-says-more",
)
_defect(
    "introspection-without-expiry",
    "Q-TOK-17 Q-TOK-09",
    "Introspection doesn't tell when the token ends",
    _told(lambda _tenant, _record, _told: {"exp": None}),
    twin="introspection-says-more",
)
_defect(
    "introspection-without-scope",
    "Q-TOK-17",
    "Introspection doesn't tell the scopes",
    _told(lambda _tenant, _record, _told: {"scope": None}),
)
_defect(
    "introspection-expiry-in-milliseconds",
    "Q-TOK-17 Q-TOK-09",
    "Introspection tells the end of the token in milliseconds",
    _told(lambda _tenant, _record, told: {"exp": told["exp"] * 1000}),
)
_defect(
    "introspection-patient-with-type",
    "Q-TOK-17",
    "Introspection tells the patient as a reference with its type",
    _told(lambda _tenant, _record, told: {"patient": f"Patient/{told['patient']}"}),
)
_defect(
    "introspection-active-as-text",
    "Q-TOK-17",
    "Introspection says active as a text",
    _told(lambda _tenant, _record, _told: {"active": "true"}),
)
_defect(
    "introspection-scope-as-asked",
    "Q-TOK-17 N-SCOPE-11",
    "Introspection tells the scopes of the whole authorization, for a narrowed token too",
    _told(lambda _tenant, record, _told: {"scope": " ".join(record.connection.scopes)}),
)
register(
    Defect(
        "introspection-says-more",
        "authorization",
        ("Q-TOK-17",),
        "Introspection tells the audience and the time from which the token is good, too",
        _told(lambda tenant, record, _told: {"aud": tenant.fhir_base, "nbf": int(record.issued)}),
        lawful=True,
    )
)

# -- revocation by the app

_defect(
    "revocation-by-app-does-nothing",
    "N-OAUTH-22 AC-07-2",
    "The revocation endpoint says yes to everything and revokes nothing",
    oauth(revoke_token=lambda _tenant, _record: None),
    twin="revocation-by-app-ends-the-grant",
    area="revocation",
)


def _this_one_only(_tenant: Tenant, record: Record) -> None:
    record.revoked = True


_defect(
    "revocation-by-app-of-one-token-only",
    "AC-07-2",
    "An app that gives its refresh token back keeps a living access token",
    oauth(revoke_token=_this_one_only),
    twin="revocation-by-app-ends-the-grant",
    area="revocation",
)


def _refresh_only(tenant: Tenant, record: Record) -> None:
    if isinstance(record, RefreshToken):
        tenant.grants.end_connection(record.connection, "revoked by the app")


_defect(
    "revocation-by-app-overlooks-access-tokens",
    "N-OAUTH-22 AC-07-2",
    "Revoking an access token is answered with 200 and does nothing",
    oauth(revoke_token=_refresh_only),
    area="revocation",
)


def _whoever_revokes(tenant: Tenant, authorization: str, form: Parameters) -> App:
    record = introspect.find_token(tenant, form.text("token"))
    if authorization or form.text("client_id") or record is None:
        return tenant.policies.oauth.authenticate_client(tenant, authorization, form)
    return tenant.apps[record.connection.grant.client_id]


_defect(
    "revocation-open-to-anybody",
    "N-OAUTH-22",
    "Whoever holds a confidential app's token can revoke it without client authentication",
    oauth(revoking_app=_whoever_revokes),
)


def _grant_too(tenant: Tenant, record: Record) -> None:
    tenant.grants.end_grant(record.connection.grant, "revoked by the app")


register(
    Defect(
        "revocation-by-app-ends-the-grant",
        "revocation",
        ("N-OAUTH-22",),
        "An app that gives a token back gives back all that the member allowed it",
        oauth(revoke_token=_grant_too),
        lawful=True,
    )
)
