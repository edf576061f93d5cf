"""Reading by id: an id alone never opens another member's record."""

from __future__ import annotations

from payerproof.suite import Api, Person, check, expect, not_applicable_unless

SAMPLED = ("ExplanationOfBenefit", "Coverage", "Condition", "Observation", "DocumentReference")


@check("patient-access.cross-member-isolation/read", needs=("unrelated_pair",))
def test_read_of_another_members_patient(api: Api, member: Person, stranger: Person) -> None:
    """A read of another member's Patient discloses nothing about them."""
    # given two members whose own tokens open their own Patient
    for person in (member, stranger):
        person.must_have("Patient")
    # when the first member's token reads the other's Patient
    reply = api.once(member).read("Patient", stranger.patient_id)
    # then nothing in the answer is about the other member
    api.still_opens(member, reply)
    expect(reply).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/read-every-type", needs=("unrelated_pair",))
def test_read_of_another_members_resources(api: Api, member: Person, stranger: Person) -> None:
    """A read by id of resources of each type in another member's record discloses nothing."""
    # given ids that the other member's own token showed
    stranger.must_have("ExplanationOfBenefit")
    kinds = [kind for kind in stranger.record.types if kind != "Patient"]
    # when the first member's token reads one of each type
    client = api.once(member)
    replies = [client.read(kind, stranger.record.ids(kind)[0]) for kind in kinds]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.every-interface/instance-history", needs=("unrelated_pair",))
def test_history_of_another_members_resources(api: Api, member: Person, stranger: Person) -> None:
    """History and version reads of another member's resources disclose nothing."""
    # given ids that the other member's own token showed
    stranger.must_have("ExplanationOfBenefit")
    claim = stranger.record.ids("ExplanationOfBenefit")[0]
    paths = (
        f"Patient/{stranger.patient_id}/_history",
        f"Patient/{stranger.patient_id}/_history/1",
        f"ExplanationOfBenefit/{claim}/_history",
        f"ExplanationOfBenefit/{claim}/_history/1",
    )
    # when the first member's token asks for their history and first version
    replies = [api.once(member).get(path) for path in paths]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.every-interface/type-history", needs=("unrelated_pair",))
def test_history_of_types_and_system(api: Api, member: Person, stranger: Person) -> None:
    """Type and system history disclose nothing about another member."""
    # given another member with a record to protect
    stranger.must_have("ExplanationOfBenefit")
    paths = ("_history", "Patient/_history", "ExplanationOfBenefit/_history?_since=2015-01-01")
    # when the first member's token asks for everybody's history
    replies = [api.once(member).get(path) for path in paths]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.existence-not-revealed/read", needs=("unrelated_pair",))
def test_foreign_and_unknown_ids_read_alike(api: Api, member: Person, stranger: Person) -> None:
    """A foreign and a never-existing id are answered alike."""
    # given an id of another member and one of the same shape that nobody has
    stranger.must_have("ExplanationOfBenefit")
    foreign = stranger.record.ids("ExplanationOfBenefit")[0]
    client = api.once(member)
    # when both are read, and the two Patients likewise
    claims = [client.read("ExplanationOfBenefit", ident) for ident in (foreign, _altered(foreign))]
    patients = [
        client.read("Patient", ident)
        for ident in (stranger.patient_id, _altered(stranger.patient_id))
    ]
    # then the answers cannot be told apart
    api.still_opens(member, *claims, *patients)
    expect(*claims).answers_alike()
    expect(*patients).answers_alike()


@check("isolation.existence-not-revealed/head", needs=("unrelated_pair",))
def test_head_of_foreign_and_unknown_ids(api: Api, member: Person, stranger: Person) -> None:
    """HEAD answers a foreign and a never-existing id alike."""
    # given an id of another member and one of the same shape that nobody has
    stranger.must_have("ExplanationOfBenefit")
    foreign = stranger.record.ids("ExplanationOfBenefit")[0]
    client = api.once(member)
    # when both are asked for by HEAD
    replies = [
        client.send("HEAD", f"ExplanationOfBenefit/{ident}")
        for ident in (foreign, _altered(foreign))
    ]
    # then the answers cannot be told apart
    api.still_opens(member, *replies)
    expect(*replies).answers_alike()


@check("isolation.every-interface/provenance", needs=("unrelated_pair",))
def test_provenance_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """Provenance of another member's resource is found and read by that member alone."""
    # given provenance that the other member's own token finds
    stranger.must_have("Condition")
    target = f"Condition/{stranger.record.ids('Condition')[0]}"
    own = api.once(stranger).search("Provenance", target=target)
    not_applicable_unless(
        own.matches, "The payer shows no provenance of a condition to its owner.", own.exchange
    )
    # when the first member's token searches for it and reads it by id
    client = api.once(member)
    replies = [
        client.search("Provenance", target=target),
        client.read("Provenance", str(own.matches[0].get("id"))),
    ]
    # then it does not come
    api.still_opens(member, *replies)
    expect(*replies).has_no_resource_of("Provenance")
    expect(*replies).discloses_nothing_about(stranger)


def _altered(ident: str) -> str:
    """An id of the same length and alphabet that is not the given one."""
    turned = {"0": "1", "1": "0", "a": "b", "b": "a", "f": "e", "e": "f"}
    changed = "".join(turned.get(letter, letter) for letter in reversed(ident))
    return changed if changed != ident else ident[::-1][:-1] + ("2" if ident[0] != "2" else "3")
