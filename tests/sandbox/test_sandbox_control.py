from __future__ import annotations

from datetime import UTC, datetime

import pytest
from member_browser import WIDE, AppUnderTest, answer_of

from payerproof.sandbox.app import parse_tenant_name


def control(browser, path, body=None, *, token=None):
    headers = {"Authorization": f"Bearer {token or browser.house.control_token}"}
    url = f"{browser.tenant.base}/control/{path}"
    if body is None:
        return browser.send("GET", url, headers=headers)
    return browser.send("POST", url, json=body, headers=headers)


def hook(app, user="ada", *, changed=None, **more):
    url = app.authorize_url(**(changed or {}))
    body = {"persona": user, "url": url, "method": "GET", "form": [], "decision": "approve"}
    answer = control(app.browser, "authorize", {**body, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def tokens_by_hook(app, user="ada", **more):
    answer = app.exchange(answer_of(hook(app, user, **more)["redirect"])["code"])
    return answer.json()


@pytest.mark.parametrize("path", ["clock", "grants", "credentials", "disclosures"])
def test_operator_calls_need_the_control_token(browser, path):
    assert control(browser, path, token="wrong").status_code == 401
    url = f"{browser.tenant.base}/control/{path}"
    assert browser.send("GET", url).status_code == 401


def test_the_hook_is_guarded(browser, app):
    body = {"persona": "ada", "url": app.authorize_url(), "decision": "approve"}
    assert control(browser, "authorize", body, token="wrong").status_code == 401
    assert not browser.tenant.grants.grants


def test_hook_and_pages_grant_alike(every_face):
    app = AppUnderTest(every_face)
    by_page = app.tokens("eli")
    by_hook = tokens_by_hook(app)
    assert by_hook["scope"] == by_page["scope"]
    assert by_hook.keys() == by_page.keys()
    assert app.reads(by_hook) == 200
    again = hook(app)
    assert again["consent_shown"] is False
    assert "code=" in again["redirect"]


def test_the_hook_takes_a_form(app):
    body = {"method": "POST", "form": list(app.parameters().items())}
    found = hook(app, **body, url=app.base + "/oauth/authorize")
    assert found["consent_shown"] is True
    assert "code=" in found["redirect"]


def test_the_hook_leaves_boxes_out(app):
    tokens = tokens_by_hook(app, leave_out=["ExplanationOfBenefit", "documents"])
    assert "patient/ExplanationOfBenefit.rs" not in tokens["scope"]
    assert "patient/DocumentReference.rs" not in tokens["scope"]
    assert "patient/Coverage.rs" in tokens["scope"]
    unattested = AppUnderTest(app.browser, "unattested")
    assert "refresh_token" not in tokens_by_hook(unattested, leave_out=["offline"])


def test_the_hook_can_tick_what_starts_unticked(app):
    hook(app, include=["sensitive"])
    assert app.browser.tenant.grants.grants_by("ada")[0].sensitive is True


def test_the_hook_declines_and_looks(app):
    look = hook(app, decision="look")
    assert look["page"]["kind"] == "consent"
    assert "Claims and costs" in look["page"]["text"]
    declined = hook(app, decision="decline")
    assert answer_of(declined["redirect"])["error"] == "access_denied"
    assert not app.browser.tenant.grants.grants


def test_the_hook_meets_the_picker(app):
    assert hook(app, "dee")["redirect"] is not None
    world = app.browser.tenant.world.people
    assert tokens_by_hook(app, "dee", choose="fay")["patient"] == world["fay"].patient
    assert tokens_by_hook(app, "cho", choose="ada")["patient"] == world["ada"].patient
    for user, choose in (("cho", ""), ("dee", "ada"), ("ada", "eli")):
        found = hook(app, user, choose=choose)
        assert found["redirect"] is None
        assert found["page"]["kind"] == "picker"


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": "https://evil.example/"}, {"client_id": "nobody"}]
)
def test_the_hook_stops_at_unsafe_requests(app, changed):
    found = hook(app, changed=changed)
    assert found["redirect"] is None
    assert found["page"]["kind"] == "error"
    assert found["page"]["status"] == 400


def test_the_hook_redirects_errors(app):
    found = hook(app, changed={"aud": "https://other.example"})
    assert answer_of(found["redirect"])["error"] == "invalid_request"
    quiet = hook(app, changed={"prompt": "none"})
    assert answer_of(quiet["redirect"])["error"] == "consent_required"


@pytest.mark.parametrize(("user", "kind"), [("ben", "page"), ("hal", "redirect")])
def test_the_hook_gives_nothing_to_whom_the_pages_give_nothing(app, user, kind):
    found = hook(app, user)
    assert found[kind]
    assert "code=" not in str(found["redirect"])


def test_the_clock_can_be_moved_and_set(browser, app):
    tokens = tokens_by_hook(app)
    control(browser, "clock", {"advance_seconds": 3700})
    assert app.reads(tokens) == 401
    now = control(browser, "clock", {"now": "2031-05-06T07:08:09Z"}).json()["now"]
    assert datetime.fromisoformat(now) == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert control(browser, "clock").json()["shift_seconds"] > 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"now": "tomorrow"}),
        ("clock", {"now": "2031-05-06"}),
        ("clock", {"advance_seconds": "60"}),
        ("authorize", {"persona": "zed", "url": "x"}),
        ("authorize", {"persona": "ada"}),
        ("authorize", {"persona": "ada", "url": "x", "decision": "maybe"}),
        ("apps/revoke", {"persona": "ada", "client_id": "nobody"}),
        ("deactivate-app", {}),
        ("claims", {"resources": [{"id": "1"}]}),
    ],
)
def test_a_wrong_call_says_what_would_be_right(browser, path, body):
    answer = control(browser, path, body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_an_operator_can_revoke_expire_and_cut_off(browser, app):
    body = {"persona": "ada", "client_id": app.app.client_id}
    for path in ("apps/revoke", "expire-grant"):
        tokens = tokens_by_hook(app)
        assert app.reads(tokens) == 200
        assert control(browser, path, body).status_code == 200
        assert app.reads(tokens) == 401
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert hook(app)["consent_shown"] is True
    tokens = tokens_by_hook(app)
    control(browser, "deactivate-app", {"client_id": app.app.client_id})
    assert app.reads(tokens) == 401
    assert hook(app)["page"]["status"] == 403
    control(browser, "activate-app", {"client_id": app.app.client_id})
    assert app.reads(tokens) == 200


def test_consent_records_are_kept(browser, app):
    hook(app)
    control(browser, "apps/revoke", {"persona": "ada", "client_id": app.app.client_id})
    record = control(browser, "grants").json()["grants"][0]
    assert record["persona"] == "ada"
    assert record["app"] == "Harbor Health Journal"
    assert record["scopes"] == WIDE.split()
    assert record["created"] <= record["ended"] < record["expires"]
    assert record["why_ended"] == "revoked by ada"


def test_a_new_claim_is_served_at_once_and_gone_after_reset(browser, app):
    tokens = tokens_by_hook(app)
    goal = {
        "resourceType": "Goal",
        "id": "brand-new",
        "lifecycleStatus": "active",
        "description": {"text": "walk more"},
        "subject": {"reference": f"Patient/{tokens['patient']}"},
    }
    url = f"{browser.tenant.fhir_base}/Goal/brand-new"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.send("GET", url, headers=headers).status_code in (403, 404)
    assert control(browser, "claims", {"resources": [goal]}).status_code == 200
    assert browser.send("GET", url, headers=headers).status_code == 200
    control(browser, "reset", {})
    assert browser.tenant.world.resource("Goal", "brand-new") is None
    assert app.reads(tokens) == 401


def test_tenants_are_made_on_demand_and_by_call(browser):
    headers = {"Authorization": f"Bearer {browser.house.control_token}"}
    body = {"face": "regional", "defects": ["code-reusable"]}
    made = browser.send("POST", "/control/tenants", json=body, headers=headers)
    assert made.status_code == 201
    assert made.json()["base"].endswith("/regional+code-reusable")
    path = "/vendor+audience-by-prefix/fhir/.well-known/smart-configuration"
    assert browser.send("GET", path).status_code == 200
    for wrong in ("/nope/fhir/metadata", "/plain+nope/fhir/metadata"):
        assert browser.send("GET", wrong).status_code == 404
    assert browser.send("POST", "/control/tenants", json=body).status_code == 401
    unknown = browser.send("POST", "/control/tenants", json={"face": "x"}, headers=headers)
    assert unknown.status_code == 422


def with_defect(browser, defect):
    name = f"plain+{defect}"
    browser.tenant = browser.house.add(name, parse_tenant_name(name))
    return AppUnderTest(browser)


def test_the_example_defects_change_what_they_say(browser):
    app = with_defect(browser, "code-reusable")
    code = app.code()
    assert [app.exchange(code).status_code for _ in range(2)] == [200, 200]
    app = with_defect(browser, "audience-by-prefix")
    assert "code=" in app.connect(aud="https://localhost/elsewhere/fhir")
    app = with_defect(browser, "consent-without-risk-statement")
    page = browser.sign_in(browser.page(app.authorize_url()), "ada")
    assert "no longer protects it" not in page.text
    assert "You can stop sharing" in page.text
