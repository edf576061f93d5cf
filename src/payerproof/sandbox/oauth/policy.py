"""Every decision of the authorization server, each a small function that can be replaced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.oauth import (
    asking,
    authorize,
    clients,
    discovery,
    exchanging,
    forms,
    granting,
    introspect,
    minting,
    resource,
    revoke,
    token,
    userinfo,
)

if TYPE_CHECKING:
    from payerproof.sandbox.access import Access, Refusal
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.asking import Pairs
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.oauth.model import (
        AccessToken,
        AuthorizationRequest,
        Code,
        Connection,
        Grant,
        Issued,
        OAuthError,
        RefreshToken,
    )
    from payerproof.sandbox.tenant import Tenant

    Scopes = tuple[str, ...]
    Claims = dict[str, Any]
    Document = dict[str, Any]
    AnyToken = AccessToken | RefreshToken

DAY = 86400.0


@dataclass(frozen=True)
class OAuthPolicies:
    """The correct authorization server. Lifetimes in seconds."""

    # lifetimes
    code_lifetime: float = 60.0
    access_token_lifetime: float = 3600.0
    id_token_lifetime: float = 600.0
    refresh_token_lifetime: float = 90 * DAY
    grant_lifetime: float = 365 * DAY

    # discovery
    smart_configuration: Callable[[Tenant], Document] = discovery.smart_configuration
    openid_configuration: Callable[[Tenant], Document] = discovery.openid_configuration
    jwks: Callable[[Tenant], Document] = discovery.jwks
    document_response: Callable[[Tenant, Document], Response] = discovery.document_response
    scopes_supported: Callable[[Tenant], Scopes] = asking.scopes_supported

    # authorization request
    validate: Callable[[Tenant, Parameters], AuthorizationRequest] = authorize.validate
    registered_app: Callable[[Tenant, str], App | None] = asking.registered_app
    app_is_let_in: Callable[[Tenant, App], bool] = asking.app_is_let_in
    redirect_uri_is_registered: Callable[[App, str], bool] = asking.redirect_uri_is_registered
    response_type_is_supported: Callable[[str], bool] = asking.response_type_is_supported
    response_mode_is_supported: Callable[[str], bool] = asking.response_mode_is_supported
    audience_is_ours: Callable[[Tenant, str], bool] = asking.audience_is_ours
    state_is_acceptable: Callable[[str | None], bool] = asking.state_is_acceptable
    challenge_is_acceptable: Callable[[str, str], bool] = asking.challenge_is_acceptable
    scope_is_well_formed: Callable[[str], bool] = asking.scope_is_well_formed
    scope_is_known: Callable[[Tenant, str], bool] = asking.scope_is_known
    unknown_scopes_refuse: Callable[[Tenant], bool] = asking.unknown_scopes_refuse
    grantable: Callable[[Tenant, App, Scopes], Scopes] = asking.grantable
    stays_within: Callable[[Scopes, Scopes], bool] = asking.stays_within
    code_parameters: Callable[[Tenant, str | None, str], Pairs] = asking.code_parameters
    error_parameters: Callable[[Tenant, str | None, str, str], Pairs] = asking.error_parameters
    redirect_address: Callable[[str, Pairs], str] = asking.redirect_address

    # grants
    acts_for: Callable[[Tenant, Person, Person], bool] = granting.acts_for
    authority_holds: Callable[[Tenant, Grant], bool] = granting.authority_holds
    fhir_user: Callable[[Tenant, Person, str], str] = granting.fhir_user
    consent_is_remembered: Callable[[Tenant, AuthorizationRequest, str, str], bool] = (
        granting.consent_is_remembered
    )
    record_decision: Callable[[Tenant, AuthorizationRequest, Person, str, Scopes, bool], Grant] = (
        granting.record_decision
    )
    connection_is_cut: Callable[[Connection, Grant], bool] = granting.connection_is_cut
    connection_scopes: Callable[[AuthorizationRequest, Grant], Scopes] = granting.connection_scopes
    answer_with_code: Callable[[Tenant, AuthorizationRequest, Grant, float], str] = (
        authorize.answer_with_code
    )
    revoke_by_member: Callable[[Tenant, str, Grant], None] = granting.revoke_by_member

    # client authentication
    authenticate_client: Callable[[Tenant, str, Parameters], App] = clients.authenticate_client
    client_method_is_registered: Callable[[App, str], bool] = clients.method_is_registered
    secret_matches: Callable[[App, str], bool] = clients.secret_matches
    assertion_claims: Callable[[App, str], Claims | None] = clients.assertion_claims
    assertion_names_app: Callable[[App, Claims], bool] = clients.assertion_names_app
    assertion_audience_is_ours: Callable[[Tenant, Claims], bool] = (
        clients.assertion_audience_is_ours
    )
    assertion_is_current: Callable[[Tenant, Claims], bool] = clients.assertion_is_current
    assertion_is_fresh: Callable[[Tenant, App, Claims], bool] = clients.assertion_is_fresh

    # token request
    token_form: Callable[[Request], Awaitable[Parameters]] = forms.form_parameters
    grant_type_is_supported: Callable[[str], bool] = exchanging.grant_type_is_supported
    exchange: Callable[[Tenant, App, Parameters], Issued] = token.exchange
    refresh: Callable[[Tenant, App, Parameters], Issued] = token.refresh
    code_is_current: Callable[[Tenant, Code], bool] = exchanging.code_is_current
    code_was_used: Callable[[Code], bool] = exchanging.code_was_used
    code_is_for_client: Callable[[Code, App], bool] = exchanging.code_is_for_client
    code_is_for_redirect: Callable[[Code, str], bool] = exchanging.code_is_for_redirect
    verifier_matches: Callable[[Code, str], bool] = exchanging.verifier_matches
    on_code_replay: Callable[[Tenant, Code], None] = exchanging.on_code_replay
    refresh_is_current: Callable[[Tenant, RefreshToken], bool] = exchanging.refresh_is_current
    refresh_was_used: Callable[[RefreshToken], bool] = exchanging.refresh_was_used
    refresh_is_for_client: Callable[[RefreshToken, App], bool] = exchanging.refresh_is_for_client
    refresh_lives: Callable[[Tenant, RefreshToken], bool] = exchanging.refresh_lives
    on_refresh_replay: Callable[[Tenant, RefreshToken], None] = exchanging.on_refresh_replay
    refreshed_scopes: Callable[[Connection, str], Scopes] = exchanging.refreshed_scopes
    refresh_is_issued: Callable[[Scopes], bool] = exchanging.refresh_is_issued

    # what is handed out
    issue: Callable[[Tenant, Connection, Scopes, bool], Issued] = minting.issue
    new_access_token: Callable[[Tenant, Connection, Scopes], tuple[str, AccessToken]] = (
        minting.new_access_token
    )
    access_token_claims: Callable[[Tenant, AccessToken], Claims] = minting.access_token_claims
    new_refresh_token: Callable[[Tenant, Connection], RefreshToken] = minting.new_refresh_token
    id_token_claims: Callable[[Tenant, Connection, Scopes], Claims] = minting.id_token_claims
    signed_id_token: Callable[[Claims], str] = minting.signed_id_token
    token_document: Callable[[Tenant, Issued], Document] = minting.token_document
    token_headers: Callable[[], dict[str, str]] = minting.token_headers
    token_response: Callable[[Tenant, Issued], Response] = minting.token_response
    token_error: Callable[[Tenant, OAuthError], Response] = minting.token_error

    # bearer tokens
    presented_token: Callable[[Request], str | None] = resource.presented_token
    access_token_record: Callable[[Tenant, str], AccessToken | None] = resource.access_token_record
    token_is_for_us: Callable[[Tenant, Claims], bool] = resource.token_is_for_us
    token_is_current: Callable[[Tenant, AccessToken], bool] = resource.token_is_current
    token_lives: Callable[[Tenant, AccessToken], bool] = resource.token_lives
    connection_lives: Callable[[Tenant, Connection], bool] = exchanging.connection_lives
    grant_lives: Callable[[Tenant, Connection], bool] = exchanging.grant_lives
    access_of: Callable[[AccessToken], Access] = resource.access_of
    refusal: Callable[[str, str], Refusal] = resource.refusal
    authenticate: Callable[[Tenant, Request], Access | Refusal] = resource.authenticate

    # introspection, revocation, userinfo
    introspecting_app: Callable[[Tenant, str, Parameters], App] = introspect.introspecting_app
    revoking_app: Callable[[Tenant, str, Parameters], App] = revoke.revoking_app
    client_may_manage_tokens: Callable[[App], bool] = introspect.client_may_manage_tokens
    connection_is_of: Callable[[Connection, App], bool] = introspect.connection_is_of
    introspection_document: Callable[[Tenant, AnyToken | None, App], Document] = (
        introspect.introspection_document
    )
    revoke_token: Callable[[Tenant, AnyToken], None] = revoke.revoke_token
    userinfo_document: Callable[[Tenant, Access], Document] = userinfo.userinfo_document
