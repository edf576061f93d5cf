from __future__ import annotations

import pytest
from defect_pages import Probes, connected, consent, header, shows

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_page_headers(house, defect):
    shows(house, defect, PROBES[defect])


def sent(defect, probe):
    """A look at the headers of the consent page."""
    PROBES[defect] = lambda app: probe(consent(app).headers)


def ancestors(headers):
    return "frame-ancestors 'none'" in headers["content-security-policy"]


sent("pages-can-be-framed", lambda h: not ancestors(h) and "x-frame-options" not in h)
sent("pages-framing-by-dead-directive", lambda h: "ALLOW-FROM" in h["x-frame-options"])
sent("pages-framed-by-nobody-new-way", lambda h: ancestors(h) and "x-frame-options" not in h)
sent("pages-framed-by-nobody-old-way", lambda h: h["x-frame-options"] == "deny")
sent("pages-send-the-whole-referrer", lambda h: h["referrer-policy"] == "unsafe-url")
sent("pages-with-referrer-policy-of-origin", lambda h: h["referrer-policy"] == "strict-origin")
sent("pages-silent-on-caching", lambda h: "cache-control" not in h)
sent("pages-not-stored-in-many-words", lambda h: h.get("pragma") == "no-cache")
sent("session-cookie-without-secure", lambda h: "Secure" not in h["set-cookie"])
sent("session-cookie-open-to-scripts", lambda h: "HttpOnly" not in h["set-cookie"])
sent("session-cookie-sent-from-other-sites", lambda h: "SameSite=None" in h["set-cookie"])
sent("session-cookie-of-another-name", lambda h: h["set-cookie"].startswith("__Secure-sid="))


@PROBES.of("pages-without-referrer-policy")
def _(app):
    answer = app.browser.send("GET", f"{app.base}/portal/sign-in")
    return "referrer-policy" not in answer.headers and "no-referrer" not in answer.text


@PROBES.of("consent-page-kept-in-cache")
def _(app):
    assert header(app, connected(app), "cache-control") == "no-store"
    return header(app, consent(app), "cache-control") == "private, max-age=300"


@PROBES.of("connected-apps-kept-in-shared-caches")
def _(app):
    assert header(app, consent(app), "cache-control") == "no-store"
    return header(app, connected(app), "cache-control").startswith("public")


def decided(app):
    page = consent(app)
    form = {**page.hidden("/consent"), "decision": "decline"}
    return app.browser.send("POST", f"{app.base}/portal/consent", data=form).status_code


@PROBES.of("form-sent-on-to-the-app")
def _(app):
    return decided(app) == 307


@PROBES.of("form-answered-by-302")
def _(app):
    return decided(app) == 302
