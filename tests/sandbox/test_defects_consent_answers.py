from __future__ import annotations

import pytest
from defect_pages import Probes, connected, consent, fetch, granted, hook, html_of, rows, shows
from member_browser import answer_of

PROBES = Probes()
DECLINE = {"decision": "decline"}


@pytest.mark.parametrize("defect", PROBES)
def test_consent_answers(house, defect):
    shows(house, defect, PROBES[defect])


def declined(app):
    return hook(app, more=DECLINE)["redirect"]


@PROBES.of("decline-tells-the-app-nothing")
def _(app):
    return answer_of(declined(app)).keys() == {"state", "iss"}


@PROBES.of("decline-never-returns-to-the-app")
def _(app):
    return declined(app).startswith(app.base)


@PROBES.of("decline-looks-like-a-breakdown")
def _(app):
    return answer_of(declined(app))["error"] == "server_error"


@PROBES.of("decline-ends-an-earlier-grant")
def _(app):
    tokens = granted(app)
    hook(app, more=DECLINE, prompt="consent")
    return app.reads(tokens) == 401


@PROBES.of("decline-grants-the-least")
def _(app):
    answer = answer_of(declined(app))
    if "code" not in answer:
        return False
    tokens = app.exchange(answer["code"]).json()
    return fetch(app, tokens, "/fhir/Coverage").status_code == 200


@PROBES.of("decline-leaves-an-entry")
def _(app):
    assert answer_of(declined(app))["error"] == "access_denied"
    return len(rows(connected(app))) == 1


@PROBES.of("decline-in-other-words")
def _(app):
    answer = answer_of(declined(app))
    return answer["error"] == "access_denied" and "4021" in answer["error_description"]


def unattested(app):
    return type(app)(app.browser, "unattested")


@PROBES.of("unattested-app-turned-away")
def _(app):
    return hook(unattested(app))["redirect"] is None


@PROBES.of("unattested-app-cannot-be-allowed")
def _(app):
    return 'value="allow"' not in html_of(app, consent(unattested(app)))


@PROBES.of("unattested-app-gets-less")
def _(app):
    return "Condition" not in granted(unattested(app), scope="patient/Condition.rs")["scope"]


@PROBES.of("unattested-app-needs-a-nod")
def _(app):
    page = consent(unattested(app))
    nod = [i for i in page.form("/consent")["inputs"] if i.get("name") == "understood"]
    return bool(nod) and "code" in answer_of(app.browser.allow(page, understood=True))


@PROBES.of("account-without-record-gets-the-first-member")
def _(app):
    answer = answer_of(hook(app, "hal")["redirect"])
    if "code" not in answer:
        return False
    tokens = app.exchange(answer["code"]).json()
    return fetch(app, tokens, f"/fhir/Patient/{tokens['patient']}").status_code == 200


@PROBES.of("account-without-record-tells-the-app-nothing")
def _(app):
    return answer_of(hook(app, "hal")["redirect"]).keys() == {"state", "iss"}


@PROBES.of("account-without-record-is-a-breakdown")
def _(app):
    return answer_of(hook(app, "hal")["redirect"])["error"] == "server_error"


@PROBES.of("account-without-record-in-other-words")
def _(app):
    answer = answer_of(hook(app, "hal")["redirect"])
    return answer["error"] == "access_denied" and "coverage" in answer["error_description"]
