"""Each seeded fault about representatives shows, and a clean payer doesn't show it."""

from __future__ import annotations

import pytest
from clinic import at
from defect_payer import DefectPayer, seeded_by
from member_browser import AppUnderTest, Browser, Page

from payerproof.sandbox.defects import all_defects


def app_at(clinic):
    return AppUnderTest(Browser(clinic.house, clinic.tenant))


def end(clinic, persona="cho", member="ada"):
    clinic.control("representation", {"persona": persona, "member": member, "holds": False})


def after_the_end(clinic):
    app = app_at(clinic)
    tokens = app.tokens("cho", choose="ada")
    app.reads(tokens)
    end(clinic)
    return app.reads(tokens) == 200


def after_birthday(days):
    def probe(clinic):
        clinic.control("clock", {"now": "2026-11-20T12:00:00Z"})
        app = app_at(clinic)
        tokens = app.tokens("bruno", choose="bo")
        clinic.control("clock", {"advance_seconds": days * 86400})
        fresh = app.refresh(tokens["refresh_token"]).json()
        return "access_token" in fresh

    return probe


def still_offered(clinic):
    end(clinic, "dee", "gus")
    app = app_at(clinic)
    page = app.browser.sign_in(app.browser.open(app.authorize_url()), "dee")
    assert isinstance(page, Page)
    return "Gus" in page.text


def still_decides(clinic):
    end(clinic)
    browser = Browser(clinic.house, clinic.tenant)
    page = browser.page(clinic.tenant.base + "/portal/provider-access")
    return "Ada" in browser.sign_in(page, "cho").text


def as_member(clinic):
    tokens = app_at(clinic).tokens("cho", choose="ada")
    grant = clinic.tenant.grants.grants_by("cho")[0]
    assert tokens["patient"] == clinic.patient("ada")
    return grant.fhir_user.startswith("Patient/")


def written(clinic, path):
    payer = DefectPayer(clinic.tenant.name)
    token = payer.token("cho", choose="ada")
    payer.ask(path.format(ada=payer.patient("ada"), eli=payer.patient("eli")), token=token)
    return payer.tenant.disclosures


def after_the_split(clinic):
    clinic.control("contract", {"persona": "britta", "number": "SUB-900001"})
    tokens = app_at(clinic).tokens("bruno", choose="bruno")
    url = f"{clinic.tenant.fhir_base}/ExplanationOfBenefit?_count=100"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return clinic.patient("britta") in clinic.browser.send("GET", url, headers=headers).text


SHOWN = {
    "former-spouse-found": after_the_split,
    "ended-authority-keeps-tokens": after_the_end,
    "authority-answer-cached": after_the_end,
    "eighteen-at-the-end-of-the-year": after_birthday(5),
    "majority-at-twenty-one": after_birthday(60),
    "picker-keeps-former-members": still_offered,
    "former-representative-decides": still_decides,
    "representative-recorded-as-member": as_member,
    "accounting-names-the-member": lambda c: written(c, "/Patient/{ada}")[-1]["user"] == "ada",
    "refusals-not-accounted": lambda c: not written(c, "/Patient/{eli}"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_shows_at_the_faulty_payer_only(name):
    assert SHOWN[name](at(f"plain+{name}")) is True
    assert SHOWN[name](at()) is False


def test_every_fault_of_this_area_is_here():
    family = {name for name, defect in all_defects().items() if defect.area == "household"}
    assert family - seeded_by("service_desk", "representatives") == set(SHOWN)
