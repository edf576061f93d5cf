"""Faults of the token endpoint: what it reads, how it errs, and grants it must not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, both, oauth, transport
from payerproof.sandbox.oauth import forms, minting, token
from payerproof.sandbox.oauth.discovery import smart_configuration
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import Grant, OAuthError
from payerproof.sandbox.oauth.store import new_id

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import Issued
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _at_token(tenant: Tenant, request: Request, path: str) -> bool:
    return bool(request.scope["path"] == f"/{tenant.name}{path}")


def _to_the_other_address(tenant: Tenant, request: Request) -> Response | None:
    if _at_token(tenant, request, "/oauth/token/"):
        return RedirectResponse(f"{tenant.base}/oauth/token", 301)
    return None


_defect(
    "token-endpoint-redirects",
    "Q-TOK-13",
    "The token endpoint is published with a slash at its end, from where it redirects",
    both(
        transport(rewrite=_to_the_other_address),
        oauth(
            smart_configuration=lambda tenant: {
                **smart_configuration(tenant),
                "token_endpoint": tenant.token_endpoint + "/",
            }
        ),
    ),
)


async def _exact_type(request: Request) -> Parameters:
    if request.headers.get("content-type") != forms.FORM:
        raise OAuthError("invalid_request", "Unsupported content type")
    return await forms.form_parameters(request)


_defect(
    "token-form-with-charset-refused",
    "Q-TOK-14",
    "The token endpoint refuses a form whose content type names a charset",
    oauth(token_form=_exact_type),
)


async def _known_only(request: Request) -> Parameters:
    form = await forms.form_parameters(request)
    known = ("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope")
    credentials = ("client_id", "client_secret", "client_assertion", "client_assertion_type")
    if set(form) - {*known, *credentials}:
        raise OAuthError("invalid_request", "Unrecognized parameter")
    return form


_defect(
    "unknown-token-parameters-refused",
    "Q-TOK-18",
    "The token endpoint refuses a request with a parameter that it doesn't know",
    oauth(token_form=_known_only),
)


async def _strict_text(request: Request) -> Parameters:
    (await request.body()).decode("ascii")
    return await forms.form_parameters(request)


_defect(
    "token-endpoint-crashes-on-garbage",
    "Q-TOK-19",
    "Bytes that aren't ASCII in a token request end in an internal error",
    oauth(token_form=_strict_text),
)


def _always_well(_tenant: Tenant, error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, 200, minting.token_headers())


_defect(
    "token-errors-answered-200",
    "N-OAUTH-04 N-OAUTH-06",
    "Errors of the token endpoint come with status 200",
    oauth(token_error=_always_well),
)

# -- grants that members' apps must not have


def _with_password(tenant: Tenant, app: App, form: Parameters) -> Issued:
    if form.text("grant_type") != "password":
        return token.refresh(tenant, app, form)
    name, secret = form.text("username"), form.text("password")
    person = tenant.policies.portal.password_is_right(tenant, name, secret)
    if person is None or not person.patient:
        raise OAuthError("invalid_grant", "Wrong user name or password")
    return _granted(tenant, app, person, form.text("scope").split())


def _granted(tenant: Tenant, app: App, person: Person, asked: list[str]) -> Issued:
    policies, now = tenant.policies.oauth, tenant.clock.now()
    scopes = policies.grantable(tenant, app, tuple(asked))
    grant = Grant(
        id=new_id(),
        client_id=app.client_id,
        user=person.user,
        patient=person.patient,
        fhir_user=policies.fhir_user(tenant, person, person.patient),
        scopes=scopes,
        sensitive=False,
        created=now,
        expires=now + policies.grant_lifetime,
    )
    tenant.grants.add_grant(grant)
    return policies.issue(tenant, tenant.grants.connect(grant, scopes, "", now), scopes, True)


def _also(grant_type: str) -> Callable[[str], bool]:
    return lambda asked: asked in ("authorization_code", "refresh_token", grant_type)


_defect(
    "password-grant-left-on",
    "N-OAUTH-16",
    "An app that has a member's password gets tokens for it, past second factor and consent",
    oauth(grant_type_is_supported=_also("password"), refresh=_with_password),
)


def _for_the_app_itself(tenant: Tenant, app: App, form: Parameters) -> Issued:
    if form.text("grant_type") != "client_credentials":
        return token.refresh(tenant, app, form)
    now = tenant.clock.now()
    scopes = tuple(form.text("scope").split()) or ("system/*.read",)
    grant = Grant(new_id(), app.client_id, "", "", "", scopes, False, now, now + 300)
    tenant.grants.add_grant(grant)
    issued = minting.issue(tenant, tenant.grants.connect(grant, scopes, "", now), scopes, False)
    return replace(issued, refresh_token="")


_defect(
    "client-credentials-open-to-member-apps",
    "N-OAUTH-16",
    "A member-facing app gets a token with system scopes for itself",
    oauth(grant_type_is_supported=_also("client_credentials"), refresh=_for_the_app_itself),
)
