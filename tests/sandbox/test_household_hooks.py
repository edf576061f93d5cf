"""The operator's calls about families: authority, numbers, the end of a membership."""

from __future__ import annotations

import copy

from clinic import at, members, roster
from member_browser import AppUnderTest, Browser


def test_the_end_of_an_authority_ends_tokens_and_choices():
    clinic = at()
    app = AppUnderTest(Browser(clinic.house, clinic.tenant))
    own = AppUnderTest(Browser(clinic.house, clinic.tenant)).tokens("ada")
    tokens = app.tokens("cho", choose="ada")
    assert app.reads(tokens) == 200
    clinic.control("representation", {"persona": "cho", "member": "ada", "holds": False})
    assert app.reads(tokens) == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.reads(own) == 200
    page = app.browser.page(clinic.tenant.base + "/portal/provider-access")
    assert "Ada" not in page.text
    clinic.control("reset", {})
    assert clinic.tenant.world.people["cho"].represents == ("ada",)


def test_a_new_member_number_changes_no_choice():
    clinic = at()
    clinic.control("member-number", {"persona": "eli", "number": "MB-0000-0000-01"})
    assert clinic.patient("eli") not in members(roster(clinic))
    assert "MB-0000-0000-01" in str(clinic.tenant.world.record(clinic.patient("eli"), "Coverage"))


def test_a_membership_ends():
    clinic = at()
    assert clinic.patient("ada") in members(roster(clinic))
    clinic.control("coverage-end", {"persona": "ada", "end": "2026-01-31"})
    assert clinic.patient("ada") not in members(roster(clinic))


def test_who_gets_a_contract_of_their_own_can_come_back():
    clinic = at()
    world = clinic.tenant.world
    before = world.people["britta"]
    covered = copy.deepcopy(list(world.record(clinic.patient("britta"), "Coverage")))
    clinic.control("contract", {"persona": "britta", "number": "SPLIT-1"})
    assert clinic.tenant.world.people["britta"].household == ""
    clinic.control("contract", {"persona": "britta", "number": before.subscriber_id})
    assert clinic.tenant.world.people["britta"] == before
    assert clinic.tenant.world.record(clinic.patient("britta"), "Coverage") == covered
