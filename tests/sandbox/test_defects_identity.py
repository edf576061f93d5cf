from __future__ import annotations

import base64
import json

import pytest
from defect_flow import Probes, get, granted, shows_at_the_faulty_payer_only

PROBES = Probes()


@pytest.mark.parametrize("defect", PROBES)
def test_identity(house, defect):
    shows_at_the_faulty_payer_only(house, defect, PROBES[defect], "attested")


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def claims(app, user="ada", **changed):
    return part(granted(app, user, **changed)["id_token"], 1)


def info(app):
    return get(app, "/oauth/userinfo", granted(app)["access_token"]).json()


@PROBES.of("id-token-unsigned")
def _(app):
    return part(granted(app)["id_token"], 0)["alg"] == "none"


@PROBES.of("id-token-for-the-api")
def _(app):
    return claims(app)["aud"] == app.base + "/fhir"


@PROBES.of("id-token-of-another-issuer")
def _(app):
    return claims(app)["iss"] != app.base


@PROBES.of("id-token-without-nonce")
def _(app):
    return "nonce" not in claims(app, nonce="n-0S6_WzA2Mj")


@PROBES.of("id-token-without-fhir-user")
def _(app):
    return "fhirUser" not in claims(app)


@PROBES.of("id-token-fhir-user-is-always-the-member")
def _(app):
    assert "/Patient/" in claims(app)["fhirUser"]
    return "/Patient/" in claims(app, "cho", more={"choose": "ada"})["fhirUser"]


@PROBES.of("id-token-fhir-user-not-readable")
def _(app):
    tokens = granted(app)
    path = part(tokens["id_token"], 1)["fhirUser"].removeprefix(app.base)
    return get(app, path, tokens["access_token"]).status_code == 404


@PROBES.of("id-token-with-blank-subject")
def _(app):
    return claims(app)["sub"] == ""


@PROBES.of("id-token-times-in-milliseconds")
def _(app):
    return claims(app)["exp"] > 10**12


@PROBES.of("id-token-audience-in-a-list")
def _(app):
    return claims(app)["aud"] == [app.app.client_id]


@PROBES.of("id-token-fhir-user-relative")
def _(app):
    return claims(app)["fhirUser"].startswith("Patient/")


@PROBES.of("id-token-tells-personal-details")
def _(app):
    return "birthdate" in claims(app, scope="openid patient/Coverage.rs")


@PROBES.of("id-token-subject-is-the-member-number")
def _(app):
    return claims(app)["sub"] == app.browser.tenant.world.people["ada"].member_number


@PROBES.of("userinfo-tells-personal-details")
def _(app):
    return "email" in info(app)


@PROBES.of("userinfo-of-another-subject")
def _(app):
    return info(app)["sub"] != claims(app)["sub"]


@PROBES.of("userinfo-names-the-issuer")
def _(app):
    return "iss" in info(app)
