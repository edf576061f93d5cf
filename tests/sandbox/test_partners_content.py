"""What clinics get of a record: 42 CFR 422.121(a)(1), 42 CFR Part 2, the date floor."""

from __future__ import annotations

import pytest
from clinic import at, export

from payerproof.sandbox.partners.content import without_money

AMOUNTS = ("valueMoney", "costToBeneficiary", "benefitBalance")


def amounts(value, path=""):
    """Every Money in a resource, found by its form."""
    if isinstance(value, dict):
        if "currency" in value or path.endswith("Money"):
            yield path
        for name, inner in value.items():
            yield from amounts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from amounts(inner, path)
    elif isinstance(value, str) and "$" in value:
        yield path


@pytest.fixture(scope="module")
def found():
    return export(at())


def claims(found, use="claim"):
    return [one for one in found.of("ExplanationOfBenefit") if one["use"] == use]


def test_no_money_but_in_prior_authorizations(found):
    for resource in found.resources:
        if resource.get("use") != "preauthorization":
            assert not list(amounts(resource)), resource
    assert any(list(amounts(one)) for one in claims(found, "preauthorization"))


def test_the_planted_amounts_are_there_to_be_found():
    clinic = at()
    view = clinic.tenant
    from payerproof.sandbox.data.planted import with_partner_records

    world = with_partner_records(view.world, view.face.logical_id)
    text = str([*world.resources("ExplanationOfBenefit"), *world.resources("Coverage")])
    assert all(word in text for word in ("valueMoney", "costToBeneficiary", "$40.00"))
    assert "remittance-advice" in str(world.resources("DocumentReference"))


def test_remittances_are_left_out_whole(found):
    assert "remittance-advice" not in found.text()
    assert not any("payment" in one or "total" in one for one in claims(found))


def test_the_rest_of_a_claim_stays(found):
    for claim in claims(found):
        assert claim["item"]
        assert claim["identifier"]
        assert all(profile.split("|")[0].endswith("-Basis") for profile in claim["meta"]["profile"])
        assert claim["insurance"]
    assert any("adjudication" in item for claim in claims(found) for item in claim["item"])


def test_prior_authorizations_are_there_denied_ones_too(found):
    asked = claims(found, "preauthorization")
    reasons = [one for one in asked if "denialreason" in str(one)]
    assert len(asked) >= 4
    assert reasons


@pytest.mark.parametrize("path", ["ExplanationOfBenefit/{id}", "ExplanationOfBenefit?_id={id}"])
def test_reads_and_searches_have_no_money_either(path):
    clinic = at()
    patient = clinic.patient("ada")
    rows = clinic.get(f"ExplanationOfBenefit?patient={patient}&_count=100").json()["entry"]
    for row in rows:
        claim = row["resource"]
        if claim["use"] == "claim":
            assert not list(amounts(clinic.get(path.format(id=claim["id"])).json()))
    coverage = clinic.get(f"Coverage?patient={patient}").json()["entry"][0]["resource"]
    assert not list(amounts(coverage))
    assert coverage["class"]


def test_money_hides_nowhere():
    claim = {
        "resourceType": "ExplanationOfBenefit",
        "id": "x",
        "meta": {"profile": []},
        "use": "claim",
        "text": {"status": "generated", "div": "<div>You owe $12</div>"},
        "contained": [{"resourceType": "Coverage", "id": "c", "costToBeneficiary": [{}]}],
        "extension": [{"url": "u", "valueMoney": {"value": 1, "currency": "USD"}}],
        "modifierExtension": [{"url": "u", "extension": [{"url": "v", "valueString": "$5"}]}],
        "supportingInfo": [{"sequence": 1, "valueQuantity": {"value": 3, "unit": "USD"}}],
        "item": [
            {
                "sequence": 1,
                "unitPrice": {"value": 1, "currency": "USD"},
                "detail": [
                    {
                        "sequence": 1,
                        "revenue": {},
                        "net": {"value": 1, "currency": "USD"},
                    }
                ],
                "adjudication": [
                    {"category": {"text": "copay"}, "amount": {"value": 2, "currency": "USD"}},
                    {"category": {"text": "status"}, "reason": {"text": "in network"}},
                ],
            }
        ],
        "processNote": [{"number": 1, "text": "Paid 12 USD"}],
    }
    left = without_money(claim)
    assert left["item"] == [
        {
            "sequence": 1,
            "detail": [{"sequence": 1, "revenue": {}}],
            "adjudication": [{"category": {"text": "status"}, "reason": {"text": "in network"}}],
        }
    ]
    for name in ("text", "extension", "modifierExtension", "processNote"):
        assert name not in left
    assert left["contained"] == [{"resourceType": "Coverage", "id": "c"}]
    assert "3" not in str(left.get("supportingInfo", ""))
    assert not list(amounts(left))


def test_substance_use_records_are_held_back_and_nothing_tells_why(found):
    clinic = at()
    assert "42CFRPart2" not in found.text()
    fay = clinic.patient("fay")
    own = [one for one in claims(found) if one["patient"]["reference"] == f"Patient/{fay}"]
    assert own
    hidden = next(
        one
        for one in clinic.tenant.world.record(fay, "ExplanationOfBenefit")
        if "42CFR" in str(one)
    )
    answer = clinic.get(f"ExplanationOfBenefit/{hidden['id']}")
    assert (answer.status_code, answer.text) == (
        404,
        clinic.get("ExplanationOfBenefit/no-such").text,
    )
    for word in ("Recovery", "buprenorphine", "F11.20", "Haddad", "H0015"):
        assert word not in found.text()


def test_written_consent_opens_substance_use_records_with_the_notice():
    clinic = at()
    agreed = {"client_id": clinic.client.client_id, "persona": "fay", "consent": True}
    clinic.control("part2-consent", agreed)
    labelled = [one for one in export(clinic).resources if "42CFRPart2" in str(one.get("meta"))]
    assert len(labelled) >= 4
    assert all("NORDSCLCD" in str(one["meta"]) for one in labelled)
    other = export(clinic.other("mockford-general"))
    assert "42CFRPart2" not in other.text()
    clinic.control("part2-consent", {**agreed, "consent": False})
    assert "42CFRPart2" not in export(clinic).text()


def test_confidential_services_of_an_adolescent_stay_hers(found):
    assert "ADOL" not in found.text()


def test_services_reach_back_to_2016():
    days = {}
    for face in ("plain", "regional"):
        clinic = at(face)
        ada = f"Patient/{clinic.patient('ada')}"
        own = [one for one in claims(export(clinic)) if one["patient"]["reference"] == ada]
        days[face] = {one["billablePeriod"]["start"] for one in own}
    assert "2016-01-01" in days["plain"] & days["regional"]
    assert "2015-12-31" not in days["plain"]
    assert "2015-12-31" in days["regional"]


def test_clinics_and_members_get_the_same_prior_authorizations(found):
    clinic = at()
    shown = {one["id"]: one for one in claims(found, "preauthorization")}
    assert shown
    for logical_id, one in shown.items():
        assert one == clinic.tenant.world.resource("ExplanationOfBenefit", logical_id)


def test_members_own_claims_keep_their_money():
    clinic = at()
    claim = clinic.tenant.world.record(clinic.patient("ada"), "ExplanationOfBenefit")[0]
    assert claim["total"]
