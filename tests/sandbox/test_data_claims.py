"""Claims of the cast as CARIN BB 2.1.0 asks, and money that adds up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from fhir_payer import FACE_NAMES, world_of

from payerproof.sandbox.data import World, injected_row, with_claim
from payerproof.sandbox.faces import FACES

CARIN = "http://hl7.org/fhir/us/carin-bb/"
SYSTEM = CARIN + "CodeSystem/"
CARIN_AMOUNTS = SYSTEM + "C4BBAdjudication"
HL7_AMOUNTS = "http://terminology.hl7.org/CodeSystem/adjudication"
KINDS = {
    "Inpatient-Institutional": ("institutional", "inpatient"),
    "Outpatient-Institutional": ("institutional", "outpatient"),
    "Professional-NonClinician": ("professional", ""),
    "Pharmacy": ("pharmacy", ""),
    "Oral": ("oral", ""),
}
REQUIRED_INFORMATION = {
    "Inpatient-Institutional": {"admissionperiod"},
    "Pharmacy": {"dayssupply", "dawcode", "refillnum", "refillsauthorized"},
}
WORLD = world_of("plain")
CLAIMS = list(WORLD.claims())


def profile(claim: dict[str, Any]) -> str:
    (address,) = claim["meta"]["profile"]
    return address.removeprefix(CARIN + "StructureDefinition/C4BB-ExplanationOfBenefit-")


def kind_of(claim: dict[str, Any]) -> str:
    return profile(claim).partition("|")[0]


def code(concept: dict[str, Any]) -> str:
    return concept["coding"][0]["code"]


def amounts(adjudications: Iterable[dict[str, Any]]) -> dict[str, Decimal]:
    return {
        code(one["category"]): Decimal(str(one["amount"]["value"]))
        for one in adjudications
        if "amount" in one
    }


def claims_of(user: str, world: World = WORLD) -> dict[int, dict[str, Any]]:
    return {
        int(one["identifier"][0]["value"][-5:]): one
        for one in world.record(world.people[user].patient, "ExplanationOfBenefit")
        if one["use"] == "claim"
    }


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one["identifier"][0]["value"])
def test_what_every_claim_carries(claim: dict[str, Any]) -> None:
    assert profile(claim).endswith("|2.1.0")
    assert claim["meta"]["lastUpdated"]
    types = [code(one["type"]) for one in claim["identifier"]]
    assert types == ["uc"]
    kind, sub_type = KINDS[kind_of(claim)]
    assert code(claim["type"]) == kind
    assert (code(claim["subType"]) if "subType" in claim else "") == sub_type
    assert claim["use"] == "claim"
    for name in ("status", "patient", "created", "insurer", "provider", "outcome", "item"):
        assert claim[name]
    assert claim["billablePeriod"]["start"]
    assert [one["focal"] for one in claim["insurance"]] == [True]
    assert code(claim["payee"]["type"])
    information = [code(one["category"]) for one in claim["supportingInfo"]]
    assert len(information) == len(set(information))
    assert REQUIRED_INFORMATION.get(kind_of(claim), set()) <= set(information)
    sequences = [one["sequence"] for one in claim["supportingInfo"]]
    assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one["identifier"][0]["value"])
def test_the_money_adds_up(claim: dict[str, Any]) -> None:
    totals = amounts(claim["total"])
    lines = [amounts(item.get("adjudication", ())) for item in claim["item"]]
    header = amounts(claim.get("adjudication", ()))
    parts = [header] if header else lines
    assert bool(header) != any(lines), "amounts stand at the header or at the lines"
    summed: dict[str, Decimal] = {}
    for part in parts:
        for category, amount in part.items():
            summed[category] = summed.get(category, Decimal()) + amount
    assert summed == totals
    for one in (*parts, totals):
        submitted, eligible = one["submitted"], one.get("eligible", Decimal())
        assert submitted == eligible + one.get("discount", 0) + one.get("noncovered", 0)
        owes = sum(one.get(name, 0) for name in ("deductible", "copay", "coinsurance"))
        assert one["memberliability"] == owes
        assert eligible == owes + one["paidtoprovider"]
        assert one["benefit"] == one["paidtoprovider"]
    net = sum(Decimal(str(item["net"]["value"])) for item in claim["item"])
    assert net == totals["submitted"]
    if code(claim["payment"]["type"]) == "paid":
        assert Decimal(str(claim["payment"]["amount"]["value"])) == totals["paidtoprovider"]
    for one in claim["total"]:
        own = one["category"]["coding"][0]["system"] == CARIN_AMOUNTS
        assert own == (
            code(one["category"])
            in {"discount", "noncovered", "coinsurance", "memberliability", "paidtoprovider"}
        )


def test_status_adjudications_stand_where_the_kind_wants_them() -> None:
    at_header = {
        "Inpatient-Institutional": {"benefitpaymentstatus"},
        "Outpatient-Institutional": {"benefitpaymentstatus"},
        "Pharmacy": {"benefitpaymentstatus"},
        "Oral": {"benefitpaymentstatus", "renderingnetworkstatus"},
        "Professional-NonClinician": set(),
    }
    for claim in CLAIMS:
        kind = kind_of(claim)
        header = {code(one["category"]) for one in claim["adjudication"]}
        assert at_header[kind] <= header
        for item in claim["item"]:
            line = {code(one["category"]) for one in item.get("adjudication", ())}
            if kind in ("Oral", "Professional-NonClinician"):
                assert "benefitpaymentstatus" in line
                assert code(item["locationCodeableConcept"])


def test_ada_has_what_the_seeds_name() -> None:
    claims = claims_of("ada")
    assert {kind_of(one) for one in claims.values()} == set(KINDS)
    assert len(claims) == 31
    served = {n: one["item"][0]["servicedDate"] for n, one in claims.items()}
    assert [served[n] for n in (1, 2, 3)] == ["2015-12-31", "2016-01-01", "2016-01-02"]
    assert max(served.values()) == "2026-10-27"
    assert code(claims[7]["payment"]["type"]) == "denied"
    assert "processNote" not in claims[7]
    assert code(claims[8]["payment"]["type"]) == "denied"
    assert "appeal" in claims[8]["processNote"][0]["text"]
    assert claims[8]["item"][0]["noteNumber"] == [1]
    original, reversal, replacement = claims[9], claims[10], claims[11]
    assert [one["status"] for one in (original, reversal, replacement)] == [
        "cancelled",
        "cancelled",
        "active",
    ]
    links = [
        (code(one["related"][0]["relationship"]), one["related"][0]["reference"]["value"][-5:])
        for one in (original, reversal, replacement)
    ]
    assert links == [("replacedby", "00011"), ("prior", "00009"), ("prior", "00009")]
    taken_back = amounts(reversal["total"])["submitted"] + amounts(original["total"])["submitted"]
    assert taken_back == 0
    assert claims[15]["billablePeriod"]["start"] != claims[15]["item"][0]["servicedDate"]


def test_every_member_has_claims_with_a_number_of_their_own() -> None:
    numbers = [one["identifier"][0]["value"] for one in CLAIMS]
    assert len(numbers) == len(set(numbers))
    for person in WORLD.people.values():
        if person.patient:
            assert len(claims_of(person.user)) >= 2


def test_care_team_roles_are_of_the_right_kind() -> None:
    for claim in CLAIMS:
        for member in claim.get("careTeam", ()):
            assert member["provider"]["reference"].startswith("Practitioner/")
            if code(member["role"]) == "rendering":
                assert code(member["qualification"])
        if kind_of(claim).endswith("Institutional"):
            assert {code(one["role"]) for one in claim["careTeam"]} == {"attending"}


@pytest.mark.parametrize("face", FACE_NAMES)
def test_a_claim_can_be_added(face: str) -> None:
    world, ids = world_of(face), FACES[face].logical_id
    more = with_claim(world, ids, injected_row("ada", 900, "2026-11-18"))
    assert claims_of("ada", more)[900]["item"][0]["servicedDate"] == "2026-11-18"
    assert len(claims_of("ada", world)) == 31
    with pytest.raises(ValueError, match="already has"):
        with_claim(more, ids, injected_row("ada", 900, "2026-11-18"))
    with pytest.raises(ValueError, match="not a member"):
        with_claim(world, ids, injected_row("cho", 1, "2026-11-18"))
