"""Attribution: PDex Provider Access v1, 42 CFR 422.121(a)."""

from __future__ import annotations

import pytest
from clinic import at, members, roster

PROVIDERS = [
    "testville-clinic",
    "mockford-general",
    "harbour-recovery",
    "open-door",
    "elsewhere",
    "departed",
]
SHARED = {
    "testville-clinic": {"ada", "bruno", "britta", "ben", "bea", "bo", "fay", "iva"},
    "mockford-general": {"ada", "fay", "ivy"},
    "harbour-recovery": {"fay"},
    "open-door": set(),
    "elsewhere": set(),
    "departed": set(),
}


def patients(clinic, users):
    return {clinic.patient(user) for user in users}


@pytest.mark.parametrize("face", ["plain", "gateway", "regional"])
def test_rosters_hold_whom_all_conditions_allow(face):
    clinic = at(face)
    for name in PROVIDERS:
        one = clinic.other(name)
        assert members(roster(one)) == patients(one, SHARED[name])


def test_a_roster_is_a_pdex_provider_group():
    clinic = at()
    group = roster(clinic)
    assert (group["type"], group["actual"], group["active"]) == ("person", True, True)
    assert group["identifier"][0] == {
        "system": "http://hl7.org/fhir/sid/us-npi",
        "value": "1999000023",
    }
    assert group["extension"][0]["valueCode"] in ("draft", "final", "open")
    assert group["characteristic"][0]["exclude"] is False
    assert group["characteristic"][0]["valueReference"]
    assert "quantity" not in group
    assert group["meta"]["lastUpdated"]


def test_groups_are_the_clients_own():
    clinic = at()
    own, other = roster(clinic)["id"], roster(clinic.other("mockford-general"))["id"]
    assert clinic.get(f"Group/{own}").status_code == 200
    foreign, unknown = clinic.get(f"Group/{other}"), clinic.get("Group/no-such-group")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    found = [e["resource"]["id"] for e in clinic.get("Group").json()["entry"]]
    assert found == [own]


@pytest.mark.parametrize(
    "query",
    [
        "identifier=http://hl7.org/fhir/sid/us-npi|1999000023",
        "identifier=urn:oid:2.16.840.1.113883.4.4|99-1000023",
        "characteristic=pdexprovidergroup",
        "code=pdexprovidergroup",
        "characteristic-value-reference={organization}",
    ],
)
def test_group_searches(query):
    clinic = at()
    organization = roster(clinic)["characteristic"][0]["valueReference"]["reference"]
    found = clinic.get("Group?" + query.format(organization=organization)).json()
    assert len(found["entry"]) == 1
    nobody = clinic.get("Group?identifier=http://hl7.org/fhir/sid/us-npi|1999000015").json()
    assert "entry" not in nobody


def test_a_token_is_needed_and_a_scope():
    clinic = at()
    own = roster(clinic)["id"]
    assert clinic.get(f"Group/{own}", token="").status_code == 401
    assert clinic.get("Patient", token="nonsense").status_code == 401
    assert clinic.get(f"Group/{own}", scope="system/Patient.rs").status_code == 403
    assert clinic.get("Patient", scope="system/Group.rs").status_code == 403


def test_single_reads_and_searches_follow_the_same_conditions():
    clinic = at()
    for name in PROVIDERS:
        one = clinic.other(name)
        expected = patients(one, SHARED[name])
        rows = one.get("Patient?_count=100").json().get("entry", [])
        assert {row["resource"]["id"] for row in rows} == expected
        for user in ("ada", "eli", "dee", "gus", "ivy"):
            patient = clinic.patient(user)
            right = 200 if patient in expected else 404
            assert one.get(f"Patient/{patient}").status_code == right
            claims = one.get(f"ExplanationOfBenefit?patient={patient}").json().get("entry", [])
            assert bool(claims) == (patient in expected)


def test_opted_out_unattributed_and_unknown_look_alike():
    clinic = at()
    answers = [
        clinic.get(f"Patient/{patient}")
        for patient in (clinic.patient("eli"), clinic.patient("ivy"), "no-such-patient")
    ]
    assert len({(a.status_code, a.text) for a in answers}) == 1


def test_the_operator_ends_and_begins_attribution_and_contracts():
    clinic = at()
    ada, ivy = clinic.patient("ada"), clinic.patient("ivy")
    name = clinic.client.client_id
    clinic.control("attribution", {"client_id": name, "persona": "ada", "holds": False})
    clinic.control("attribution", {"client_id": name, "persona": "ivy", "holds": True})
    assert ada not in members(roster(clinic))
    assert clinic.get(f"Patient/{ada}").status_code == 404
    assert clinic.get(f"Patient/{ivy}").status_code == 200
    clinic.control("network", {"client_id": name, "in_network": False})
    assert members(roster(clinic)) == set()
    clinic.control("network", {"client_id": name, "in_network": True})
    assert ivy in members(roster(clinic))


def test_the_clock_ends_coverage():
    clinic = at()
    assert clinic.patient("gus") not in members(roster(clinic))
    clinic.control("clock", {"now": "2025-06-01T12:00:00Z"})
    clinic.tokens.clear()
    assert clinic.patient("gus") in members(roster(clinic))


def test_nothing_is_written_and_no_other_operation_offered():
    clinic = at()
    assert clinic.send("POST", "Patient", json={"resourceType": "Patient"}).status_code == 405
    assert clinic.send("PUT", "Group/x", json={}).status_code == 405
    assert clinic.get(f"Patient/{clinic.patient('ada')}/$everything").status_code == 403
    assert clinic.get("Patient/$export").status_code == 404


def test_the_statement_is_open_and_names_the_operations():
    found = at().get("metadata", token="").json()
    group = next(r for r in found["rest"][0]["resource"] if r["type"] == "Group")
    assert {"davinci-data-export", "group-export", "provider-member-match"} <= {
        one["name"] for one in group["operation"]
    }


def test_disclosures_name_the_clinic():
    clinic = at()
    clinic.get(f"Patient/{clinic.patient('ada')}")
    rows = clinic.control("disclosures")["disclosures"]
    assert rows[-1]["client_id"] == "testville-family-clinic"
    assert rows[-1]["disclosed"] == [f"Patient/{clinic.patient('ada')}"]
