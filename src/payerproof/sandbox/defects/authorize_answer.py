"""Faults in how an authorization ends: errors, eligibility, and answers never to be given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, portal
from payerproof.sandbox.oauth import authorize
from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant, UnsafeRequest

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


# -- errors


def _vendor_json(_tenant: Tenant, status: int, headline: str, _explanation: str) -> Response:
    body = {"fault": {"faultstring": headline, "detail": {"errorcode": "oauth.v2.InvalidRequest"}}}
    return JSONResponse(body, status)


_defect(
    "authorization-errors-as-json",
    "Q-AUTH-13",
    "A member who arrives by a bad link sees raw JSON instead of a page",
    portal(error_page=_vendor_json),
)


def _never_redirected(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    try:
        return authorize.validate(tenant, parameters)
    except authorize.Redirected:
        raise UnsafeRequest(400, "Something went wrong", "Please try again later.") from None


_defect(
    "authorization-errors-never-reach-the-app",
    "Q-AUTH-13",
    "Every faulty request ends on a page of the payer, though the app's address is known good",
    oauth(validate=_never_redirected),
)


def _long_state_only(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    if 0 < len(parameters.text("state")) < 16:
        raise UnsafeRequest(400, "Something went wrong", "State entropy check failed.")
    return authorize.validate(tenant, parameters)


_defect(
    "short-state-ends-on-a-page",
    "Q-AUTH-10 Q-AUTH-13",
    "A state of fewer than 16 characters ends on a page of the payer, and the app isn't told",
    oauth(validate=_long_state_only),
)
_defect(
    "response-mode-query-refused",
    "Q-AUTH-12",
    "response_mode=query is refused, though it is what the answer uses",
    oauth(response_mode_is_supported=lambda mode: mode == ""),
    twin="response-mode-not-looked-at",
)
_twin(
    "response-mode-not-looked-at",
    "Q-AUTH-12",
    "Any response_mode is passed over, like a parameter that nobody knows (RFC 6749, 3.1)",
    oauth(response_mode_is_supported=lambda _mode: True),
)
_defect(
    "response-type-not-looked-at",
    "N-OAUTH-16 Q-DISC-05",
    "Any response_type is taken, and answered with a code",
    oauth(response_type_is_supported=lambda _kind: True),
)


# -- implicit grant


@dataclass(frozen=True)
class _Implicit(AuthorizationRequest):
    """A request with response_type=token."""


def _either(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    request = authorize.validate(tenant, parameters)
    if parameters.text("response_type") != "token":
        return request
    return _Implicit(**{name: getattr(request, name) for name in request.__dataclass_fields__})


def _token_in_fragment(
    tenant: Tenant, request: AuthorizationRequest, grant: Grant, auth_time: float
) -> str:
    if not isinstance(request, _Implicit):
        return authorize.answer_with_code(tenant, request, grant, auth_time)
    policies = tenant.policies.oauth
    scopes = policies.connection_scopes(request, grant)
    connection = tenant.grants.connect(grant, scopes, request.nonce, auth_time)
    issued = replace(policies.issue(tenant, connection, scopes, True), refresh_token="")
    fragment = {**policies.token_document(tenant, issued), "state": request.state or ""}
    return f"{request.redirect_uri}#{urlencode(fragment)}"


_defect(
    "implicit-grant-left-on",
    "N-OAUTH-16",
    "response_type=token still gives an access token in the address",
    oauth(
        response_type_is_supported=lambda kind: kind in ("code", "token"),
        validate=_either,
        answer_with_code=_token_in_fragment,
    ),
)
