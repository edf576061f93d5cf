"""Faults of what discovery documents say: left out, wrong, or promised in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import keys
from payerproof.sandbox.oauth.discovery import openid_configuration, smart_configuration
from payerproof.sandbox.scopes import supported

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


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
