from __future__ import annotations

import pytest
from defect_flow import Probes, shows_at_the_faulty_payer_only

CALLBACK = "https://harbor.app.example/callback"
EVIL = "https://evil.example/take"
PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_redirect(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def begins(app, redirect_uri, **changed):
    url = app.authorize_url(redirect_uri=redirect_uri, **changed)
    return "/portal/" in app.browser.send("GET", url).headers.get("location", "")


def sent_to(app, **changed):
    return app.browser.send("GET", app.authorize_url(**changed)).headers.get("location", "")


@pytest.mark.parametrize("defect", PROBES)
def test_a_stranger_gets_no_code(house, defect):
    from defect_flow import payer

    assert not begins(payer(house, f"plain+{defect}"), EVIL)


def accepts(defect, redirect_uri):
    PROBES[defect] = lambda app: begins(app, redirect_uri)


accepts("redirect-by-prefix", CALLBACK + ".evil.example/x")
accepts("redirect-by-host", "https://harbor.app.example/other")
accepts("redirect-by-domain", "https://quick.app.example/callback")
accepts("redirect-case-insensitive", "https://harbor.app.example/Callback")
accepts("redirect-query-ignored", CALLBACK + "?next=https://evil.example")
accepts("redirect-fragment-ignored", CALLBACK + "#x")
accepts("redirect-trailing-slash-ignored", CALLBACK + "/")
accepts("redirect-port-ignored", "https://harbor.app.example:8443/callback")
accepts("redirect-loopback-port-free", "http://127.0.0.1:50123/callback")
accepts("redirect-userinfo-ignored", "https://evil@harbor.app.example/callback")
accepts("redirect-path-normalised", "https://harbor.app.example/open/%2e%2e/callback")
accepts("redirect-scheme-ignored", "http://harbor.app.example/callback")


@PROBES.of("redirect-error-to-any-address")
def _(app):
    return sent_to(app, redirect_uri=EVIL).startswith(EVIL)


@PROBES.of("redirect-scope-error-before-address-is-checked")
def _(app):
    assert not sent_to(app, redirect_uri=EVIL)
    return sent_to(app, redirect_uri=EVIL, scope="nonsense").startswith(EVIL)


@PROBES.of("redirect-unknown-client-to-any-address")
def _(app):
    assert not sent_to(app, redirect_uri=EVIL)
    return sent_to(app, redirect_uri=EVIL, client_id="nobody").startswith(EVIL)


@PROBES.of("redirect-refused-with-403")
def _(app):
    return app.browser.send("GET", app.authorize_url(redirect_uri=EVIL)).status_code == 403
