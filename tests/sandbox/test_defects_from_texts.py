"""Faults seeded for checks that were never seen to fail: each shows, a clean payer has none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from clinic import ASYNC, ATR, Clinic, at, export, kick_off, members, parameters, poll, roster
from defect_pages import shows, stranger
from matched import for_payer
from member_browser import AppUnderTest, Page
from test_defects_open_apis import At
from test_defects_payer_to_payer import group_of, handed
from test_defects_seeded_apart import everybodys

# -- payers


def begun(payer: Clinic):
    group = group_of(payer, for_payer(payer, "gus"))
    body = parameters(exportType="hl7.fhir.us.davinci-pdex")
    return payer.send("POST", f"Group/{group}/{ATR}", json=body, headers=ASYNC)


def told(payer: Clinic) -> str:
    """When the status of an export says to come again; empty where it is finished."""
    where = begun(payer).headers["content-location"]
    answer = payer.get(where)
    if answer.headers.get("retry-after") == "1":
        answer = poll(payer, where)
    return answer.headers.get("retry-after", "")


def days_old(payer: Clinic) -> bool:
    today = payer.tenant.clock.moment().date().isoformat()
    return bool(handed(payer, "gus").manifest["transactionTime"][:10] < today)


PAYERS: dict[str, Callable[[Clinic], bool]] = {
    "payers-told-to-return-in-days": lambda p: int(told(p) or "0") > 3 * 86400,
    "payers-exports-on-a-date": lambda p: told(p).endswith("GMT"),
    "payers-exports-not-begun-for-days": lambda p: begun(p).status_code == 503,
    "payers-get-last-weeks-data": days_old,
}


@pytest.mark.parametrize("name", PAYERS)
def test_a_payer_is_kept_waiting_at_the_faulty_payer_only(name):
    assert PAYERS[name](at(f"plain+{name}", "othermark"))
    assert not PAYERS[name](at(name="othermark"))


@pytest.mark.parametrize("name", PAYERS)
def test_clinics_do_not_wait_with_the_payers(name):
    clinic = at(f"plain+{name}")
    assert clinic.patient("ada") in export(clinic, type="Patient").patients()


def test_payers_get_their_export_when_the_days_are_over():
    payer = at("plain+payers-told-to-return-in-days", "othermark")
    where = begun(payer).headers["content-location"]
    payer.tenant.clock.advance(5 * 86400.0)
    payer.tokens.clear()
    assert poll(payer, where).status_code == 200


# -- clinics


def no_way(clinic: Clinic) -> bool:
    """Whether no Group is found and the match answers with an error."""
    groups = clinic.get("Group").json().get("entry", [])
    match = clinic.send("POST", "Group/$provider-member-match", json=parameters())
    return not groups and match.status_code in (403, 404)


def declared(clinic: Clinic) -> bool:
    return "provider-member-match" in clinic.get("metadata").text


def theirs(clinic: Clinic) -> str:
    return clinic.tenant.face.logical_id("Patient", "a member of our other plan")


CLINICS: dict[str, Callable[[Clinic], bool]] = {
    "clinics-without-roster-or-match": lambda c: no_way(c) and not declared(c),
    "clinics-roster-gone-match-to-come": lambda c: no_way(c) and declared(c),
    "no-scope-opens-group": no_way,
    "roster-names-another-plans-member": lambda c: theirs(c) in members(roster(c)),
    "another-plans-member-for-every-clinic": lambda c: (
        theirs(c) in export(c, type="Patient").patients()
    ),
}


@pytest.mark.parametrize("name", CLINICS)
def test_a_clinic_sees_it_at_the_faulty_payer_only(name):
    faulty = at(f"plain+{name}")
    assert CLINICS[name](faulty)
    assert faulty.get(f"Patient/{faulty.patient('ada')}").status_code == 200
    assert "davinci-pdex|2.2" in faulty.get("metadata").text
    assert not CLINICS[name](at())


ALL: dict[str, Callable[[Clinic], bool]] = {
    "patient-export-refuses-since": lambda c: (
        everybodys(c, _since="2026-01-01T00:00:00Z").status_code == 400
    ),
    "patient-export-refuses-types": lambda c: everybodys(c, _type="Patient").status_code == 400,
}


@pytest.mark.parametrize("name", ALL)
def test_exports_of_all_patients_refuse_what_those_of_groups_take(name):
    faulty = at(f"plain+{name}")
    assert ALL[name](faulty)
    assert everybodys(faulty).status_code == 202
    assert kick_off(faulty, type="Patient", since="2026-01-01T00:00:00Z").status_code == 202
    assert not ALL[name](at("plain+patient-export-as-it-should-be"))


# -- the formulary


def by_form(anybody: At, form: str) -> int:
    return len(anybody.rows("formulary", f"MedicationKnowledge?doseform={form}&_count=100"))


def a_form(anybody: At) -> str:
    drug = anybody.rows("formulary", "MedicationKnowledge")[0]
    return str(drug["doseForm"]["coding"][0]["code"])


OPEN: dict[str, Callable[[At], bool]] = {
    "formulary-dose-form-ignored": lambda a: by_form(a, "no-such-form") > 0,
    "formulary-dose-form-not-indexed": lambda a: by_form(a, a_form(a)) == 0,
    "formulary-dose-form-refused": lambda a: (
        a.get("formulary", "MedicationKnowledge?doseform=tablet").status_code == 400
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_search_by_dose_form_fails_at_the_faulty_payer_only(name):
    assert OPEN[name](At(f"plain+{name}"))
    assert not OPEN[name](At("plain"))


# -- signing in


def signed_in(app: AppUnderTest) -> Page | str:
    page = app.browser.page(app.authorize_url())
    assert page.place == "sign-in"
    return app.browser.sign_in(page, "ada")


def in_the_portal(app: AppUnderTest) -> bool:
    found = signed_in(app)
    return isinstance(found, Page) and found.place == "apps"


def asked_again(app: AppUnderTest) -> bool:
    own = app.browser.page(f"{app.base}/portal/sign-in")
    assert "data sharing account" not in own.text
    found = signed_in(app)
    assert isinstance(found, Page)
    return found.place == "sign-in" and "data sharing account" in found.text


def wrong_on_the_way(app: AppUnderTest) -> bool:
    own = stranger(app)
    page = own.sign_in(own.page(f"{app.base}/portal/sign-in"), "ada")
    assert isinstance(page, Page)
    assert page.place == "apps"
    found = signed_in(app)
    return isinstance(found, Page) and "is not right" in found.text


LOGIN: dict[str, Callable[[AppUnderTest], bool]] = {
    "sign-in-forgets-the-app": in_the_portal,
    "apps-need-another-account": asked_again,
    "portals-password-wrong-on-the-way": wrong_on_the_way,
}


@pytest.mark.parametrize("name", LOGIN)
def test_portal_credentials_lead_nowhere_at_the_faulty_payer_only(house, name):
    shows(house, name, LOGIN[name])
