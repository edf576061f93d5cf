"""Exports: Bulk Data Access 2.0.0, and ATR 2.1.0 $davinci-data-export."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from clinic import ASYNC, at, export, fetch, kick_off, members, parameters, poll, roster

from payerproof.sandbox.faces import FACES


@pytest.fixture
def clinic():
    return at()


def outcome(answer):
    return answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("atr", [True, False])
@pytest.mark.parametrize("face", ["plain", "gateway", "regional"])
def test_a_whole_export(face, atr):
    clinic = at(face)
    begun = kick_off(clinic, atr=atr)
    assert begun.status_code == 202
    where = begun.headers["content-location"]
    assert where.startswith("https://")
    first = clinic.get(where)
    assert first.status_code == 202
    assert len(first.headers["x-progress"]) <= 100
    assert int(first.headers["retry-after"]) > 0
    done = poll(clinic, where)
    assert done.headers["content-type"].startswith("application/json")
    assert parsedate_to_datetime(done.headers["expires"]) > datetime.now(UTC)
    manifest = done.json()
    assert manifest["requiresAccessToken"] is True
    assert manifest["error"] == []
    assert datetime.fromisoformat(manifest["transactionTime"])
    assert manifest["request"].startswith(f"{clinic.base}/Group/")
    found = fetch(clinic, manifest)
    assert found.patients() == members(roster(clinic))
    assert {a.headers["content-type"] for a in found.answers} == {"application/fhir+ndjson"}
    for row, answer in zip(manifest["output"], found.answers, strict=True):
        kinds = {json.loads(line)["resourceType"] for line in answer.text.splitlines()}
        assert kinds == {row["type"]}
    assert {"Coverage", "ExplanationOfBenefit", "Condition", "Provenance", "Group"} <= {
        row["type"] for row in manifest["output"]
    }


def test_references_resolve_within_the_files(clinic):
    found = export(clinic)
    there = {f"{r['resourceType']}/{r['id']}" for r in found.resources}
    claims = found.of("ExplanationOfBenefit")
    assert claims
    for claim in claims:
        assert claim["patient"]["reference"] in there
        assert claim["provider"]["reference"] in there
    for trace in found.of("Provenance"):
        assert all(target["reference"] in there for target in trace["target"])


def test_files_need_the_clients_own_token(clinic):
    other = clinic.other("mockford-general")
    begun = kick_off(clinic)
    where = begun.headers["content-location"]
    url = poll(clinic, where).json()["output"][0]["url"]
    for address in (where, url):
        assert clinic.get(address, token="").status_code == 401
        assert clinic.get(address, token="expired").status_code == 401
        assert other.get(address).status_code == 404
    assert other.send("DELETE", where).status_code == 404
    narrow = clinic.get(url, scope="system/Device.rs")
    assert narrow.status_code == 403


def test_delete_removes_job_and_files(clinic):
    where = kick_off(clinic).headers["content-location"]
    url = poll(clinic, where).json()["output"][0]["url"]
    assert clinic.send("DELETE", where).status_code == 202
    for address in (where, url):
        gone = clinic.get(address)
        assert gone.status_code == 404
        assert outcome(gone)
    folder = clinic.tenant.partners.folder
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_delete_cancels_a_running_export(clinic):
    clinic.control("exports/hold", {"held": True})
    where = kick_off(clinic).headers["content-location"]
    assert clinic.get(where).status_code == 202
    assert clinic.control("exports")["exports"][0]["state"] == "running"
    assert clinic.send("DELETE", where).status_code == 202
    assert clinic.get(where).status_code == 404
    clinic.control("exports/hold", {"held": False})


def test_exports_run_out(clinic):
    where = kick_off(clinic).headers["content-location"]
    url = poll(clinic, where).json()["output"][0]["url"]
    clinic.control("clock", {"advance_seconds": 3601})
    clinic.tokens.clear()
    assert clinic.get(where).status_code == 404
    assert clinic.get(url).status_code == 404


def test_reset_leaves_no_file(clinic):
    export(clinic)
    folder = clinic.tenant.partners.folder
    assert folder.exists()
    clinic.control("reset", {})
    assert not folder.exists()


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"headers": {}}, 400),
        ({"headers": {"Prefer": "return=minimal"}}, 400),
        ({"type": "Patient,Starship"}, 400),
        ({"since": "yesterday"}, 400),
        ({"elements": "id"}, 400),
        ({"since": "2026-01-01"}, 400),
        ({"outputFormat": "text/csv"}, 400),
        ({"typeFilter": "Patient"}, 400),
        ({"typeFilter": "Condition?no-such=1", "type": "Condition"}, 400),
        ({"exportType": "something-else"}, 400),
        ({"exportType": None}, 400),
        ({"exportType": "hl7.fhir.us.davinci-pdex#provider-delta"}, 400),
        ({"exportType": "hl7.fhir.us.davinci-atr", "type": "Patient"}, 400),
        ({"scope": "system/Patient.rs"}, 403),
        ({"scope": "system/Group.rs", "type": "Patient"}, 403),
    ],
)
def test_wrong_requests_get_an_outcome(clinic, values, status):
    answer = kick_off(clinic, roster(clinic)["id"], **values)
    assert answer.status_code == status
    assert outcome(answer)


def test_lenient_handling_ignores_the_unknown(clinic):
    lenient = {"Prefer": "respond-async, handling=lenient"}
    found = export(clinic, type="Patient,Starship", elements="id", headers=lenient)
    assert {one["resourceType"] for one in found.resources} == {"Patient"}


def test_davinci_export_is_posted(clinic):
    path = f"Group/{roster(clinic)['id']}/$davinci-data-export"
    assert clinic.get(path, headers={"Prefer": "respond-async"}).status_code == 405


def test_other_clinics_groups_cannot_be_exported(clinic):
    other = roster(clinic.other("mockford-general"))["id"]
    for atr in (True, False):
        foreign, unknown = kick_off(clinic, other, atr=atr), kick_off(clinic, "none", atr=atr)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()


def test_types_and_scopes_bound_an_export(clinic):
    found = export(clinic, type="Patient,Coverage")
    assert {one["resourceType"] for one in found.resources} == {"Patient", "Coverage"}
    narrow = export(clinic, scope="system/Group.rs system/Patient.rs")
    assert {one["resourceType"] for one in narrow.resources} == {"Patient", "Group"}


def test_since_gives_what_changed(clinic):
    moment = "2026-06-01T00:00:00Z"
    everything, changed = export(clinic), export(clinic, since=moment)
    expected = {
        f"{one['resourceType']}/{one['id']}"
        for one in everything.resources
        if one["meta"]["lastUpdated"] > moment
    }
    assert {f"{one['resourceType']}/{one['id']}" for one in changed.resources} == expected
    assert 0 < len(changed.resources) < len(everything.resources)


def test_deleted_resources_are_listed_since(clinic):
    claim = export(clinic, type="ExplanationOfBenefit").resources[0]
    name = f"ExplanationOfBenefit/{claim['id']}"
    clinic.control("claims", {"remove": [name]})
    moment = datetime.fromtimestamp(time.time() - 60, UTC).isoformat()
    begun = kick_off(clinic, since=moment)
    manifest = poll(clinic, begun.headers["content-location"]).json()
    bundle = json.loads(clinic.get(manifest["deleted"][0]["url"]).text)
    assert bundle["type"] == "transaction"
    assert bundle["entry"] == [{"request": {"method": "DELETE", "url": name}}]
    assert claim["id"] not in fetch(clinic, manifest).text()


def test_filters(clinic):
    found = export(clinic, typeFilter="ExplanationOfBenefit?type=pharmacy")
    claims = found.of("ExplanationOfBenefit")
    assert claims
    assert all(c["type"]["coding"][0]["code"] == "pharmacy" for c in claims)
    assert found.of("Patient")


def test_named_patients(clinic):
    ada, eli = clinic.patient("ada"), clinic.patient("eli")
    found = export(clinic, patient=[f"Patient/{ada}", f"Patient/{eli}", "Patient/none"])
    assert found.patients() == {ada}
    assert kick_off(clinic, atr=False, patient=f"Patient/{ada}").status_code == 202
    for stranger in (eli, "none"):
        answer = kick_off(clinic, atr=False, patient=f"Patient/{stranger}")
        assert answer.status_code == 404
        assert stranger not in answer.text


def test_too_many_exports_at_once(clinic):
    clinic.control("exports/hold", {"held": True})
    group = roster(clinic)["id"]
    answers = [kick_off(clinic, group) for _ in range(4)]
    assert [a.status_code for a in answers] == [202, 202, 202, 429]
    assert answers[-1].headers["retry-after"]
    assert outcome(answers[-1])
    other = clinic.other("mockford-general")
    assert kick_off(other).status_code == 202
    clinic.control("exports/hold", {"held": False})
    assert poll(clinic, answers[0].headers["content-location"]).status_code == 200


def test_an_empty_roster_exports_nothing():
    found = export(at(name="open-door"))
    assert not found.patients()
    assert not found.of("ExplanationOfBenefit")


@pytest.mark.parametrize("face", FACES)
def test_files_may_be_compressed(face):
    clinic = at(face)
    if FACES[face].provider_access == "v2":
        return
    found = export(clinic, type="Patient")
    assert found.answers[0].headers.get("content-encoding") == "gzip"


def test_files_are_accounted_for_by_client_and_member(clinic):
    found = export(clinic, type="Patient")
    row = clinic.control("disclosures")["disclosures"][-1]
    assert row["client_id"] == clinic.client.client_id
    assert set(row["disclosed"]) == {f"Patient/{one}" for one in found.patients()}


def test_an_export_may_be_posted_and_bounded_in_time(clinic):
    path = f"Group/{roster(clinic)['id']}/$export"
    body = parameters(_type="Condition", _until="2024-01-01T00:00:00Z")
    begun = clinic.send("POST", path, json=body, headers=ASYNC)
    found = fetch(clinic, poll(clinic, begun.headers["content-location"]).json())
    assert found.resources
    assert all(one["meta"]["lastUpdated"] < "2024-01-01" for one in found.resources)
    assert clinic.send("POST", path, content=b"{", headers=ASYNC).status_code == 400


def test_file_urls_say_nothing_of_members(clinic):
    manifest = export(clinic).manifest
    text = json.dumps([row["url"] for row in manifest["output"]])
    world = clinic.tenant.world
    for person in world.people.values():
        for fact in (person.patient, person.family, person.member_number):
            assert not fact or fact not in text


@pytest.mark.parametrize("name", ["testville-clinic", "mockford-general", "open-door"])
def test_an_export_of_all_patients_is_of_the_clients_own(name):
    clinic = at("gateway", name)
    begun = clinic.get("Patient/$export?_type=Patient,Coverage", headers=ASYNC)
    assert begun.status_code == 202
    manifest = poll(clinic, begun.headers["content-location"]).json()
    everybody = clinic.get("Patient?_count=200").json().get("entry", [])
    shared = {entry["resource"]["id"] for entry in everybody}
    assert fetch(clinic, manifest).patients() == shared
    assert bool(shared) is (name != "open-door")
    assert clinic.patient("eli") not in shared


def test_an_export_of_all_patients_needs_a_scope_and_a_face():
    clinic = at("gateway")
    refused = clinic.get("Patient/$export", headers=ASYNC, scope="system/Group.rs")
    assert refused.status_code == 403
    assert at("plain").get("Patient/$export", headers=ASYNC).status_code == 404
