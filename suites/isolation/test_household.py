"""Households: adults under one subscriber see their own data and not each other's."""

from __future__ import annotations

from payerproof.suite import Api, Person, check, each, expect, inconclusive_unless

CLAIMS = "ExplanationOfBenefit"


@check("patient-access.household-policy/adult-pairs", needs=("household",))
@each("direction", ("first-to-second", "second-to-first"))
def test_adults_of_a_household(api: Api, relatives: tuple[Person, Person], direction: str) -> None:
    """No adult of a household reads another adult's record, by id or by search."""
    # given two adults of one household with records of their own
    one, other = relatives if direction == "first-to-second" else relatives[::-1]
    for person in relatives:
        person.must_have("Patient", CLAIMS, "Coverage")
    # when one asks for the other's record by id and by search
    client = api.once(one)
    replies = [
        client.read("Patient", other.patient_id),
        client.read(CLAIMS, _only_theirs(other, one)),
        client.search(CLAIMS, patient=other.patient_id),
        client.search("Coverage", beneficiary=f"Patient/{other.patient_id}"),
    ]
    # then nothing in any answer is about the other
    api.still_opens(one, *replies)
    expect(*replies).discloses_nothing_about(other)


@check("patient-access.household-policy/shared-identifiers", needs=("household",))
def test_identifiers_the_family_shares(api: Api, relatives: tuple[Person, Person]) -> None:
    """A search by an identifier the family shares gives own rows only."""
    # given a subscriber id that stands in both records
    one, other = relatives
    for person in relatives:
        person.must_have("Coverage", CLAIMS)
    shared = {str(c.get("subscriberId") or "") for c in one.record.of("Coverage")} & {
        str(c.get("subscriberId") or "") for c in other.record.of("Coverage")
    } - {""}
    inconclusive_unless(shared, f"{one} and {other} share no subscriber id in their coverage")
    number = sorted(shared)[0]
    # when one searches by it
    client = api.once(one)
    replies = [
        client.search("Coverage", identifier=number),
        client.search("Patient", identifier=number),
        client.search(CLAIMS, [("coverage.subscriber-id", number)]),
    ]
    # then nothing in any answer is about the other
    api.still_opens(one, *replies)
    expect(*replies).discloses_nothing_about(other)


@check("patient-access.household-policy/include", needs=("household",))
def test_includes_through_shared_coverage(api: Api, relatives: tuple[Person, Person]) -> None:
    """_include through Coverage brings no relative's record."""
    # given two adults under one subscriber
    one, other = relatives
    for person in relatives:
        person.must_have("Coverage", CLAIMS)
    # when each asks for the people behind their own coverage
    subscriber = [("_include", "Coverage:subscriber"), ("_include", "Coverage:policy-holder")]
    replies = [
        api.once(person).search("Coverage", [("beneficiary", person.patient_id), *subscriber])
        for person in relatives
    ]
    # then neither is shown the other's record
    for person, reply in zip(relatives, replies, strict=True):
        api.still_opens(person, reply)
    expect(replies[0]).concerns_only(one)
    expect(replies[1]).concerns_only(other)


def _only_theirs(person: Person, other: Person) -> str:
    """Id of a claim that one person's record holds and the other's does not."""
    own = set(other.record.ids(CLAIMS))
    found = next((ident for ident in person.record.ids(CLAIMS) if ident not in own), "")
    inconclusive_unless(found, f"{person} has no claim that {other} lacks")
    return found
