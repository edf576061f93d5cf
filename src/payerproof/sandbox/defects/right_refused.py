"""Faults that turn away the app that does everything right, or give it something else."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.defects.tokens import Document, document, is_refreshed
from payerproof.sandbox.oauth import asking, authorize, clients, minting, resource
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import OAuthError

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.model import (
        AccessToken,
        AuthorizationRequest,
        Code,
        Connection,
        Issued,
    )
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


# -- the authorization request

_defect(
    "audience-is-the-issuer",
    "Q-AUTH-03",
    "aud has to be the issuer of the authorization server; the FHIR base is refused",
    oauth(audience_is_ours=lambda tenant, aud: aud == tenant.issuer),
    twin="audience-may-be-the-issuer",
)
_twin(
    "audience-may-be-the-issuer",
    "Q-AUTH-03",
    "The payer's own issuer is accepted as audience beside the FHIR base",
    oauth(
        audience_is_ours=lambda tenant, aud: (
            aud == tenant.issuer or asking.audience_is_ours(tenant, aud)
        )
    ),
)


def _of_column_width(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    asked = authorize.validate(tenant, parameters)
    if sum(len(name) + len(value) + 2 for name, value in parameters.items()) > 255:
        words = "The request is too long"
        raise authorize.Redirected(authorize.refuse(tenant, asked, "invalid_request", words))
    return asked


_defect(
    "authorization-request-of-column-width",
    "Q-AUTH-11",
    "A request is kept in a column of 255 characters, and what is longer is refused",
    oauth(validate=_of_column_width),
)


def _with_slash(redirect_uri: str, parameters: asking.Pairs) -> str:
    return asking.redirect_address(redirect_uri.rstrip("/") + "/", parameters)


_defect(
    "redirect-address-gets-a-slash",
    "Q-REG-04",
    "The answer goes to the registered address with a slash added to its path",
    oauth(redirect_address=_with_slash),
    twin="redirect-loopback-port-free",
)


def _wants_own_scope(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
    if "internal" not in asked:
        raise OAuthError("invalid_scope", "The scope internal is required")
    return asking.grantable(tenant, app, asked)


_defect(
    "own-scope-required",
    "Q-AUTH-07",
    "No request is good without a scope of the payer's own, which only the sign-up mail names",
    oauth(
        grantable=_wants_own_scope,
        scope_is_known=lambda tenant, scope: (
            scope == "internal" or asking.scope_is_known(tenant, scope)
        ),
    ),
    twin="own-scope-offered",
)


def _takes_own_scope(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
    found = asking.grantable(tenant, app, asked)
    return (*found, "internal") if "internal" in asked else found


_twin(
    "own-scope-offered",
    "Q-AUTH-07",
    "A scope of the payer's own is granted to whoever asks for it; nobody needs it",
    oauth(
        grantable=_takes_own_scope,
        scope_is_known=lambda tenant, scope: (
            scope == "internal" or asking.scope_is_known(tenant, scope)
        ),
    ),
)

# -- the exchange


def _padded(code: Code, verifier: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return digest.decode() == code.challenge


_defect(
    "pkce-digest-compared-with-padding",
    "N-OAUTH-04",
    "The verifier's digest is compared with its padding, which the challenge doesn't have",
    oauth(verifier_matches=_padded),
    twin="pkce-verifier-of-any-length",
)


def _secret_needed(tenant: Tenant, authorization: str, form: Parameters) -> App:
    app = clients.authenticate_client(tenant, authorization, form)
    if app.type == "public":
        raise clients.refused("A client secret is required")
    return app


_defect(
    "public-app-needs-a-secret",
    "Q-TOK-15",
    "The token endpoint asks every app for a secret, also one that cannot keep any",
    oauth(authenticate_client=_secret_needed),
)


def _after_activation(tenant: Tenant, record: AccessToken) -> bool:
    records = tenant.grants.access_tokens.values()
    first = next(one for one in records if one.connection is record.connection)
    return first is not record and resource.token_lives(tenant, record)


_defect(
    "first-token-opens-nothing",
    "Q-AUTH-16",
    "The token of the exchange opens nothing; it takes a second one, from a refresh, to read",
    oauth(token_lives=_after_activation),
)

# -- the refresh


def _typed_when_refreshed(tenant: Tenant, issued: Issued, made: Document) -> Document:
    typed = f"Patient/{made['patient']}"
    return {"patient": typed if is_refreshed(tenant, issued) else made["patient"]}


_defect(
    "patient-with-type-on-refresh",
    "Q-TOK-03 Q-TOK-04",
    "A refreshed token's patient is a reference with its type, where the first had a bare id",
    document(_typed_when_refreshed),
)


def _by_member_number(
    tenant: Tenant, connection: Connection, scopes: tuple[str, ...]
) -> dict[str, Any]:
    claims = minting.id_token_claims(tenant, connection, scopes)
    member = tenant.world.people[connection.grant.user]
    if "fhirUser" not in claims or member.patient != connection.grant.patient:
        return claims
    key = hashlib.sha256(member.member_number.encode()).hexdigest()[:20]
    return {**claims, "fhirUser": f"{tenant.fhir_base}/Patient/{key}"}


_defect(
    "id-token-has-the-login-systems-patient-id",
    "Q-TOK-04",
    "The id_token names the Patient by the id of the login system, which the API doesn't know",
    oauth(id_token_claims=_by_member_number),
    twin="id-token-fhir-user-relative",
)
