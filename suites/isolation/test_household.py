"""Households: adults under one subscriber see their own data and not each other's."""

from __future__ import annotations

import re

from payerproof.expect.claims import numbers
from payerproof.fhir.record import record_replies
from payerproof.suite import (
    Api,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

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
    theirs = api.once(other).search("Patient", identifier=number)
    # then nothing in any answer is about the other
    api.still_opens(one, *replies)
    expect(*replies).discloses_nothing_about(other)
    expect(theirs).discloses_nothing_about(one)


@check("patient-access.household-policy/include", needs=("household",))
def test_includes_through_shared_coverage(api: Api, relatives: tuple[Person, Person]) -> None:
    """_include through Coverage brings no relative's record."""
    # given two adults under one subscriber
    one, other = relatives
    for person in relatives:
        person.must_have("Coverage", CLAIMS)
    # when each asks for the people behind their own coverage
    subscriber = [("_include", "Coverage:subscriber"), ("_include", "Coverage:policy-holder")]
    through = [("_include", f"{CLAIMS}:coverage")]
    replies = [
        api.once(person).search(kind, [(name, person.patient_id), *include])
        for kind, name, include in (
            ("Coverage", "beneficiary", subscriber),
            (CLAIMS, "patient", [*through, ("_include:iterate", "Coverage:subscriber")]),
        )
        for person in relatives
    ]
    # then neither is shown the other's record
    for person, reply in zip(relatives * 2, replies, strict=True):
        api.still_opens(person, reply)
    expect(*replies[::2]).concerns_only(one)
    expect(*replies[1::2]).concerns_only(other)


@check("patient-access.household-policy/own-record-clean", needs=("household",))
def test_own_record_tells_nothing_of_relatives(
    api: Api, relatives: tuple[Person, Person], target: Target
) -> None:
    """One's own record holds no relative's claim, and no note that names a relative."""
    # given two adults of one household, and the claims known to be of the others in it
    one, other = relatives
    for person in relatives:
        person.must_have("Patient", CLAIMS)
    # when the replies that brought each record, and the notes on claims, are looked through
    replies = [record_replies(api.once(p), p, p.record.exchanges) for p in relatives]
    foreign = {
        person: _numbers_of_others(person, target) & _numbers(person) for person in relatives
    }
    named = [p for p, q in ((one, other), (other, one)) if _given_names(q) & _noted_words(p)]
    # then they speak of nobody else
    # (a coverage may name its subscriber, so names elsewhere are not looked for)
    expect(*replies[0]).concerns_only(one)
    expect(*replies[1]).concerns_only(other)
    expect.that(
        not any(foreign.values()) and not named,
        "no claim of another of the household in one's record, and no note that names one",
        f"{sum(map(len, foreign.values()))} claims known to be another's; notes of "
        f"{len(named)} records name a relative",
        *one.record.exchanges.get(CLAIMS, ()),
        *other.record.exchanges.get(CLAIMS, ()),
    )


@check("patient-access.household-policy/contacts", needs=("household",))
def test_contacts_of_a_relative(api: Api, relatives: tuple[Person, Person]) -> None:
    """A relative's RelatedPerson is not read by id."""
    # given a contact that its owner can read
    one, other = relatives
    own = api.once(other).search("RelatedPerson", patient=other.patient_id)
    not_applicable_unless(own.matches, f"{other} has no RelatedPerson.", own.exchange)
    # when the other adult of the household reads it by id
    reply = api.once(one).read("RelatedPerson", str(own.matches[0].get("id")))
    # then it does not come
    api.still_opens(one, reply)
    expect(reply).has_no_resource_of("RelatedPerson")
    expect(reply).discloses_nothing_about(other)


def _only_theirs(person: Person, other: Person) -> str:
    """Id of a claim that one person's record holds and the other's does not."""
    own = set(other.record.ids(CLAIMS))
    found = next((ident for ident in person.record.ids(CLAIMS) if ident not in own), "")
    inconclusive_unless(found, f"{person} has no claim that {other} lacks")
    return found


def _numbers(person: Person) -> set[str]:
    return {number for claim in person.record.of(CLAIMS) for number in numbers(claim)}


def _numbers_of_others(person: Person, target: Target) -> set[str]:
    """Numbers of the claims that the payer file knows to be of others in the household."""
    return {
        claim.id
        for one in target.personas
        if one.id != person.id and one.household == person.persona.household
        for claim in one.expect.claims
    } - {claim.id for claim in person.persona.expect.claims}


def _given_names(person: Person) -> set[str]:
    return {
        str(given)
        for patient in person.record.of("Patient")
        for name in patient.get("name") or []
        for given in name.get("given") or []
        if len(str(given)) >= 3
    }


def _noted_words(person: Person) -> set[str]:
    """Words of the notes on a person's claims."""
    texts = [
        str(note.get("text") or "")
        for claim in person.record.of(CLAIMS)
        for note in claim.get("processNote") or []
    ]
    return {word for text in texts for word in re.findall(r"[\w'-]+", text)}
