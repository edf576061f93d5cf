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
_defect(
    "response-mode-query-refused",
    "Q-AUTH-12",
    "response_mode=query is refused, though it is what the answer uses",
    oauth(response_mode_is_supported=lambda mode: mode == ""),
)
_defect(
    "response-type-not-looked-at",
    "N-OAUTH-16 Q-DISC-05",
    "Any response_type is taken, and answered with a code",
    oauth(response_type_is_supported=lambda _kind: True),
)


def _without_reason(_tenant: Tenant, request: AuthorizationRequest) -> str:
    return f"{request.redirect_uri}?{urlencode({'message': 'not eligible'})}"


_defect(
    "ineligible-member-without-error-code",
    "Q-AUTH-14 Q-AUTH-23",
    "Whoever has no member record is sent back to the app without an error code or the state",
    portal(refuse_without_record=_without_reason),
)


def _first_row(tenant: Tenant, request: AuthorizationRequest) -> str:
    member = next(person for person in tenant.world.people.values() if person.patient)
    record = tenant.policies.oauth.record_decision
    grant = record(tenant, request, member, member.patient, request.scopes, False)
    return tenant.policies.oauth.answer_with_code(tenant, request, grant, tenant.clock.now())


_defect(
    "login-without-record-gets-the-first-member",
    "Q-TOK-21 Q-AUTH-23",
    "A portal user without a member record is given the record of the first member there is",
    portal(refuse_without_record=_first_row),
)


def _declined(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> str:
    earlier = tenant.grants.grant_of(user, request.app.client_id, patient)
    if earlier is not None:
        tenant.grants.end_grant(earlier, "declined")
    return authorize.refuse(tenant, request, "access_denied", "The member did not allow access")


_defect(
    "cancel-ends-the-earlier-grant",
    "Q-AUTH-20",
    "Pressing Don't allow ends what the member had allowed the app before",
    portal(decline=_declined),
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
