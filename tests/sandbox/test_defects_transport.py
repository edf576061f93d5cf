from __future__ import annotations

import pytest
from defect_flow import Probes, get, granted, hook, shows_at_the_faulty_payer_only

SMART = "/fhir/.well-known/smart-configuration"
EVIL = "https://evil.example"
PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_transport(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def trusts(app, path, origin=EVIL):
    """Whether scripts of an origin may read an answer made with the browser's credentials."""
    headers = get(app, path, origin=origin).headers
    allowed = headers.get("access-control-allow-origin")
    return allowed == origin and headers.get("access-control-allow-credentials") == "true"


def preflight(app, path, method="POST"):
    asked = {"Origin": EVIL, "Access-Control-Request-Method": method}
    return app.browser.send("OPTIONS", app.base + path, headers=asked).headers


def readable(app, path):
    return "access-control-allow-origin" in get(app, path, origin=EVIL).headers


def own(app, path="/fhir/Coverage"):
    return get(app, path, granted(app)["access_token"])


def header(app, name, path=SMART):
    return get(app, path).headers.get(name, "")


@PROBES.of("cors-reflects-any-origin-with-credentials")
def _(app):
    return trusts(app, "/fhir/Coverage") and trusts(app, "/oauth/userinfo")


@PROBES.of("cors-reflects-origin-at-userinfo")
def _(app):
    assert not trusts(app, "/fhir/Coverage")
    return trusts(app, "/oauth/userinfo")


@PROBES.of("cors-trusts-origins-by-their-ending")
def _(app):
    assert not trusts(app, "/fhir/Coverage", "https://evil.test")
    return trusts(app, "/fhir/Coverage", "https://evil-payer.example")


@PROBES.of("cors-trusts-the-null-origin")
def _(app):
    assert not trusts(app, "/fhir/Coverage")
    return trusts(app, "/fhir/Coverage", "null")


@PROBES.of("cors-open-on-portal-pages")
def _(app):
    return trusts(app, "/portal/apps")


@PROBES.of("cors-reflects-the-origin-without-credentials")
def _(app):
    assert not trusts(app, "/fhir/Coverage")
    return header_of_origin(app) == EVIL


def header_of_origin(app):
    return get(app, SMART, origin=EVIL).headers["access-control-allow-origin"]


@PROBES.of("cors-missing-at-the-token-endpoint")
def _(app):
    assert readable(app, SMART)
    headers = {"Origin": EVIL, "Content-Type": "application/x-www-form-urlencoded"}
    answer = app.browser.send("POST", app.base + "/oauth/token", content="", headers=headers)
    return "access-control-allow-origin" not in answer.headers


@PROBES.of("cors-missing-on-discovery")
def _(app):
    assert readable(app, "/fhir/Coverage")
    return not readable(app, SMART) and not readable(app, "/fhir/metadata")


@PROBES.of("cors-preflight-without-authorization")
def _(app):
    allowed = preflight(app, "/fhir/Coverage", "GET")["access-control-allow-headers"]
    return "Authorization" not in allowed


@PROBES.of("cors-preflight-without-post")
def _(app):
    return "POST" not in preflight(app, "/oauth/token")["access-control-allow-methods"]


def https_only(app, path):
    return "max-age=31536000" in header(app, "strict-transport-security", path)


@PROBES.of("https-only-said-nowhere")
def _(app):
    return not https_only(app, SMART)


@PROBES.of("https-only-not-said-by-the-portal")
def _(app):
    assert https_only(app, SMART)
    return not https_only(app, "/portal/sign-in")


@PROBES.of("https-only-not-said-by-redirects")
def _(app):
    assert https_only(app, SMART)
    return not https_only(app, "/portal/apps")


@PROBES.of("https-only-switched-off")
def _(app):
    assert https_only(app, "/portal/apps")
    return header(app, "strict-transport-security") == "max-age=0"


@PROBES.of("https-only-for-two-years")
def _(app):
    return "preload" in header(app, "strict-transport-security")


def self_link(app):
    return next(link["url"] for link in own(app).json()["link"] if link["relation"] == "self")


@PROBES.of("self-link-over-plain-http")
def _(app):
    return self_link(app).startswith("http:")


@PROBES.of("self-link-names-an-inner-address")
def _(app):
    return "10.20.30.41" in self_link(app)


@PROBES.of("full-url-on-the-raw-host")
def _(app):
    return ".internal" in own(app).json()["entry"][0]["fullUrl"]


def kept(app, path="/fhir/Coverage"):
    answer = own(app, path)
    assert answer.status_code == 200
    return "no-store" not in answer.headers.get("cache-control", "")


@PROBES.of("reads-may-be-kept-by-proxies")
def _(app):
    return kept(app) and not kept(app, "/oauth/userinfo")


@PROBES.of("api-silent-on-keeping")
def _(app):
    return "cache-control" not in own(app).headers


@PROBES.of("documents-may-be-kept")
def _(app):
    world = app.browser.tenant.world
    binary = world.record(world.people["ada"].patient, "Binary")[0]["id"]
    return kept(app, f"/fhir/Binary/{binary}") and not kept(app)


@PROBES.of("userinfo-may-be-kept")
def _(app):
    return kept(app, "/oauth/userinfo") and not kept(app)


@PROBES.of("reads-not-kept-in-many-words")
def _(app):
    assert not kept(app)
    return "max-age=0" in own(app).headers["cache-control"]


@PROBES.of("code-redirect-may-be-kept")
def _(app):
    assert hook(app)["redirect"]
    answer = app.browser.send("GET", app.authorize_url())
    assert answer.status_code == 303
    return "no-store" not in answer.headers["cache-control"]


@PROBES.of("server-names-its-version")
def _(app):
    return "5.4.0" in header(app, "x-powered-by")


@PROBES.of("server-names-the-machine")
def _(app):
    return "10.20.30.40" in header(app, "via")


@PROBES.of("errors-name-the-machine")
def _(app):
    assert not header(app, "x-upstream")
    return "10.20.30.40" in header(app, "x-upstream", "/fhir/Coverage")


@PROBES.of("server-numbers-its-requests")
def _(app):
    return bool(header(app, "x-request-id"))
