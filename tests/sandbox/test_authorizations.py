"""Prior authorizations for members: 42 CFR 422.119(b)(1)(iv), PDex 2.1.0 prior authorization."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from defect_payer import DefectPayer

from payerproof.sandbox.faces import FACES

PDEX = "http://hl7.org/fhir/us/davinci-pdex/"
PROFILE = PDEX + "StructureDefinition/pdex-priorauthorization"
EOB = "ExplanationOfBenefit"
REVIEW = PDEX + "StructureDefinition/extension-reviewAction"
CODE = PDEX + "StructureDefinition/extension-reviewActionCode"
WHEN = PDEX + "StructureDefinition/base-ext-when-adjudicated"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
X12 = "https://codesystem.x12.org/005010/306"


@pytest.fixture(params=list(FACES), scope="module")
def payer(request) -> DefectPayer:
    return DefectPayer(request.param)


@pytest.fixture(scope="module")
def plain() -> DefectPayer:
    return DefectPayer("plain")


def rows(payer: DefectPayer, user: str = "ada", query: str = "") -> list[dict[str, Any]]:
    pages = payer.walk(f"/{EOB}?_count=100{query}", user)
    return [row for page in pages for row in page.resources]


def requests(payer: DefectPayer, user: str = "ada") -> dict[str, dict[str, Any]]:
    found = (one for one in rows(payer, user) if one["use"] == "preauthorization")
    return {one["identifier"][0]["value"]: one for one in found}


def extension(row: dict[str, Any], url: str) -> dict[str, Any]:
    return next((one for one in row.get("extension", ()) if one["url"] == url), {})


def decisions(request: dict[str, Any]) -> list[tuple[str, str]]:
    """By line the review action and the day of it."""
    found = []
    for line in request["item"]:
        (row,) = (one for one in line["adjudication"] if extension(one, REVIEW))
        (coding,) = extension(extension(row, REVIEW), CODE)["valueCodeableConcept"]["coding"]
        assert coding["system"] == X12
        found.append((coding["code"], extension(row, WHEN).get("valueDateTime", "")))
    return found


def test_each_state_is_served_on_every_face(payer):
    assert {number: decisions(one) for number, one in requests(payer).items()} == {
        "PA-ADA-0001": [("A4", "")],
        "PA-ADA-0002": [("A1", "2026-09-14")] * 2,
        "PA-ADA-0003": [("A1", "2026-10-05")],
        "PA-ADA-0004": [("A1", "2026-08-20"), ("A3", "2026-08-20")],
        "PA-ADA-0005": [("A3", "2026-10-28")],
        "PA-ADA-0006": [("A3", "2025-12-21")],
        "PA-ADA-0007": [("A1", "2024-06-01")],
    }


def test_every_other_benefit_is_a_claim(payer):
    uses = [one["use"] for one in rows(payer)]
    assert (uses.count("claim"), uses.count("preauthorization")) == (31, 7)


@pytest.mark.parametrize("user", ["ada", "bruno", "eli", "gus", "iva"])
def test_what_the_profile_asks(plain, user):
    found = requests(plain, user)
    assert found
    for number, one in found.items():
        assert one["meta"]["profile"] == [PROFILE]
        for name in ("status", "type", "patient", "created", "insurer", "provider", "insurance"):
            assert one[name]
        assert one["patient"]["reference"] == f"Patient/{plain.patient(user)}"
        assert one["outcome"] == ("queued" if "A4" in str(decisions(one)) else "complete")
        assert len(one.get("preAuthRefPeriod", ())) <= 1
        assert one.get("preAuthRef", [number]) == [number]
        for line in one["item"]:
            assert line["productOrService"]["coding"][0]["system"] == HCPCS
            assert not line["productOrService"]["coding"][0]["code"].startswith("J")


def test_approvals_tell_until_when_or_what_ends_them(plain):
    found = requests(plain)
    for number in ("PA-ADA-0002", "PA-ADA-0004", "PA-ADA-0007"):
        assert found[number]["preAuthRefPeriod"][0]["end"] > "2026-11-21"
    (period,) = found["PA-ADA-0003"]["preAuthRefPeriod"]
    assert "end" not in period
    assert "until the course of treatment ends" in found["PA-ADA-0003"]["processNote"][0]["text"]
    for number in ("PA-ADA-0001", "PA-ADA-0005", "PA-ADA-0006"):
        assert "preAuthRefPeriod" not in found[number]


def test_approved_lines_tell_their_units(plain):
    units = {
        line["productOrService"]["coding"][0]["code"]: row["value"]
        for one in requests(plain).values()
        for line in one["item"]
        for row in line["adjudication"]
        if "allowedunits" in str(row["category"])
    }
    assert units == {"L1833": 1, "L2795": 2, "G0108": 8, "A4239": 6, "A5500": 6}


@pytest.mark.parametrize("user", ["ada", "gus"])
def test_a_denial_says_why_of_this_request(plain, user):
    reasons = [
        row["reason"]
        for one in requests(plain, user).values()
        for line in one["item"]
        for row in line["adjudication"]
        if "denialreason" in str(row["category"])
    ]
    assert reasons
    assert len({one["text"] for one in reasons}) == len(reasons)
    for one in reasons:
        assert one["coding"][0]["system"] == CARC
        assert one["coding"][0]["code"] != "50"


def test_the_papers_can_be_read(payer):
    papers = requests(payer)["PA-ADA-0002"]["supportingInfo"]
    named = [one["valueReference"]["reference"] for one in papers]
    note, form = (payer.ask(f"/{one}").json for one in named)
    assert (note["resourceType"], form["resourceType"]) == (
        "DocumentReference",
        "QuestionnaireResponse",
    )
    url = note["content"][0]["attachment"]["url"].removeprefix(payer.base)
    answer = payer.ask(url, accept="text/plain")
    assert answer.content.endswith(b"Synthetic.")
    assert form["status"] == "completed"
    assert form["questionnaire"]
    assert form["item"][0]["answer"]
    found = payer.ask("/QuestionnaireResponse?status=completed").resources
    assert [one["id"] for one in found] == [form["id"]]


def test_searches_of_the_guide_find_them(plain):
    wanted = requests(plain)["PA-ADA-0002"]
    patient = plain.patient("ada")
    for query in (
        f"_id={wanted['id']}",
        "identifier=PA-ADA-0002",
        f"patient={patient}&identifier=PA-ADA-0002",
        f"patient={patient}&_lastUpdated=2026-09-14",
        f"patient={patient}&type=professional&_lastUpdated=ge2026-09-14",
    ):
        found = plain.ask(f"/{EOB}?{query}").resources
        assert wanted["id"] in [one["id"] for one in found], query
    assert plain.ask(f"/{EOB}/{wanted['id']}").json == wanted
    query = "identifier=PA-ADA-0002&_include=ExplanationOfBenefit:coverage"
    assert "Coverage" in {one["resourceType"] for one in plain.ask(f"/{EOB}?{query}").resources}


def test_one_may_be_closed_and_one_active_at_the_edges(plain):
    found = requests(plain)
    today = date(2026, 11, 21)
    closed = date.fromisoformat(decisions(found["PA-ADA-0006"])[0][1])
    assert 300 < (today - closed).days <= 365
    active = date.fromisoformat(decisions(found["PA-ADA-0007"])[0][1])
    assert (today - active).days > 365


def test_they_are_the_members_own(payer):
    mine = requests(payer)
    assert not mine.keys() & requests(payer, "eli").keys()
    logical_id = mine["PA-ADA-0002"]["id"]
    assert payer.ask(f"/{EOB}/{logical_id}", user="eli").status in (403, 404)
    form = mine["PA-ADA-0002"]["supportingInfo"][1]["valueReference"]["reference"]
    assert payer.ask(f"/{form}", user="eli").status in (403, 404)


def test_a_withheld_treatment_leaves_no_trace(payer):
    """42 CFR Part 2 holds for the request as for the claim."""
    assert requests(payer, "fay").keys() == {"PA-FAY-0001"}
    hidden = next(one for one in payer.record("fay", EOB) if "PA-FAY-0002" in str(one))
    assert payer.ask(f"/{EOB}/{hidden['id']}", user="fay").status in (403, 404)
    asked = DefectPayer(payer.name)
    token = asked.token("fay", sensitive=True)
    assert asked.ask(f"/{EOB}/{hidden['id']}", token=token).status == 200


def test_a_payer_gets_the_approved_lines_only():
    from payerproof.sandbox.partners.content import is_denied, without_denied_lines

    found = requests(DefectPayer("plain"))
    kept = without_denied_lines(found["PA-ADA-0004"])
    assert decisions(kept) == [("A1", "2026-08-20")]
    assert [number for number, one in found.items() if is_denied(one)] == [
        "PA-ADA-0005",
        "PA-ADA-0006",
    ]
