"""The authorization endpoint: what is asked, and how the answer goes back to the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from payerproof.sandbox.oauth.forms import Parameters, form_parameters, query_parameters
from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant, OAuthError, UnsafeRequest

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.tenant import Tenant

_KNOWN = frozenset(
    {
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "aud",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "prompt",
        "max_age",
    }
)
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class Redirected(Exception):
    """The request is answered by a redirect to the app, with an error."""

    def __init__(self, location: str) -> None:
        super().__init__("authorization request refused by redirect")
        self.location = location


async def read_request(request: Request) -> Parameters:
    """Parameters of an authorization request by GET (query) or POST (form body)."""
    try:
        if request.method == "POST":
            return await form_parameters(request, exact=True)
        return query_parameters(request, exact=True)
    except OAuthError as error:
        raise UnsafeRequest(
            400, "This request can't be read", "The app sent a request that we can't read."
        ) from error


def validate(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    """Check an authorization request.

    Raises `UnsafeRequest` while it isn't certain that the redirect URI belongs to the app, and
    `Redirected` for every error after that.
    """
    app = _safe_app(tenant, parameters)
    redirect_uri = parameters["redirect_uri"]
    state = parameters.get("state") if "state" not in parameters.repeated else None
    try:
        return _checked(tenant, app, parameters)
    except OAuthError as error:
        raise Redirected(
            error_redirect(tenant, redirect_uri, state, error.error, error.description)
        ) from None


def _safe_app(tenant: Tenant, parameters: Parameters) -> App:
    policies = tenant.policies.oauth
    app = policies.registered_app(tenant, parameters.text("client_id"))
    if app is None or "client_id" in parameters.repeated:
        raise UnsafeRequest(
            400,
            "We don't know this app",
            "The app that sent you here is not registered with us. Nothing was shared.",
        )
    if not policies.app_is_let_in(tenant, app):
        raise UnsafeRequest(
            403,
            "This app can't connect",
            f"{app.name} is no longer allowed to connect to your plan. Nothing was shared.",
        )
    presented = parameters.text("redirect_uri")
    if "redirect_uri" in parameters.repeated or not policies.redirect_uri_is_registered(
        app, presented
    ):
        raise UnsafeRequest(
            400,
            "This request isn't safe",
            f"{app.name} asked us to send you to an address that it has not registered. "
            "Nothing was shared.",
        )
    return app


def _checked(tenant: Tenant, app: App, parameters: Parameters) -> AuthorizationRequest:
    policies = tenant.policies.oauth
    if parameters.repeated & _KNOWN:
        raise OAuthError("invalid_request", "A parameter was sent more than once")
    if any(not _is_text(parameters.text(name)) for name in _KNOWN - {"state"}):
        raise OAuthError("invalid_request", "A parameter is not UTF-8")
    _check_form(tenant, parameters)
    if not policies.audience_is_ours(tenant, parameters.text("aud")):
        raise OAuthError("invalid_request", "aud must be the FHIR base URL of this payer")
    if not policies.state_is_acceptable(parameters.get("state")):
        raise OAuthError("invalid_request", "state is missing")
    challenge = parameters.text("code_challenge")
    if not policies.challenge_is_acceptable(challenge, parameters.text("code_challenge_method")):
        raise OAuthError("invalid_request", "PKCE with code_challenge_method S256 is required")
    asked = _asked_scopes(tenant, parameters.text("scope"))
    scopes = policies.grantable(tenant, app, asked)
    if not scopes:
        raise OAuthError("invalid_scope", "None of these scopes can be granted by a member")
    return AuthorizationRequest(
        app=app,
        redirect_uri=parameters["redirect_uri"],
        asked=asked,
        scopes=scopes,
        state=parameters.get("state"),
        challenge=challenge,
        nonce=parameters.text("nonce"),
        prompt=_prompt(parameters.text("prompt")),
        max_age=_max_age(parameters.text("max_age")),
    )


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _check_form(tenant: Tenant, parameters: Parameters) -> None:
    policies = tenant.policies.oauth
    if not parameters.text("response_type"):
        raise OAuthError("invalid_request", "response_type is missing")
    if not policies.response_type_is_supported(parameters["response_type"]):
        raise OAuthError("unsupported_response_type", "Only response_type code is offered")
    if not policies.response_mode_is_supported(parameters.text("response_mode")):
        raise OAuthError("invalid_request", "Only response_mode query is offered")
    for name in ("request", "request_uri"):
        if parameters.text(name):
            raise OAuthError(f"{name}_not_supported", "Request objects are not offered")


def _asked_scopes(tenant: Tenant, text: str) -> tuple[str, ...]:
    policies = tenant.policies.oauth
    if not text.strip(" "):
        raise OAuthError("invalid_scope", "scope is missing")
    if not policies.scope_is_well_formed(text):
        raise OAuthError("invalid_scope", "scope holds a character that is not allowed")
    asked = tuple(dict.fromkeys(token for token in text.split(" ") if token))
    known = tuple(token for token in asked if policies.scope_is_known(tenant, token))
    if known != asked and policies.unknown_scopes_refuse(tenant):
        raise OAuthError("invalid_scope", "A scope is not known to this payer")
    return known


def _prompt(text: str) -> frozenset[str]:
    prompt = frozenset(text.split())
    if not prompt <= _PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise OAuthError("invalid_request", "prompt is not one that this payer knows")
    return prompt


def _max_age(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise OAuthError("invalid_request", "max_age must be a number of seconds")
    return int(text)


def error_redirect(
    tenant: Tenant, redirect_uri: str, state: str | None, error: str, description: str
) -> str:
    """Address of the app with an error in its query."""
    policies = tenant.policies.oauth
    parameters = policies.error_parameters(tenant, state, error, description)
    return policies.redirect_address(redirect_uri, parameters)


def refuse(tenant: Tenant, request: AuthorizationRequest, error: str, description: str) -> str:
    """Address that tells the app that it gets nothing; no grant is touched."""
    return error_redirect(tenant, request.redirect_uri, request.state, error, description)


def answer_with_code(
    tenant: Tenant, request: AuthorizationRequest, grant: Grant, auth_time: float
) -> str:
    """Open a connection under a grant and return the app's address with its code.

    The connection has the scopes of this request as far as the grant allows them; earlier
    connections of the app live on.
    """
    policies = tenant.policies.oauth
    scopes = policies.connection_scopes(request, grant)
    connection = tenant.grants.connect(grant, scopes, request.nonce, auth_time)
    code = tenant.grants.add_code(connection, request, policies.code_lifetime)
    parameters = policies.code_parameters(tenant, request.state, code.value)
    return policies.redirect_address(request.redirect_uri, parameters)


async def authorize_endpoint(request: Request) -> Response:
    """GET and POST {authorization_endpoint}: validate, then hand the browser to the portal."""
    tenant: Tenant = request.state.tenant
    try:
        asked = tenant.policies.oauth.validate(tenant, await read_request(request))
    except UnsafeRequest as unsafe:
        show = tenant.policies.portal.error_page
        return show(tenant, unsafe.status, unsafe.headline, unsafe.explanation)
    except Redirected as refused:
        return redirect(refused.location)
    journey = tenant.journeys.begin(asked)
    return await tenant.policies.portal.take_over(tenant, request, journey)


def redirect(location: str) -> Response:
    """303, so that a POST is never repeated at the other end; the address as it stands."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    answer = RedirectResponse(location, 303, headers)
    answer.headers["location"] = location
    return answer
