"""Member match: PDex 2.2.0 Provider Access v2 and Payer-to-Payer, HRex 1.1.0."""

from __future__ import annotations

import pytest
from clinic import ASYNC, at, export, fetch, members, poll
from matched import (
    attestation,
    bundle,
    coverage_of,
    for_clinic,
    for_payer,
    patient_of,
    payer_consent,
    request_of,
)

NAMES = ("MatchedMembers", "NonMatchedMembers", "ConsentConstrainedMembers")


def ask_clinic(clinic, body):
    return clinic.send("POST", "Group/$provider-member-match", json=body)


def groups(answer):
    assert answer.status_code == 200, answer.text
    return {row["name"]: row["resource"] for row in answer.json()["parameter"]}


def ask_payer(payer, user, **more):
    parts = bundle(
        more.get("patient", patient_of(payer, user)),
        more.get("coverage", coverage_of(payer, user)),
        more.get("consent", payer_consent(payer, user)),
    )
    body = {"resourceType": "Parameters", "parameter": parts}
    return payer.send("POST", "Patient/$member-match", json=body)


def ask_bulk(payer, body):
    path = "Group/$bulk-member-match"
    begun = payer.send("POST", path, json=body, headers=ASYNC)
    assert begun.status_code == 202
    done = poll(payer, begun.headers["content-location"])
    found = fetch(payer, done.json()).of("Group")
    return {one["code"]["coding"][0]["code"]: one for one in found}


def to_payer(payer, group, **values):
    return export(payer, group, exportType="hl7.fhir.us.davinci-pdex", **values)


# Provider Access v2


@pytest.mark.parametrize("face", ["plain", "vendor", "regional"])
def test_an_attested_member_is_matched_read_and_exported(face):
    clinic = at(face, "open-door")
    ada = clinic.patient("ada")
    assert clinic.get(f"Patient/{ada}").status_code == 404
    group = groups(ask_clinic(clinic, for_clinic(clinic, "ada")))["MatchedMembers"]
    assert members(group) == {ada}
    assert group["characteristic"][0]["code"]["coding"][0]["code"] == "match"
    assert group["contained"][0]["birthDate"] == "1949-12-10"
    assert clinic.get(f"Group/{group['id']}").json()["id"] == group["id"]
    assert clinic.get(f"Patient/{ada}").status_code == 200
    assert export(clinic, group["id"]).patients() == {ada}
    other = clinic.other("elsewhere")
    assert other.get(f"Group/{group['id']}").status_code == 404


def test_a_matched_group_is_exported_alone():
    clinic = at()
    group = groups(ask_clinic(clinic, for_clinic(clinic, "ivy")))["MatchedMembers"]
    assert export(clinic, group["id"]).patients() == {clinic.patient("ivy")}


def test_the_first_version_alone_has_no_match():
    assert ask_clinic(at("gateway"), for_clinic(at("gateway"), "ada")).status_code == 404


def test_good_unattested_opted_out_and_unknown():
    clinic = at(name="open-door")
    unattested = bundle(
        patient_of(clinic, "bruno"),
        coverage_of(clinic, "bruno"),
        attestation(clinic, "bruno", verification=None),
    )
    unknown = bundle(
        patient_of(clinic, "iva", birthDate="1900-01-01"),
        coverage_of(clinic, "iva"),
        attestation(clinic, "iva"),
    )
    body = for_clinic(clinic, "ada", "eli")
    body["parameter"] += request_of(unattested, unknown)["parameter"]
    found = groups(ask_clinic(clinic, body))
    assert members(found["MatchedMembers"]) == {clinic.patient("ada")}
    sent = {one["id"] for one in found["NonMatchedMembers"]["contained"]}
    assert len(sent) == 3
    assert "ConsentConstrainedMembers" not in found
    assert clinic.patient("eli") not in str(found)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "inactive"},
        {"verification": [{"verified": False}]},
        {"verification": None},
        {"organization": None, "performer": None},
        {
            "organization": [
                {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1999000023"}}
            ],
            "performer": None,
        },
        {"patient": {"reference": "Patient/somebody-else"}},
        {"provision": {"type": "deny", "period": {"start": "2026-01-01"}}},
        {"provision": {"type": "permit", "period": {"start": "2030-01-01"}}},
        {"provision": {"type": "permit", "period": {"start": "2020-01-01", "end": "2021-01-01"}}},
        {"provision": {"type": "permit"}},
    ],
)
def test_a_wrong_attestation_matches_nobody(changed):
    clinic = at(name="open-door")
    parts = bundle(
        patient_of(clinic, "ada"), coverage_of(clinic, "ada"), attestation(clinic, "ada", **changed)
    )
    found = groups(ask_clinic(clinic, request_of(parts)))
    assert not members(found["MatchedMembers"])
    assert clinic.get(f"Patient/{clinic.patient('ada')}").status_code == 404


@pytest.mark.parametrize("name", ["elsewhere", "departed"])
def test_clinics_out_of_network_match_nobody(name):
    clinic = at(name=name)
    found = groups(ask_clinic(clinic, for_clinic(clinic, "ada")))
    assert not members(found["MatchedMembers"])


def test_a_match_ends_and_follows_the_members_choice():
    clinic = at("vendor", "open-door")
    ada = clinic.patient("ada")
    group = groups(ask_clinic(clinic, for_clinic(clinic, "ada")))["MatchedMembers"]
    clinic.control("provider-access", {"persona": "ada", "opted_out": True})
    assert not members(clinic.get(f"Group/{group['id']}").json())
    assert not export(clinic, group["id"]).patients()
    clinic.control("provider-access", {"persona": "ada", "opted_out": False})
    assert export(clinic, group["id"]).patients() == {ada}
    clinic.control("clock", {"advance_seconds": 31 * 86400})
    clinic.tokens.clear()
    assert clinic.get(f"Group/{group['id']}").status_code == 404
    assert clinic.get(f"Patient/{ada}").status_code == 404


def test_asynchronous_match_of_a_clinic():
    clinic = at("vendor", "open-door")
    path = "Group/$provider-member-match"
    body = for_clinic(clinic, "ada", "eli")
    begun = clinic.send("POST", path, json=body, headers=ASYNC)
    done = poll(clinic, begun.headers["content-location"])
    codes = [one["code"]["coding"][0]["code"] for one in fetch(clinic, done.json()).of("Group")]
    assert sorted(codes) == ["match", "nomatch"]


# Payer-to-Payer


@pytest.fixture
def payer():
    return at(name="othermark")


def test_a_former_member_who_opted_in_is_matched(payer):
    answer = ask_payer(payer, "gus")
    assert answer.status_code == 200
    found = {row["name"]: row for row in answer.json()["parameter"]}
    assert found["MemberIdentifier"]["valueIdentifier"]["value"] == "MB-9057-3381-40"
    gus = payer.patient("gus")
    assert found["MemberId"]["valueReference"] == {"reference": f"Patient/{gus}"}
    assert payer.get(f"Patient/{gus}").status_code == 200
    assert payer.get(f"Patient/{payer.patient('ada')}").status_code == 404


def near(person):
    """Requests that are almost right, each wrong in one particular."""
    names = [{"family": person.family, "given": [person.given]}]
    return {
        "birth date": {"birthDate": "1953-02-28"},
        "turned birth date": {"birthDate": "1953-27-02"},
        "names turned round": {"name": [{"family": person.given, "given": [person.family]}]},
        "family name begins alike": {"name": [{**names[0], "family": person.family + "s"}]},
        "given name short": {"name": [{**names[0], "given": [person.given[:1]]}]},
        "other sex": {"gender": "female"},
        "no name": {"name": None},
        "no birth date": {"birthDate": None},
    }


@pytest.mark.parametrize("which", list(near(at().tenant.world.people["gus"])))
def test_near_misses_are_refused_alike(payer, which):
    changed = near(payer.tenant.world.people["gus"])[which]
    answer = ask_payer(payer, "gus", patient=patient_of(payer, "gus", **changed))
    stranger = ask_payer(payer, "hal", patient={**patient_of(payer, "hal"), "id": "theirs-hal"})
    assert (answer.status_code, answer.text) == (422, stranger.text)
    assert payer.patient("gus") not in answer.text
    assert not payer.tenant.partners.matches


def test_numbers_decide_between_namesakes(payer):
    for user in ("iva", "ivy"):
        payer.control(
            "exchange", {"client_id": payer.client.client_id, "persona": user, "opted_in": True}
        )
    answer = ask_payer(payer, "iva")
    assert answer.json()["parameter"][0]["valueIdentifier"]["value"] == "MB-3302-7718-64"
    for coverage in (
        coverage_of(payer, "iva", identifier=None),
        coverage_of(payer, "iva", identifier=[{"system": "urn:other", "value": "MB-3302-7718-64"}]),
        coverage_of(payer, "gus"),
        coverage_of(payer, "iva", subscriberId="SUB-518022"),
    ):
        assert ask_payer(payer, "iva", coverage=coverage).status_code == 422


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "rejected"},
        {"patient": {"reference": "Patient/theirs-ada"}},
        {"patient": None},
        {"scope": {"coding": [{"code": "research"}]}},
    ],
)
def test_consents_that_do_not_hold(payer, changed):
    consent = payer_consent(payer, "gus", **changed)
    assert ask_payer(payer, "gus", consent=consent).status_code == 422


def test_consents_of_another_time_or_for_another_payer(payer):
    right = payer_consent(payer, "gus")
    for period in ({"start": "2026-01-01", "end": "2026-02-01"}, {"start": "2031-01-01"}, {}):
        consent = {**right, "provision": {**right["provision"], "period": period}}
        assert ask_payer(payer, "gus", consent=consent).status_code == 422
    third = payer.other("thirdplan")
    payer.control(
        "exchange", {"client_id": third.client.client_id, "persona": "gus", "opted_in": True}
    )
    assert ask_payer(third, "gus", consent=right).status_code == 422
    assert ask_payer(third, "gus").status_code == 200
    turned = {
        **right,
        "provision": {**right["provision"], "actor": right["provision"]["actor"][1:]},
    }
    assert ask_payer(payer, "gus", consent=turned).status_code == 422
    assert ask_payer(payer, "gus", consent=None).status_code == 422


@pytest.mark.parametrize("user", ["bruno", "dee", "eli"])
def test_who_has_not_opted_in_or_withdrew_is_refused(payer, user):
    assert ask_payer(payer, user).status_code == 422


def test_bulk_match_sorts_members(payer):
    body = for_payer(payer, "gus", "ada", "bruno")
    unknown = bundle(
        patient_of(payer, "fay", gender="male"),
        coverage_of(payer, "fay"),
        payer_consent(payer, "fay"),
    )
    body["parameter"] += request_of(unknown)["parameter"]
    found = ask_bulk(payer, body)
    assert members(found["match"]) == {payer.patient("gus"), payer.patient("ada")}
    assert len(found["consentconstraint"]["contained"]) == 1
    assert len(found["nomatch"]["contained"]) == 1
    assert payer.patient("bruno") not in str(found)
    assert payer.send("POST", "Group/$bulk-member-match", json=body).status_code == 400


def test_what_is_handed_over(payer):
    group = ask_bulk(payer, for_payer(payer, "gus", "ada"))["match"]["id"]
    found = to_payer(payer, group)
    assert found.patients() == {payer.patient("gus"), payer.patient("ada")}
    claims = found.of("ExplanationOfBenefit")
    asked = [one for one in claims if one["use"] == "preauthorization"]
    assert asked
    assert "denialreason" not in str(asked)
    days = [one["billablePeriod"]["start"] for one in claims if one["use"] == "claim"]
    assert min(days) >= "2021-11-21"
    assert '"currency"' not in str([one for one in claims if one["use"] == "claim"])
    assert "costToBeneficiary" not in found.text()
    documents = [one for one in found.of("DocumentReference") if "PA-GUS-0001" in str(one)]
    assert documents
    binary = documents[0]["content"][0]["attachment"]["url"]
    assert payer.get(binary, headers={"Accept": "text/plain"}).text.endswith("Synthetic.")
    assert payer.get(f"Patient?_id={payer.patient('bruno')}").json().get("entry") is None


def test_five_years_count_to_the_day(payer):
    for day in ("2021-11-21", "2021-11-20"):
        number = 901 if day.endswith("21") else 902
        payer.control("claims", {"persona": "gus", "serviced": day, "number": number})
    group = ask_bulk(payer, for_payer(payer, "gus"))["match"]["id"]
    today = payer.tenant.clock.today().date().isoformat()
    days = {
        one["billablePeriod"]["start"]
        for one in to_payer(payer, group).of("ExplanationOfBenefit")
        if one["use"] == "claim"
    }
    assert today[5:] != "11-21" or "2021-11-21" in days
    assert "2021-11-20" not in days


def test_withdrawal_and_end_of_consent_count_at_export(payer):
    right = payer_consent(payer, "gus")
    soon = {"start": "2026-01-01", "end": "2026-12-05"}
    consent = {**right, "provision": {**right["provision"], "period": soon}}
    payer.control("clock", {"now": "2026-11-25T12:00:00Z"})
    parts = bundle(patient_of(payer, "gus"), coverage_of(payer, "gus"), consent)
    body = request_of(parts)
    body["parameter"] += for_payer(payer, "ada")["parameter"]
    group = ask_bulk(payer, body)["match"]["id"]
    assert len(to_payer(payer, group).patients()) == 2
    payer.control("clock", {"now": "2026-12-07T12:00:00Z"})
    payer.tokens.clear()
    assert to_payer(payer, group).patients() == {payer.patient("ada")}
    assert payer.get(f"Patient/{payer.patient('gus')}").status_code == 404
    payer.control(
        "exchange", {"client_id": payer.client.client_id, "persona": "ada", "opted_in": False}
    )
    assert not to_payer(payer, group).patients()


def test_provider_opt_out_leaves_the_exchange_alone(payer):
    payer.control("provider-access", {"persona": "ada", "opted_out": True})
    assert ask_payer(payer, "ada").status_code == 200


def test_sensitive_records_go_only_where_the_consent_says_so(payer):
    payer.control(
        "exchange", {"client_id": payer.client.client_id, "persona": "fay", "opted_in": True}
    )
    group = ask_bulk(payer, for_payer(payer, "fay"))["match"]["id"]
    assert "42CFRPart2" not in to_payer(payer, group).text()
    wide = payer_consent(payer, "fay", policy=[{"uri": "x#sensitive"}])
    parts = bundle(patient_of(payer, "fay"), coverage_of(payer, "fay"), wide)
    group = ask_bulk(payer, request_of(parts))["match"]["id"]
    assert "42CFRPart2" in to_payer(payer, group).text()


def test_each_operation_is_for_its_kind_of_client(payer):
    clinic = payer.other("testville-clinic")
    assert ask_payer(clinic, "gus").status_code == 403
    assert ask_clinic(payer, for_payer(payer, "gus")).status_code == 403
    assert payer.get("Group").json()["total"] == 0
    assert payer.send("POST", "Patient/$member-match", content=b"no").status_code == 400
    assert payer.get("Patient/$member-match").status_code == 405


def test_groups_of_strangers_cannot_be_exported(payer):
    found = ask_bulk(payer, for_payer(payer, "dee"))
    group = found["consentconstraint"]["id"]
    answer = payer.send(
        "POST",
        f"Group/{group}/$davinci-data-export",
        headers=ASYNC,
        json={"resourceType": "Parameters"},
    )
    assert answer.status_code == 404
