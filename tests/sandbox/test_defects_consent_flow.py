from __future__ import annotations

import pytest
from defect_pages import Probes, consent, control, elsewhere, granted, hook, shows, stranger
from member_browser import answer_of

PROBES = Probes()
COVERAGE = "launch/patient patient/Coverage.rs"


@pytest.mark.parametrize("defect", PROBES)
def test_consent_flow(house, defect):
    shows(house, defect, PROBES[defect])


@PROBES.of("consent-not-asked-for-attested-apps")
def _(app):
    assert hook(elsewhere(app, "unattested"))["consent_shown"]
    return not hook(app)["consent_shown"]


@PROBES.of("consent-for-one-member-counts-for-another")
def _(app):
    assert hook(app, "dee", more={"choose": "fay"})["consent_shown"]
    return not hook(app, "dee", more={"choose": "gus"})["consent_shown"]


@PROBES.of("wider-scopes-granted-silently")
def _(app):
    granted(app, scope=COVERAGE)
    again = hook(app, scope=f"{COVERAGE} patient/Condition.rs")
    if again["consent_shown"]:
        return False
    return "Condition" in app.exchange(answer_of(again["redirect"])["code"]).json()["scope"]


@PROBES.of("prompt-none-grants-silently")
def _(app):
    return "code" in answer_of(hook(app, prompt="none")["redirect"])


@PROBES.of("consent-remembered-after-revocation")
def _(app):
    hook(app)
    control(app, "apps/revoke", persona="ada", client_id=app.app.client_id)
    return not hook(app)["consent_shown"]


@PROBES.of("declining-counts-as-an-answer")
def _(app):
    assert "error" in answer_of(hook(app, more={"decision": "decline"})["redirect"])
    return "code" in answer_of(hook(app, prompt="none")["redirect"])


@PROBES.of("prompt-consent-unheeded")
def _(app):
    hook(app)
    return not hook(app, prompt="consent")["consent_shown"]


@PROBES.of("consent-asked-every-time")
def _(app):
    hook(app)
    return hook(app)["consent_shown"]


@PROBES.of("consent-page-open-before-sign-in")
def _(app):
    page = app.browser.page(app.authorize_url())
    address = f"{app.base}/portal/consent?{page.url.partition('?')[2]}"
    opened = app.browser.page(address)
    assert "Lovelace" not in opened.text
    assert consent(app).place == "consent"
    return opened.place == "consent" and "Claims and costs" in opened.text


@PROBES.of("code-is-for-whoever-came-last")
def _(app):
    other = elsewhere(app)
    codes = [answer_of(hook(one, who)["redirect"])["code"] for one, who in ((app, "ada"), (other, "eli"))]  # fmt: skip  # noqa: E501
    got = [one.exchange(code).json()["patient"] for one, code in zip((app, other), codes, strict=True)]  # fmt: skip  # noqa: E501
    people = app.browser.tenant.world.people
    assert got[1] == people["eli"].patient
    return got[0] == people["eli"].patient


def forged(app, token):
    page = consent(app)
    form = {**page.hidden("/consent"), "decision": "allow", "share-claims": "yes", "csrf": token}
    answer = app.browser.send("POST", f"{app.base}/portal/consent", data=form)
    return "code=" in answer.headers.get("location", "")


@PROBES.of("form-token-unchecked")
def _(app):
    return forged(app, "")


@PROBES.of("form-token-of-any-session")
def _(app):
    other = stranger(app).page(f"{app.base}/portal/sign-in")
    return not forged(app, "") and forged(app, other.hidden("/sign-in")["csrf"])
