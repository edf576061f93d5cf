"""Faults of token introspection (RFC 7662) and in who may revoke tokens (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import introspect

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.oauth.model import AccessToken, RefreshToken
    from payerproof.sandbox.tenant import Tenant

    Record = AccessToken | RefreshToken

Document = dict[str, Any]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


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
