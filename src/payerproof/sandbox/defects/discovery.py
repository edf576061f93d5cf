"""Faults of the discovery documents: what they leave out, get wrong, or promise in vain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, transport
from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.discovery import openid_configuration, smart_configuration
from payerproof.sandbox.scopes import supported

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

SMART = "/fhir/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"


def _smart(**changed: Any) -> Change:
    """The SMART configuration with members replaced; None leaves one out."""

    def document(tenant: Tenant) -> dict[str, Any]:
        merged = {**smart_configuration(tenant), **changed}
        return {name: value for name, value in merged.items() if value is not None}

    return oauth(smart_configuration=document)


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "discovery", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "discovery", tuple(cites.split()), title, change, lawful=True))


# -- members of the SMART configuration

_defect(
    "smart-configuration-without-pkce-methods",
    "Q-DISC-04",
    "The SMART configuration doesn't say that PKCE is used, though it is required",
    _smart(code_challenge_methods_supported=None),
    twin="smart-configuration-with-more-members",
)
_defect(
    "smart-configuration-offers-plain",
    "Q-DISC-04 N-OAUTH-04",
    "The SMART configuration offers the PKCE method plain beside S256",
    _smart(code_challenge_methods_supported=["plain", "S256"]),
)
_defect(
    "smart-configuration-capabilities-as-text",
    "Q-DISC-01",
    "The capabilities in the SMART configuration are one text with spaces, not a list",
    oauth(
        smart_configuration=lambda tenant: {
            **smart_configuration(tenant),
            "capabilities": " ".join(smart_configuration(tenant)["capabilities"]),
        }
    ),
)
_defect(
    "smart-configuration-without-grant-types",
    "Q-DISC-01 Q-DISC-05",
    "The SMART configuration names no grant types",
    _smart(grant_types_supported=None),
)
_defect(
    "smart-configuration-without-scopes",
    "Q-DISC-05 Q-AUTH-09",
    "The SMART configuration doesn't list the scopes that apps may ask for",
    _smart(scopes_supported=None),
)
_defect(
    "smart-configuration-hides-standalone-launch",
    "Q-DISC-05",
    "Standalone launch works but is missing from the capabilities",
    oauth(
        smart_configuration=lambda tenant: {
            **smart_configuration(tenant),
            "capabilities": [
                capability
                for capability in smart_configuration(tenant)["capabilities"]
                if capability not in ("launch-standalone", "context-standalone-patient")
            ],
        }
    ),
)
_defect(
    "smart-configuration-offers-implicit",
    "Q-DISC-05 N-OAUTH-16",
    "The SMART configuration still offers the implicit grant that was switched off",
    _smart(
        response_types_supported=["code", "token", "id_token token"],
        grant_types_supported=["authorization_code", "implicit", "refresh_token"],
    ),
)
_defect(
    "smart-configuration-offers-client-credentials",
    "Q-DISC-05",
    "The SMART configuration offers the client credentials grant, which is always refused",
    _smart(grant_types_supported=["authorization_code", "client_credentials", "refresh_token"]),
)
_defect(
    "smart-configuration-lists-scopes-never-granted",
    "Q-DISC-05 Q-AUTH-09",
    "The SMART configuration lists user-level and writing scopes that nobody is ever granted",
    oauth(
        scopes_supported=lambda _tenant: (
            *("profile", "user/*.read", "patient/*.write"),
            *supported(),
        )
    ),
)
_defect(
    "smart-configuration-understates-client-authentication",
    "Q-TOK-15 Q-DISC-05",
    "The SMART configuration names the client secret in the body as the only way, and isn't right",
    _smart(token_endpoint_auth_methods_supported=["client_secret_post"]),
)


# -- addresses


def _relative(tenant: Tenant) -> dict[str, Any]:
    found = smart_configuration(tenant)
    names = ("introspection_endpoint", "revocation_endpoint", "management_endpoint")
    return {**found, **{name: found[name].removeprefix(tenant.base) for name in names}}


_defect(
    "smart-configuration-relative-addresses",
    "Q-DISC-03",
    "Some endpoints in the SMART configuration are paths instead of absolute addresses",
    oauth(smart_configuration=_relative),
)
_defect(
    "revocation-endpoint-over-plain-http",
    "Q-DISC-03 N-LEAK-12",
    "The revocation endpoint is published with an http address",
    oauth(
        smart_configuration=lambda tenant: {
            **smart_configuration(tenant),
            "revocation_endpoint": f"{tenant.base}/oauth/revoke".replace("https:", "http:", 1),
        }
    ),
)
_defect(
    "introspection-endpoint-lost-a-path-segment",
    "Q-DISC-03",
    "The published introspection endpoint lacks the payer's path and answers 404",
    oauth(
        smart_configuration=lambda tenant: {
            **smart_configuration(tenant),
            "introspection_endpoint": f"{tenant.base}/introspect",
        }
    ),
)
_defect(
    "openid-configuration-names-another-token-endpoint",
    "Q-DISC-03",
    "The two discovery documents name different token endpoints, and one of them doesn't exist",
    oauth(
        openid_configuration=lambda tenant: {
            **openid_configuration(tenant),
            "token_endpoint": f"{tenant.base}/fhir/oauth/token",
        }
    ),
)

# -- issuer and keys

_defect(
    "openid-issuer-with-trailing-slash",
    "Q-DISC-09",
    "The OpenID configuration's issuer ends with a slash and the id_token's doesn't",
    oauth(
        openid_configuration=lambda tenant: {
            **openid_configuration(tenant),
            "issuer": tenant.issuer + "/",
        }
    ),
    twin="jwks-with-a-retired-key",
)


def _retired_key() -> dict[str, Any]:
    modulus = keys.public_keys()["keys"][0]["n"]
    return {"kty": "RSA", "kid": "2024-key", "alg": "RS256", "use": "sig", "e": "AQAB",
            "n": modulus[:-8] + "AAAAAAAQ"[:8]}  # fmt: skip


_defect(
    "jwks-without-the-signing-key",
    "Q-DISC-09 Q-TOK-20",
    "The published key set still holds last year's key, and not the one that signs",
    oauth(jwks=lambda _tenant: {"keys": [_retired_key()]}),
    twin="jwks-with-a-retired-key",
)
_twin(
    "jwks-with-a-retired-key",
    "Q-DISC-09",
    "The key set keeps a retired key beside the one that signs",
    oauth(jwks=lambda _tenant: {"keys": [_retired_key(), *keys.public_keys()["keys"]]}),
)
_defect(
    "jwks-with-private-part",
    "N-OAUTH-13 Q-DISC-09",
    "The published key set holds the private part of the signing key",
    oauth(jwks=lambda _tenant: {"keys": [keys.signing_key().as_dict(private=True)]}),
)
_defect(
    "jwks-key-without-kid",
    "Q-DISC-09",
    "The published key has no kid, so an id_token's header finds nothing",
    oauth(
        jwks=lambda _tenant: {
            "keys": [
                {name: value for name, value in key.items() if name != "kid"}
                for key in keys.public_keys()["keys"]
            ]
        }
    ),
)

# -- how the documents are served


def _path(tenant: Tenant, request: Request) -> str:
    return str(request.scope["path"][len(tenant.name) + 1 :])


def _missing(path: str) -> Change:
    def rewrite(tenant: Tenant, request: Request) -> Response | None:
        page = "<!doctype html><title>Not found</title><h1>Page not found</h1>"
        return HTMLResponse(page, 404) if _path(tenant, request) == path else None

    return transport(rewrite=rewrite)


_defect(
    "smart-configuration-missing",
    "Q-DISC-01 Q-DISC-10",
    "There is no SMART configuration: its address answers with a page that says not found",
    _missing(SMART),
    twin="smart-configuration-with-charset",
)
_defect(
    "openid-configuration-missing",
    "Q-DISC-09",
    "openid is offered, but there is no OpenID configuration under the issuer",
    _missing(OPENID),
)


def _behind_token(tenant: Tenant, request: Request) -> Response | None:
    if _path(tenant, request) != SMART or "authorization" in request.headers:
        return None
    headers = {"WWW-Authenticate": 'Bearer realm="gateway"'}
    return JSONResponse({"message": "Unauthorized"}, 401, headers)


_defect(
    "smart-configuration-needs-a-token",
    "Q-DISC-01",
    "The SMART configuration is only given to whoever brings a token",
    transport(rewrite=_behind_token),
)


def _by_accept(tenant: Tenant, request: Request) -> Response | None:
    accept = request.headers.get("accept", "*/*")
    if _path(tenant, request) != SMART or "application/json" in accept or "*/*" in accept:
        return None
    return Response("Not Acceptable", 406, media_type="text/plain")


_defect(
    "smart-configuration-by-accept",
    "Q-DISC-01",
    "Whoever asks for FHIR JSON is refused the SMART configuration",
    transport(rewrite=_by_accept),
    twin="smart-configuration-with-charset",
)


def _served(kind: str, *, mark: bytes = b"", indent: int | None = None) -> Change:
    def answer(_tenant: Tenant, document: dict[str, Any]) -> Response:
        headers = {"Cache-Control": "public, max-age=300", "Content-Type": kind}
        return Response(mark + json.dumps(document, indent=indent).encode(), headers=headers)

    return oauth(document_response=answer)


_defect(
    "discovery-documents-as-html",
    "Q-DISC-01",
    "The discovery documents are JSON but say that they are HTML",
    _served("text/html; charset=utf-8"),
    twin="smart-configuration-with-charset",
)
_defect(
    "discovery-documents-with-byte-order-mark",
    "Q-DISC-01",
    "The discovery documents begin with a byte order mark, which JSON must not have",
    _served("application/json", mark=b"\xef\xbb\xbf"),
    twin="smart-configuration-with-charset",
)
_twin(
    "smart-configuration-with-charset",
    "Q-DISC-01",
    "The discovery documents name their character set and are indented",
    _served("application/json; charset=utf-8", indent=2),
)
_twin(
    "smart-configuration-with-more-members",
    "Q-DISC-05",
    "The SMART configuration has members of the payer's own and a capability of its own by URI",
    oauth(
        smart_configuration=lambda tenant: {
            "x_environment": "synthetic",
            **smart_configuration(tenant),
            "service_documentation": f"{tenant.base}/portal/apps",
            "capabilities": [
                "https://payer.example/capability/member-picker",
                *reversed(smart_configuration(tenant)["capabilities"]),
            ],
        }
    ),
)


def _browsers_crash(tenant: Tenant, request: Request) -> Response | None:
    page = "text/html" in request.headers.get("accept", "")
    if _path(tenant, request) == "/portal/apps" and page:
        return Response("Internal error", 500, media_type="text/plain")
    return None


_defect(
    "management-page-fails-in-browsers",
    "Q-DISC-08",
    "The page that lists a member's apps answers scripts, and fails for whoever accepts HTML",
    transport(rewrite=_browsers_crash),
)


def _post_refused(tenant: Tenant, request: Request) -> Response | None:
    if _path(tenant, request) == "/oauth/authorize" and request.method == "POST":
        return Response("Method Not Allowed", 405, {"Allow": "GET"}, "text/plain")
    return None


_defect(
    "authorize-post-claimed-in-vain",
    "Q-DISC-05",
    "The capability authorize-post is claimed, and a POST to the authorization endpoint refused",
    transport(rewrite=_post_refused),
)
