"""A member's no to clinics: 42 CFR 422.121(a)(3), and what it must reach."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from clinic import at, clinic_house, export, fetch, kick_off, members, poll, roster
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from member_browser import AppUnderTest, Browser

from payerproof.sandbox.app import parse_tenant_name
from payerproof.sandbox.faces import FACES


@pytest.fixture
def clinic():
    return at()


def decide(clinic, user, opted_out, **more):
    body = {"persona": user, "opted_out": opted_out, **more}
    return clinic.control("provider-access", body)


def named(patient, text):
    """Whether a text names exactly this patient; Iva's id begins with Ada's."""
    return re.search(rf"{patient}(?![0-9A-Za-z])", text) is not None


def page_of(browser, user):
    page = browser.page(browser.tenant.base + "/portal/provider-access")
    found = browser.sign_in(page, user) if page.place == "sign-in" else page
    assert found.place == "provider-access"
    return found


def press(browser, page, patient, decision):
    return browser.submit(page, "/provider-access", member=patient, decision=decision)


@pytest.mark.parametrize("face", FACES)
def test_a_member_opts_out_and_back_in_on_the_page(face):
    clinic = at(face)
    ada, browser = clinic.patient("ada"), Browser(clinic.house, clinic.tenant)
    page = page_of(browser, "ada")
    assert "Shared with doctors and clinics who ask" in page.text
    after = press(browser, page, ada, "out")
    assert "saved" in after.text
    assert "Not shared with doctors and clinics" in after.text
    assert clinic.get(f"Patient/{ada}").status_code == 404
    back = press(browser, after, ada, "in")
    assert "as decided by you" in back.text
    if FACES[face].provider_access != "v2":
        assert clinic.get(f"Patient/{ada}").status_code == 200


def test_the_page_is_reached_from_the_apps_page_and_guarded(clinic):
    browser = Browser(clinic.house, clinic.tenant)
    apps = browser.sign_in(browser.page(clinic.tenant.base + "/portal/apps"), "ada")
    address = clinic.tenant.base + "/portal/provider-access"
    assert address in apps.links
    ada, eli = clinic.patient("ada"), clinic.patient("eli")
    page = page_of(browser, "ada")
    assert press(browser, page, eli, "in").status == 400
    assert press(browser, page, ada, "maybe").status == 400
    forged = browser.send("POST", address, data={"member": ada, "decision": "out", "csrf": "x"})
    assert forged.status_code == 403
    assert ada in members(roster(clinic))
    assert clinic.patient("eli") not in members(roster(clinic))


def test_a_representative_decides_for_whom_she_acts(clinic):
    browser = Browser(clinic.house, clinic.tenant)
    page = page_of(browser, "cho")
    assert "Ada Synthetic-Lovelace" in page.text
    press(browser, page, clinic.patient("ada"), "out")
    choices = clinic.control("provider-access?persona=ada")
    assert choices["opted_out"] is True
    assert choices["choices"][-1]["by"] == "cho"
    own = page_of(Browser(clinic.house, clinic.tenant), "ada")
    assert "as decided by Cho" in own.text


def test_a_parent_decides_until_the_eighteenth_birthday(clinic):
    page = page_of(Browser(clinic.house, clinic.tenant), "bruno")
    assert "Bo Synthetic-Berg" in page.text
    clinic.control("clock", {"advance_seconds": 3 * 86400})
    page = page_of(Browser(clinic.house, clinic.tenant), "bruno")
    assert "Bo Synthetic-Berg" not in page.text
    assert "Ben Synthetic-Berg" in page.text


def test_who_never_chose_is_in_and_a_choice_comes_from_nobody_else(clinic):
    assert clinic.control("provider-access?persona=bruno")["choices"] == []
    assert clinic.patient("bruno") in members(roster(clinic))


def test_an_opt_out_reaches_every_path_and_every_clinic(clinic):
    hospital, ada = clinic.other("mockford-general"), clinic.patient("ada")
    claim = clinic.get(f"ExplanationOfBenefit?patient={ada}").json()["entry"][0]["resource"]["id"]
    first_page = clinic.get("Observation?_count=5").json()
    made = kick_off(clinic)
    where = made.headers["content-location"]
    manifest = poll(clinic, where).json()
    decide(clinic, "ada", True)
    for one in (clinic, hospital):
        assert ada not in members(roster(one))
        assert one.get(f"Patient/{ada}").status_code == 404
        assert one.get(f"ExplanationOfBenefit/{claim}").status_code == 404
        for path in (f"Coverage?patient={ada}", f"Patient?_id={ada}"):
            assert "entry" not in one.get(path).json()
        assert not named(ada, export(one).text())
        assert not named(ada, export(one, since="2016-01-01T00:00:00Z").text())
        assert not named(ada, export(one, patient=f"Patient/{ada}").text())
    assert not named(ada, fetch(clinic, manifest).text())
    following = next(x["url"] for x in first_page["link"] if x["relation"] == "next")
    while following:
        page = clinic.get(following).json()
        assert not named(ada, json.dumps(page.get("entry", [])))
        following = next((x["url"] for x in page["link"] if x["relation"] == "next"), "")


def test_an_opt_out_reaches_an_export_already_running(clinic):
    ada = clinic.patient("ada")
    clinic.control("exports/hold", {"held": True})
    where = kick_off(clinic).headers["content-location"]
    assert clinic.get(where).status_code == 202
    decide(clinic, "ada", True)
    clinic.control("exports/hold", {"held": False})
    found = fetch(clinic, poll(clinic, where).json())
    assert found.patients()
    assert not named(ada, found.text())


def test_opting_back_in_restores_everything(clinic):
    ada = clinic.patient("ada")
    before = export(clinic, patient=f"Patient/{ada}")
    moment = datetime.now(UTC) - timedelta(seconds=5)
    decide(clinic, "ada", True)
    decide(clinic, "ada", False)
    full = export(clinic, patient=f"Patient/{ada}")
    since = export(clinic, patient=f"Patient/{ada}", since=moment.isoformat())

    def own(found):
        kinds = ("Patient", "ExplanationOfBenefit", "Condition", "Observation")
        return {one["id"] for kind in kinds for one in found.of(kind)}

    assert own(full) == own(before) == own(since)


def test_effective_dates_and_orders(clinic):
    now = datetime.now(UTC)

    def words(days):
        return (now + timedelta(days=days)).isoformat()

    def is_in(user):
        return clinic.patient(user) in members(roster(clinic))

    decide(clinic, "ada", True, effective=words(5))
    assert is_in("ada")
    decide(clinic, "bruno", True, effective=words(-5))
    assert not is_in("bruno")
    decide(clinic, "britta", False, effective=words(-1))
    decide(clinic, "britta", True, effective=words(-2))
    assert is_in("britta")
    decide(clinic, "ben", True, effective=words(-1))
    decide(clinic, "ben", False, effective=words(-2))
    assert not is_in("ben")
    clinic.control("clock", {"advance_seconds": 6 * 86400})
    clinic.tokens.clear()
    assert not is_in("ada")


def test_when_choices_cannot_be_looked_up_everybody_counts_as_out(clinic):
    clinic.control("provider-access/lookup", {"available": False})
    assert members(roster(clinic)) == set()
    assert not export(clinic).patients()
    assert clinic.get(f"Patient/{clinic.patient('ada')}").status_code == 404
    clinic.control("provider-access/lookup", {"available": True})
    assert clinic.patient("ada") in members(roster(clinic))


def test_members_own_apps_and_exchanges_stay(clinic):
    app = AppUnderTest(Browser(clinic.house, clinic.tenant))
    tokens = app.tokens("ada")
    decide(clinic, "ada", True)
    assert app.reads(tokens) == 200
    assert app.reads(app.refresh(tokens["refresh_token"]).json()) == 200
    payer = clinic.tenant.clients["othermark-health"]
    assert clinic.tenant.policies.partners.wants_exchange(clinic.tenant, payer, "ada")


class Orderings(RuleBasedStateMachine):
    """Opt-out, opt-in, attribution and network in any order, against a model of four flags."""

    def __init__(self):
        super().__init__()
        house = clinic_house()
        from clinic import Clinic

        self.clinic = Clinic(house.add("plain", parse_tenant_name("plain")), house)
        self.out, self.treated, self.network = {"eli"}, {"ada", "eli", "bruno"}, True
        self.users = ("ada", "eli", "bruno")

    @rule(user=st.sampled_from(("ada", "eli", "bruno")), out=st.booleans())
    def chooses(self, user, out):
        decide(self.clinic, user, out)
        (self.out.add if out else self.out.discard)(user)

    @rule(user=st.sampled_from(("ada", "eli", "bruno")), holds=st.booleans())
    def treats(self, user, holds):
        name = self.clinic.client.client_id
        body = {"client_id": name, "persona": user, "holds": holds}
        self.clinic.control("attribution", body)
        (self.treated.add if holds else self.treated.discard)(user)

    @rule(inside=st.booleans())
    def contracts(self, inside):
        name = self.clinic.client.client_id
        self.clinic.control("network", {"client_id": name, "in_network": inside})
        self.network = inside

    @invariant()
    def shares_exactly_what_it_may(self):
        listed = members(roster(self.clinic))
        for user in self.users:
            patient = self.clinic.patient(user)
            may = self.network and user in self.treated and user not in self.out
            assert (patient in listed) == may
            read = self.clinic.get(f"Patient/{patient}").status_code
            assert read == (200 if may else 404)


TestOrderings = Orderings.TestCase
TestOrderings.settings = settings(
    max_examples=6, stateful_step_count=8, deadline=None, derandomize=True
)


def test_the_choice_counts_at_once(clinic):
    begun = time.monotonic()
    decide(clinic, "ada", True)
    assert clinic.get(f"Patient/{clinic.patient('ada')}").status_code == 404
    assert time.monotonic() - begun < 5
