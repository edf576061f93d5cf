"""Whole journeys in a real browser against the payer that ships."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from unittest import mock
from urllib.parse import urlencode

import pytest

from payerproof.browser.agent import BrowserAgent
from payerproof.browser.engine import Browser
from payerproof.browser.facts import AuthorizationVisit
from payerproof.record import Recorder
from payerproof.sandbox import Sandbox
from payerproof.target import load_target

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def agent(browser: Browser, recorder: Recorder) -> Iterator[BrowserAgent]:
    with Sandbox() as sandbox, mock.patch.dict(os.environ, sandbox.environment()):
        target = load_target("sandbox")
        with BrowserAgent(target, recorder, browser=browser) as running:
            yield running


def visit(agent: BrowserAgent, persona: str, app: str, **how: object) -> AuthorizationVisit:
    client = agent.target.app(app)
    base = agent.target.endpoints.patient_access
    challenge = hashlib.sha256(b"v" * 43).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scopes,
        "state": "state-of-this-test-0001",
        "aud": base,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    url = f"{base.removesuffix('/fhir')}/oauth/authorize?{urlencode(query)}"
    return AuthorizationVisit(persona, url, client.redirect_uri, **how)  # type: ignore[arg-type]


def test_login_second_factor_consent_redirect_and_taking_it_back(agent: BrowserAgent) -> None:
    first = agent.authorize(visit(agent, "ada", "attested"))
    assert (first.redirected, first.logged_in, first.second_factor) == (True, True, "totp")
    assert first.parameters["state"] == "state-of-this-test-0001"
    assert first.consent is not None
    assert first.consent.app_names[0] == agent.target.app("attested").name
    assert first.consent.has_decline
    assert first.third_party == ()

    again = agent.authorize(visit(agent, "ada", "attested"))
    assert again.redirected
    assert not again.logged_in

    name = agent.target.app("attested").name
    assert name in [app.name for app in agent.connected_apps("ada").apps]
    assert name not in [app.name for app in agent.revoke("ada", name).apps]
    asked = agent.authorize(visit(agent, "ada", "attested", decision="look"))
    assert asked.consent_shown
    assert not agent.connected_apps("ada", anonymous=True).logged_in


def test_a_representative_chooses_and_may_decline(agent: BrowserAgent) -> None:
    declined = agent.authorize(visit(agent, "cho", "unattested", choose="ada", decision="decline"))
    assert declined.parameters["error"] == "access_denied"
    assert declined.picker is not None


def test_a_wrong_password_is_told_from_everything_else(agent: BrowserAgent) -> None:
    refused = agent.log_in("bruno", password="not-the-password-1")
    assert (refused.trouble, refused.logged_in) == ("wrong-credentials", False)
    accepted = agent.log_in("bruno")
    assert accepted.logged_in
    assert accepted.pages[-1].kind == "portal"
