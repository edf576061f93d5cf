"""Every page of the collection is told for what it is, and gets the right answer or none."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest import mock

import pytest
from page_server import PAGES, REDIRECT, PageServer

from payerproof.browser import totp
from payerproof.browser.agent import BrowserAgent
from payerproof.browser.engine import Browser
from payerproof.browser.facts import AuthorizationOutcome, AuthorizationVisit
from payerproof.record import Recorder
from payerproof.target import Secret, Target, load_target

pytestmark = pytest.mark.browser

NAME = "ada@member.example"
PASSWORD = "pa55 w0rd-of-Ada!"
ANSWER = "Rex the dog"
CODE = "<code>"
"""Stands for whatever the authenticator says."""


@dataclass(frozen=True)
class Case:
    page: str
    kind: str
    sends: dict[str, str] | None = None
    """What must arrive, whole; None: nothing may."""
    trouble: str = ""
    decision: str = "approve"
    leave_out: tuple[str, ...] = ()
    choose: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}-{self.decision}" if self.decision != "approve" else self.page


LOGIN = {"username": NAME, "password": PASSWORD}
CASES = (
    Case("okta-oie-identifier", "identifier", {"identifier": NAME}),
    Case("okta-oie-password", "password", {"credentials.passcode": PASSWORD}),
    Case("okta-oie-methods", "second-factor-choice", {"method": "totp"}),
    Case("okta-oie-code", "second-factor-code", {"credentials.passcode": CODE}),
    Case(
        "okta-consent-granular",
        "consent",
        {"optedScopes.patient/Coverage.rs": "on"},
        leave_out=("ExplanationOfBenefit",),
    ),
    Case("okta-consent-granular", "consent", {"denied": "1"}, decision="decline"),
    Case("okta-classic", "login", LOGIN),
    Case(
        "okta-smart-reference-consent",
        "consent",
        {"patient": "p-77", "scopes": "patient/Patient.rs"},
        leave_out=("Observation",),
        choose="fay",
    ),
    Case(
        "okta-smart-reference-consent",
        "consent",
        trouble="not-understood",
        decision="decline",
    ),
    Case(
        "auth0-identifier", "identifier", {"state": "hKFo2", "username": NAME, "action": "default"}
    ),
    Case(
        "auth0-password",
        "password",
        {"username": NAME, "password": PASSWORD, "action": "default"},
    ),
    Case("auth0-code", "second-factor-code", {"code": CODE, "action": "default"}),
    Case("auth0-passkey-nag", "nag", {"action": "abort-passkey-enrollment"}),
    Case("auth0-consent", "consent", {"action": "accept"}),
    Case("auth0-consent", "consent", {"action": "decline"}, decision="decline"),
    Case("auth0-lock", "login", {"email": NAME, "password": PASSWORD, "submit": ""}),
    Case("b2c-unified", "login", {"Sign in name": NAME, "Password": PASSWORD}),
    Case("b2c-mail-code", "send-code", {"code": CODE}),
    Case(
        "forgerock-xui-login",
        "login",
        {"callback_1": NAME, "callback_2": PASSWORD, "callback_3": "Log In"},
    ),
    Case("forgerock-xui-consent", "consent", {"csrf": "t0k", "decision": "Allow"}),
    Case(
        "forgerock-xui-consent", "consent", {"csrf": "t0k", "decision": "Deny"}, decision="decline"
    ),
    Case("forgerock-widget-otp", "second-factor-code", {"otp": CODE}),
    Case(
        "pingfederate-login",
        "login",
        {"pf.ok": "clicked", "pf.cancel": "", "pf.username": NAME, "pf.pass": PASSWORD},
    ),
    Case(
        "pingfederate-consent",
        "consent",
        {
            "check-user-approved-scope": "true",
            "cSRFToken": "abc",
            "pf.oauth.authz.consent": "allow",
            "scope": "patient/Coverage.rs",
        },
        leave_out=("conditions",),
    ),
    Case(
        "keycloak-login",
        "login",
        {**LOGIN, "credentialId": "", "login": "Sign In"},
    ),
    Case(
        "keycloak-otp",
        "second-factor-code",
        {"selectedCredentialId": "a1", "otp": CODE, "login": "Sign In"},
    ),
    Case("keycloak-consent", "consent", {"code": "c0de", "accept": "Yes"}),
    Case("keycloak-consent", "consent", {"code": "c0de", "cancel": "No"}, decision="decline"),
    Case("keycloak-update-password", "password-change-or-enrolment", trouble="not-understood"),
    Case("keycloak-terms", "terms", {"accept": "Accept"}),
    Case("totp-enrolment", "password-change-or-enrolment", trouble="not-understood"),
    Case(
        "cognito-doubled",
        "login",
        {**LOGIN, "signInSubmitButton": "Sign in", "copy": "mobile"},
    ),
    Case(
        "medicare-consent-v2",
        "consent",
        {"share_demographic_scopes": "True", "share_samhsa_data": "False", "allow": "Connect"},
    ),
    Case(
        "medicare-consent-v2",
        "consent",
        {"share_demographic_scopes": "False", "share_samhsa_data": "False", "allow": "Connect"},
        leave_out=("personal information",),
    ),
    Case("medicare-consent-v2", "consent", {"denied": "1"}, decision="decline"),
    Case("canaille-consent", "consent", {"csrf_token": "x", "answer": "accept"}),
    Case("canaille-consent", "consent", {"csrf_token": "x", "answer": "deny"}, decision="decline"),
    Case("canaille-otp", "second-factor-code", {"otp": CODE}),
    Case("oidc-mock-one-form", "consent", {"sub": NAME, "action": "authorize"}),
    Case("oidc-mock-one-form", "consent", {"sub": NAME, "action": "deny"}, decision="decline"),
    Case(
        "glewlwyd-spa",
        "identifier",
        {"user": NAME, "word": PASSWORD, "scopes": "scope-openid scope-claims"},
    ),
    Case("smart-launcher-select", "identifier", {"user": "u2"}),
    Case("challenge-question", "challenge-question", {"answer": ANSWER}),
    Case("picker-table", "picker", {"p": "12"}),
    Case("picker-table", "picker", {"p": "77"}, choose="fay"),
    Case("picker-select", "picker", {"member": "77"}, choose="fay"),
    Case("picker-nobody-known", "picker", trouble="not-understood"),
    Case("stay-signed-in", "stay-signed-in", {"stay": "No"}),
    Case(
        "kaiser-style-terms-consent",
        "consent",
        {"subject": "self", "agree": "on", "go": "1"},
    ),
    Case("kaiser-style-terms-consent", "consent", {"denied": "1"}, decision="decline"),
    Case("consent-spanish", "consent", {"share-claims": "on", "x": "si"}),
    Case("consent-spanish", "consent", {"share-claims": "on", "x": "no"}, decision="decline"),
    Case("error-page", "error"),
    Case("captcha", "captcha", trouble="captcha"),
    Case("locked", "other", trouble="locked"),
    Case("no-record", "error", trouble="no-linked-record"),
    Case("maintenance", "other", trouble="maintenance"),
    Case("ineligible", "error", trouble="ineligible"),
    Case("edge-block", "error", trouble="blocked-at-edge"),
    Case("brochure", "other", trouble="no-login-form"),
    Case("signup-beside-login", "login", {"userid": NAME, "pw": PASSWORD}),
    Case("login-with-code", "login", {"user": NAME, "pass": PASSWORD, "otp": CODE}),
    Case("login-with-optional-code", "login", {"user": NAME, "pass": PASSWORD, "otp": ""}),
    Case("shadow-dom-login", "login", {"u": NAME, "p": PASSWORD}),
    Case("framed-login", "login", LOGIN),
)


def seed(case: Case) -> str:
    """A seed per case: a code is used once, and the next would take half a minute to come."""
    return base64.b32encode(str(case).encode().ljust(40, b"x")[:40]).decode()


PAYER = """
name = "Pages"
programmes = ["MA"]
environment = "sandbox"
[endpoints]
patient_access = "{base}/fhir"
[limits]
logins_per_persona = 20
[[apps]]
id = "app"
client_id = "buddy"
type = "public"
name = "Budget Buddy"
redirect_uri = "{redirect}"
[[personas]]
id = "ada"
role = "representative"
username = "{name}"
label = "Ada Synthetic-Lovelace"
password = "env:PP_PASSWORD"
totp = "env:PP_SEED"
answers = {{ pet = "env:PP_ANSWER" }}
synthetic = true
[[personas]]
id = "fay"
role = "dependent"
label = "Fay Synthetic"
synthetic = true
"""


@pytest.fixture(scope="module")
def target(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    environment = {"PP_PASSWORD": PASSWORD, "PP_ANSWER": ANSWER, "PP_CODE": "246813"}
    environment |= {f"PP_SEED_{number}": seed(case) for number, case in enumerate(CASES)}
    file = tmp_path_factory.mktemp("payer") / "payer.toml"
    file.write_text(PAYER.format(base=page_server.base, redirect=REDIRECT, name=NAME))
    with mock.patch.dict(os.environ, environment):
        yield load_target(file)


def with_factor_of(target: Target, case: Case) -> Target:
    """The same payer, with Ada's second factor as this case has it."""
    if case.page == "b2c-mail-code":
        factor: dict[str, object] = {"totp": None, "code": Secret.parse("env:PP_CODE")}
    elif case.page == "login-with-optional-code":
        factor = {"totp": None}
    else:
        factor = {"totp": Secret.parse(f"env:PP_SEED_{CASES.index(case)}")}
    # Screenshots are for invented members only, and cost most of the time of a page.
    factor["synthetic"] = case.page == "medicare-consent-v2"
    ada, fay = target.personas
    return target.model_copy(update={"personas": (ada.model_copy(update=factor), fay)})


@pytest.fixture(scope="module")
def agent(target: Target, recorder: Recorder, browser: Browser) -> Iterator[BrowserAgent]:
    with BrowserAgent(target, recorder, browser=browser) as running:
        yield running


def go(agent: BrowserAgent, server: PageServer, case: Case) -> AuthorizationOutcome:
    server.forget()
    agent.target = with_factor_of(agent.engine.target, case)
    return agent.authorize(
        AuthorizationVisit(
            "ada",
            f"{server.base}/page/{case.page}",
            REDIRECT,
            decision=case.decision,  # type: ignore[arg-type]
            leave_out=case.leave_out,
            choose=case.choose,
        )
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_page_is_recognised_and_answered(
    case: Case, agent: BrowserAgent, page_server: PageServer
) -> None:
    outcome = go(agent, page_server, case)
    assert outcome.pages[0].detail == case.kind, outcome.pages[0].why
    assert outcome.trouble == case.trouble, outcome.trouble_text
    if case.sends is None:
        assert page_server.sent == []
        assert not outcome.redirected
        return
    (came,) = page_server.sent
    codes = {totp.totp(seed(case), at) for at in _around_now()} | {"246813"}
    expected = dict(case.sends)
    for name, value in expected.items():
        if value == CODE:
            assert came[name] in codes
            expected[name] = came[name]
    assert came == expected
    assert outcome.redirected
    assert outcome.parameters == {"code": "c0de1234", "state": "s"}
    assert "/cancelled" not in page_server.elsewhere


def _around_now() -> list[float]:
    import time

    return [time.time() + offset for offset in (-60, -30, 0, 30)]


def test_no_page_is_left_out() -> None:
    inner = {"framed-login-inner"}
    assert {file.stem for file in PAGES.glob("*.html")} == {case.page for case in CASES} | inner


def test_consent_is_read_as_data(agent: BrowserAgent, page_server: PageServer) -> None:
    case = next(c for c in CASES if c.page == "medicare-consent-v2")
    page_server.forget()
    agent.target = with_factor_of(agent.engine.target, case)
    url = f"{page_server.base}/page/{case.page}"
    outcome = agent.authorize(
        AuthorizationVisit("ada", f"{url}?client_id=buddy", REDIRECT, decision="look")
    )
    consent = outcome.consent
    assert consent is not None
    assert page_server.sent == []
    assert not outcome.redirected
    personal, substance = consent.choices
    assert (personal.checked, personal.unchecked_value) == (True, "False")
    assert (substance.checked, substance.label) == (
        False,
        "Alcohol and substance use information",
    )
    assert (consent.approve_label, consent.decline_label) == ("Connect", "Cancel")
    assert consent.app_names[0] == "Budget Buddy"
    assert [link.href for link in consent.policy_links] == ["https://buddy.example/privacy"]
    assert [link.text for link in consent.manage_links] == ["Your connected apps"]
    assert consent.duration_sentences == ("Your data is shared until you stop it.",)
    assert consent.risk_sentences == ("This app is not covered by HIPAA.",)
    assert consent.page.screenshot


def test_hidden_scopes_and_an_open_choice_of_person_are_reported(
    agent: BrowserAgent, page_server: PageServer
) -> None:
    case = next(c for c in CASES if c.page == "okta-smart-reference-consent")
    url = f"{page_server.base}/page/{case.page}"
    outcome = agent.authorize(AuthorizationVisit("ada", url, REDIRECT, decision="look"))
    assert outcome.consent is not None
    hidden = [choice for choice in outcome.consent.choices if not choice.visible]
    assert [(choice.value, choice.checked) for choice in hidden] == [("launch/patient", True)]
    assert not outcome.consent.has_decline
    assert outcome.picker is not None
    assert outcome.picker.preselected == ""
    assert [option.label for option in outcome.picker.options] == [
        "Fay Synthetic",
        "Ada Synthetic-Lovelace",
    ]
