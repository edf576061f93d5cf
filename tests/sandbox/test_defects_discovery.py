from __future__ import annotations

import pytest
from defect_flow import Probes, get, granted, shows_at_the_faulty_payer_only
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SMART = "/fhir/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"
PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_discovery(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def smart(app):
    return get(app, SMART).json()


def keys(app):
    return get(app, "/oauth/jwks").json()["keys"]


def member(defect, probe):
    PROBES[defect] = lambda app: probe(smart(app))


def statement(app):
    return get(app, "/fhir/metadata").json()


member(
    "smart-configuration-without-pkce-methods",
    lambda d: "code_challenge_methods_supported" not in d,
)
member(
    "smart-configuration-offers-plain", lambda d: "plain" in d["code_challenge_methods_supported"]
)
member("smart-configuration-capabilities-as-text", lambda d: isinstance(d["capabilities"], str))
member("smart-configuration-without-grant-types", lambda d: "grant_types_supported" not in d)
member("smart-configuration-without-scopes", lambda d: "scopes_supported" not in d)
member(
    "smart-configuration-hides-standalone-launch",
    lambda d: "launch-standalone" not in d["capabilities"],
)
member("smart-configuration-offers-implicit", lambda d: "token" in d["response_types_supported"])
member(
    "smart-configuration-offers-client-credentials",
    lambda d: "client_credentials" in d["grant_types_supported"],
)
member(
    "smart-configuration-lists-scopes-never-granted",
    lambda d: "user/*.read" in d["scopes_supported"],
)
member(
    "smart-configuration-understates-client-authentication",
    lambda d: len(d["token_endpoint_auth_methods_supported"]) == 1,
)
member("smart-configuration-relative-addresses", lambda d: d["revocation_endpoint"].startswith("/"))
member(
    "revocation-endpoint-over-plain-http", lambda d: d["revocation_endpoint"].startswith("http:")
)
member("smart-configuration-with-more-members", lambda d: "x_environment" in d)


@PROBES.of("introspection-endpoint-lost-a-path-segment")
def _(app):
    path = smart(app)["introspection_endpoint"].removeprefix(app.base)
    return app.browser.send("POST", app.base + path).status_code == 404


@PROBES.of("openid-configuration-names-another-token-endpoint")
def _(app):
    return get(app, OPENID).json()["token_endpoint"] != smart(app)["token_endpoint"]


@PROBES.of("openid-issuer-with-trailing-slash")
def _(app):
    return get(app, OPENID).json()["issuer"] != smart(app)["issuer"]


def verified(app):
    token = granted(app)["id_token"]
    try:
        return bool(jwt.decode(token, KeySet.import_key_set({"keys": keys(app)})).claims["sub"])
    except JoseError:
        return False


@PROBES.of("jwks-without-the-signing-key")
def _(app):
    return not verified(app)


@PROBES.of("jwks-with-a-retired-key")
def _(app):
    assert verified(app)
    return len(keys(app)) == 2


@PROBES.of("jwks-with-private-part")
def _(app):
    return any("d" in key for key in keys(app))


@PROBES.of("jwks-key-without-kid")
def _(app):
    return not any("kid" in key for key in keys(app))


@PROBES.of("smart-configuration-missing")
def _(app):
    assert statement(app)["resourceType"] == "CapabilityStatement"
    return get(app, SMART).status_code == 404


@PROBES.of("openid-configuration-missing")
def _(app):
    assert "openid" in smart(app)["scopes_supported"]
    return get(app, OPENID).status_code == 404


@PROBES.of("smart-configuration-needs-a-token")
def _(app):
    assert get(app, SMART, granted(app)["access_token"]).status_code == 200
    return get(app, SMART).status_code == 401


@PROBES.of("smart-configuration-by-accept")
def _(app):
    assert get(app, SMART, accept="application/json").status_code == 200
    return get(app, SMART, accept="application/fhir+json").status_code != 200


@PROBES.of("discovery-documents-as-html")
def _(app):
    return get(app, SMART).headers["content-type"].startswith("text/html")


@PROBES.of("discovery-documents-with-byte-order-mark")
def _(app):
    return get(app, SMART).content.startswith(b"\xef\xbb\xbf")


@PROBES.of("smart-configuration-with-charset")
def _(app):
    assert smart(app)["token_endpoint"]
    return "charset" in get(app, SMART).headers["content-type"]


@PROBES.of("management-page-fails-in-browsers")
def _(app):
    path = "/portal/apps"
    assert get(app, path, accept="*/*").status_code == 303
    return get(app, path, accept="text/html,*/*").status_code == 500


@PROBES.of("authorize-post-claimed-in-vain")
def _(app):
    assert "authorize-post" in smart(app)["capabilities"]
    url = app.base + "/oauth/authorize"
    return app.browser.send("POST", url, data=app.parameters()).status_code == 405


@PROBES.of("metadata-token-endpoint-lost-a-path-segment")
def _(app):
    return smart(app)["token_endpoint"] not in get(app, "/fhir/metadata").text


@PROBES.of("metadata-in-two-rest-entries")
def _(app):
    return len(statement(app)["rest"]) == 2


@PROBES.of("metadata-documents-its-security")
def _(app):
    assert smart(app)["token_endpoint"] in get(app, "/fhir/metadata").text
    return "description" in statement(app)["rest"][0]["security"]


@PROBES.of("metadata-needs-a-token")
def _(app):
    return get(app, "/fhir/metadata").status_code == 401
