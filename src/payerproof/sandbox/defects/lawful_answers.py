"""Odd but lawful: ways in which discovery, authorization and the edge may differ among payers.

Twins that stand beside more than one fault. The standards leave all of this to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from joserfc.jwk import ECKey
from starlette.responses import JSONResponse

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, portal, transport
from payerproof.sandbox.oauth import asking, keys
from payerproof.sandbox.oauth.discovery import openid_configuration, smart_configuration
from payerproof.sandbox.portal.pages import error_page
from payerproof.sandbox.transport import HeaderEdits, preflight_headers

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def _twin(area: str, name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, area, tuple(cites.split()), title, change, lawful=True))


# -- discovery

_twin(
    "discovery",
    "discovery-documents-never-kept",
    "Q-DISC-01",
    "The discovery documents may not be kept by anybody",
    oauth(
        document_response=lambda _tenant, document: JSONResponse(
            document, headers={"Cache-Control": "no-store"}
        )
    ),
)
_twin(
    "discovery",
    "smart-configuration-without-response-modes",
    "Q-DISC-05",
    "The SMART configuration doesn't say how parameters go back, as nothing asks it to",
    oauth(
        smart_configuration=lambda tenant: {
            name: value
            for name, value in smart_configuration(tenant).items()
            if name != "response_modes_supported"
        }
    ),
)
_twin(
    "discovery",
    "openid-configuration-with-more-members",
    "Q-DISC-03 Q-DISC-09",
    "The OpenID configuration names languages and a policy page, and members of the payer's own",
    oauth(
        openid_configuration=lambda tenant: {
            "x_environment": "synthetic",
            **openid_configuration(tenant),
            "ui_locales_supported": ["en-US"],
            "op_policy_uri": f"{tenant.base}/portal/apps",
        }
    ),
)
_ELLIPTIC = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
_twin(
    "discovery",
    "jwks-with-a-key-of-another-kind",
    "Q-DISC-09",
    "The key set holds an elliptic key beside the one that signs id_tokens",
    oauth(
        jwks=lambda _tenant: {
            "keys": [_ELLIPTIC.as_dict(private=False), *keys.public_keys()["keys"]]
        }
    ),
)

# -- authorization responses and error pages

_twin(
    "authorization",
    "authorization-response-in-another-order",
    "N-OAUTH-17 N-OAUTH-18",
    "Issuer and state stand before the code in the authorization response",
    oauth(
        code_parameters=lambda tenant, state, code: list(
            reversed(asking.code_parameters(tenant, state, code))
        )
    ),
)
_twin(
    "authorization",
    "authorization-errors-without-description",
    "Q-AUTH-13 N-OAUTH-17",
    "An error goes back to the app without a description",
    oauth(
        error_parameters=lambda tenant, state, error, description: [
            pair
            for pair in asking.error_parameters(tenant, state, error, description)
            if pair[0] != "error_description"
        ]
    ),
)
_twin(
    "authorization",
    "authorization-errors-with-a-help-page",
    "Q-AUTH-13",
    "An error goes back to the app with the address of a help page",
    oauth(
        error_parameters=lambda tenant, state, error, description: [
            *asking.error_parameters(tenant, state, error, description),
            ("error_uri", f"{tenant.base}/portal/apps"),
        ]
    ),
)
_twin(
    "authorization",
    "authorization-error-page-in-other-words",
    "Q-AUTH-13 N-OAUTH-01",
    "A request that can't be answered ends on a page that gives no particulars",
    portal(
        error_page=lambda tenant, status, _headline, _explanation: error_page(
            tenant, status, "We could not continue", "Please go back to the app and try again."
        )
    ),
)

# -- the edge


def _more_headers(_tenant: Tenant, path: str, _status: int, _headers: object) -> HeaderEdits:
    if not path.startswith(("/fhir", "/oauth")):
        return {}
    return {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "RateLimit-Limit": "1000",
        "RateLimit-Remaining": "999",
        "RateLimit-Reset": "60",
    }


_twin(
    "transport",
    "api-answers-with-more-headers",
    "N-LEAK-06 N-LEAK-12",
    "Answers of the API say how many requests are left, and forbid to be shown in frames",
    transport(edit_headers=_more_headers),
)
_twin(
    "transport",
    "https-only-for-half-a-year",
    "N-LEAK-12",
    "Browsers are told to use HTTPS only for half a year",
    transport(
        security_headers=lambda _tenant: {
            "Strict-Transport-Security": "max-age=15768000",
            "X-Content-Type-Options": "nosniff",
        }
    ),
)
_twin(
    "transport",
    "cors-preflight-with-more-methods",
    "Q-NET-01 N-OAUTH-21",
    "A preflight allows more methods than the API has, and may be remembered for a day",
    transport(
        preflight_headers=lambda path, origin: (
            (headers := preflight_headers(path, origin))
            and {
                **headers,
                "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
                "Access-Control-Max-Age": "86400",
            }
        )
    ),
)
