from __future__ import annotations

import pytest
from defect_flow import Probes, get, granted, hook, shows_at_the_faulty_payer_only
from member_browser import WIDE, answer_of

COVERAGE = "launch/patient offline_access patient/Coverage.rs"
CLAIMS = "launch/patient offline_access patient/ExplanationOfBenefit.rs"
PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_granted_scopes(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def scopes(app, asked, **more):
    return granted(app, scope=asked, **more)["scope"].split()


def opens(app, tokens, path="/fhir/ExplanationOfBenefit"):
    return get(app, path, tokens["access_token"]).status_code == 200


def refreshed(app, asked=None, scope=COVERAGE):
    """Scopes after a refresh; empty if it was refused."""
    tokens = granted(app, scope=scope)
    answer = app.refresh(tokens["refresh_token"], scope=asked)
    return answer.json().get("scope", "").split()


@PROBES.of("one-type-widened-to-all")
def _(app):
    return "patient/*.rs" in scopes(app, COVERAGE)


@PROBES.of("granular-scope-widened-to-the-type")
def _(app):
    asked = "launch/patient patient/Observation.rs?category=laboratory"
    return "patient/Observation.rs" in scopes(app, asked)


@PROBES.of("reading-widened-to-searching")
def _(app):
    return "patient/Coverage.rs" in scopes(app, "launch/patient patient/Coverage.r")


@PROBES.of("scopes-answered-in-the-newer-form")
def _(app):
    return "patient/Coverage.rs" in scopes(app, "launch/patient patient/Coverage.read")


@PROBES.of("identity-granted-unasked")
def _(app):
    return "id_token" in granted(app, scope=COVERAGE)


@PROBES.of("offline-access-granted-unasked")
def _(app):
    return "refresh_token" in granted(app, scope="launch/patient patient/Coverage.rs")


@PROBES.of("missing-scope-means-everything")
def _(app):
    found = answer_of(hook(app, scope=None)["redirect"])
    return "code" in found and "patient/*.rs" in app.exchange(found["code"]).json()["scope"]


@PROBES.of("missing-scope-means-the-least")
def _(app):
    found = answer_of(hook(app, scope=None)["redirect"])
    return "code" in found and "*" not in app.exchange(found["code"]).json()["scope"]


@PROBES.of("user-scopes-granted")
def _(app):
    return "user/Coverage.read" in scopes(app, f"{COVERAGE} user/Coverage.read system/Patient.rs")


@PROBES.of("system-scopes-granted")
def _(app):
    return "system/Patient.rs" in scopes(app, f"{COVERAGE} user/Coverage.read system/Patient.rs")


@PROBES.of("writing-scopes-granted")
def _(app):
    return "patient/Coverage.cruds" in scopes(app, "launch/patient patient/Coverage.cruds")


@PROBES.of("unknown-scopes-granted")
def _(app):
    assert "patient/Coverage.rs" in scopes(app, f"{COVERAGE} admin")
    return "admin" in scopes(app, f"{COVERAGE} admin")


@PROBES.of("launch-patient-never-granted")
def _(app):
    return "launch/patient" not in scopes(app, COVERAGE)


@PROBES.of("fhir-user-never-granted")
def _(app):
    return "fhirUser" not in scopes(app, WIDE)


@PROBES.of("wildcard-of-the-older-form-never-granted")
def _(app):
    assert "patient/*.rs" in scopes(app, WIDE)
    return "patient/*.read" not in scopes(app, "launch/patient openid patient/*.read")


@PROBES.of("patient-only-with-launch-scope")
def _(app):
    return "patient" not in granted(app, scope="patient/Coverage.rs")


@PROBES.of("remembered-consent-whatever-is-asked")
def _(app):
    granted(app, scope=COVERAGE)
    found = hook(app, scope=CLAIMS)
    tokens = app.exchange(answer_of(found["redirect"])["code"]).json()
    return not found["consent_shown"] and not opens(app, tokens)


@PROBES.of("remembered-consent-grows")
def _(app):
    granted(app, scope=COVERAGE)
    found = hook(app, scope=CLAIMS)
    tokens = app.exchange(answer_of(found["redirect"])["code"]).json()
    return not found["consent_shown"] and opens(app, tokens)


@PROBES.of("token-opens-all-that-was-ever-allowed")
def _(app):
    granted(app, scope=WIDE)
    narrow = granted(app, scope=COVERAGE)
    assert "patient/*.rs" not in narrow["scope"]
    return opens(app, narrow)


@PROBES.of("new-token-gets-the-whole-grant")
def _(app):
    granted(app, scope=WIDE)
    return "patient/*.rs" in scopes(app, COVERAGE)


def after_narrower_consent(app):
    wide = granted(app, scope=f"{COVERAGE} patient/ExplanationOfBenefit.rs")
    granted(app, scope=COVERAGE, prompt="consent")
    return wide


@PROBES.of("narrower-consent-leaves-overlapping-tokens")
def _(app):
    apart = granted(app, scope=CLAIMS)
    granted(app, scope="launch/patient patient/Coverage.rs", prompt="consent")
    assert not opens(app, apart)
    return opens(app, after_narrower_consent(app))


@PROBES.of("refresh-grants-what-is-asked")
def _(app):
    return "system/*.rs" in refreshed(app, "patient/Coverage.rs system/*.rs")


@PROBES.of("refresh-echoes-unknown-scopes")
def _(app):
    assert not refreshed(app, "patient/Coverage.rs system/*.rs")
    return "admin" in refreshed(app, "patient/Coverage.rs admin")


@PROBES.of("refresh-widens-by-wildcard")
def _(app):
    assert not refreshed(app, "patient/Condition.rs")
    return "patient/*.rs" in refreshed(app, "patient/*.rs")


@PROBES.of("refresh-restores-the-default-scopes")
def _(app):
    assert not refreshed(app, "patient/*.rs")
    return "patient/*.rs" in refreshed(app)
