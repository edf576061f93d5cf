from __future__ import annotations

import pytest
from defect_pages import Probes, elsewhere, fetch, granted, hook, shows
from joserfc import jws

PROBES = Probes()
NO_DETAILS = {"more": {"leave_out": ["personal"]}}
NO_CLAIMS = {"more": {"leave_out": ["claims"]}, "prompt": "consent"}
PROTECTED = "42CFRPart2"


@pytest.mark.parametrize("defect", PROBES)
def test_consent_choices(house, defect):
    shows(house, defect, PROBES[defect])


@PROBES.of("unticked-class-granted-with-wildcard")
def _(app):
    tokens = granted(app, **NO_CLAIMS)
    return fetch(app, tokens, "/fhir/ExplanationOfBenefit").status_code == 200


@PROBES.of("personal-details-granted-unasked")
def _(app):
    return "Patient" in granted(app, scope="launch/patient patient/Coverage.rs")["scope"]


@PROBES.of("category-granted-as-whole-type")
def _(app):
    asked = "launch/patient patient/Observation.rs?category=laboratory"
    return "patient/Observation.rs" in granted(app, scope=asked)["scope"].split()


@PROBES.of("unticked-class-found-by-search")
def _(app):
    tokens = granted(app, **NO_CLAIMS)
    answer = fetch(app, tokens, "/fhir/ExplanationOfBenefit")
    return answer.status_code == 200 and bool(answer.json()["entry"])


@PROBES.of("unticked-class-comes-by-include")
def _(app):
    path = "/fhir/ExplanationOfBenefit?_include=ExplanationOfBenefit:patient"
    found = fetch(app, granted(app, **NO_DETAILS), path).json()["entry"]
    return any(entry["resource"]["resourceType"] == "Patient" for entry in found)


@PROBES.of("unticked-access-while-away-granted")
def _(app):
    return "refresh_token" in granted(app, more={"leave_out": ["offline"]})


def marked(answer):
    return answer.status_code == 200 and PROTECTED in answer.text


@PROBES.of("protected-data-found-by-search")
def _(app):
    return marked(fetch(app, granted(app, "fay"), "/fhir/Condition"))


@PROBES.of("protected-data-opened-by-id")
def _(app):
    world = app.browser.tenant.world
    fay = world.people["fay"].patient
    kept = next(one for one in world.record(fay, "Condition") if PROTECTED in str(one["meta"]))
    return marked(fetch(app, granted(app, "fay"), f"/fhir/Condition/{kept['id']}"))


@PROBES.of("protected-data-shared-with-next-app")
def _(app):
    granted(app, "fay", more={"include": ["sensitive"]})
    phone = elsewhere(app, "phone")
    return marked(fetch(phone, granted(phone, "fay"), "/fhir/Condition"))


def narrowed(app):
    """Tokens of a wide consent, after a narrower one."""
    wide = granted(app)
    narrow = granted(app, **NO_CLAIMS)
    assert fetch(app, narrow, "/fhir/ExplanationOfBenefit").status_code == 403
    return wide


def claims(app, tokens):
    return fetch(app, tokens, "/fhir/ExplanationOfBenefit").status_code


@PROBES.of("narrower-consent-keeps-wider-tokens")
def _(app):
    return claims(app, narrowed(app)) == 200


@PROBES.of("narrower-consent-keeps-wider-refresh-token")
def _(app):
    wide = narrowed(app)
    assert claims(app, wide) == 401
    again = app.refresh(wide["refresh_token"]).json()
    return "access_token" in again and claims(app, again) == 200


@PROBES.of("narrower-consent-narrows-tokens")
def _(app):
    wide = narrowed(app)
    if app.reads(wide) == 401:
        return False
    assert claims(app, wide) == 403
    return claims(app, app.refresh(wide["refresh_token"]).json()) == 403


@PROBES.of("second-consent-adds-to-the-first")
def _(app):
    granted(app)
    return claims(app, granted(app, **NO_CLAIMS)) == 200


@PROBES.of("new-consent-ends-earlier-tokens")
def _(app):
    first = granted(app)
    hook(app, prompt="consent")
    return app.reads(first) == 401


@PROBES.of("userinfo-names-the-member")
def _(app):
    return "Lovelace" in fetch(app, granted(app, **NO_DETAILS), "/oauth/userinfo").text


@PROBES.of("id-token-tells-the-birth-date")
def _(app):
    token = granted(app, **NO_DETAILS)["id_token"]
    return b"1949-12-10" in jws.extract_compact(token.encode()).payload


@PROBES.of("claims-name-the-member")
def _(app):
    answer = fetch(app, granted(app, **NO_DETAILS), "/fhir/ExplanationOfBenefit")
    return '"display":"Ada Synthetic-Lovelace"' in answer.text


@PROBES.of("coverage-tells-the-birth-date")
def _(app):
    return "1949-12-10" in fetch(app, granted(app, **NO_DETAILS), "/fhir/Coverage").text
