"""What is sent to have members matched, and what is read off the answer."""

from __future__ import annotations

from payerproof.fhir import matching
from payerproof.fhir.reply import Reply
from payerproof.polite import Answer, Headers

PATIENT = {
    "resourceType": "Patient",
    "id": "p-1",
    "meta": {"versionId": "7"},
    "name": [{"family": "Berg", "given": ["Bo"]}],
    "birthDate": "2008-11-22",
    "link": [{"other": {"reference": "Patient/p-2"}}],
}
COVERAGE = {
    "resourceType": "Coverage",
    "id": "c-1",
    "subscriberId": "S-1",
    "beneficiary": {"reference": "Patient/p-1"},
    "costToBeneficiary": [{}],
}


def reply(text: str) -> Reply:
    return Reply(Answer(200, Headers(()), text.encode(), "https://p.example/", "x1", 1), "")


def test_a_member_is_described_without_the_payers_own_ids() -> None:
    member = matching.described(PATIENT, COVERAGE, "ours")
    assert member.patient["id"] == "ours"
    assert member.coverage["beneficiary"] == {"reference": "Patient/ours"}
    assert "p-1" not in str(member.patient) + str(member.coverage)
    assert "link" not in member.patient
    assert "costToBeneficiary" not in member.coverage
    assert "Berg" not in repr(member)
    other = member.having(birthDate="2008-11-23", name=None)
    assert other.patient["birthDate"] == "2008-11-23"
    assert "name" not in other.patient
    assert member.patient["birthDate"] == "2008-11-22"


def test_an_attestation_is_the_clinics_own_word() -> None:
    word = matching.attestation("ours", "1999000023", "A clinic", "2026-01-01", until="2026-02-01")
    assert word["patient"] == {"reference": "Patient/ours"}
    assert word["provision"]["period"] == {"start": "2026-01-01", "end": "2026-02-01"}
    assert str(word).count("1999000023") == 3
    sent = matching.request([matching.bundle(matching.described(PATIENT, COVERAGE, "a"), word)])
    names = [part["name"] for part in sent["parameter"][0]["part"]]
    assert names == ["MemberPatient", "CoverageToMatch", "Consent"]
    bare = matching.bundle(matching.described(PATIENT, COVERAGE, "a"), None)
    assert len(bare["part"]) == 2


def test_groups_and_members_are_read_tolerantly() -> None:
    answer = reply(
        '{"resourceType":"Parameters","parameter":[{"name":"MatchedMembers","resource":'
        '{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/a"}},'
        '{"entity":{"reference":"https://x/Patient/b"},"inactive":false},'
        '{"entity":{"reference":"Patient/c"},"inactive":true},{"entity":{}},7]}},{"name":"odd"},3]}'
    )
    group = matching.groups_in(answer)["MatchedMembers"]
    assert matching.members_in(group) == ("a", "b")
    assert matching.groups_in(reply("[]")) == {}
    assert matching.members_in({"member": "none"}) == ()
