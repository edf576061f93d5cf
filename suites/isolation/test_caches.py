"""Caches: one address, two members, each sees their own."""

from __future__ import annotations

from payerproof.suite import Api, Person, check, expect, inconclusive_unless

TURNS = 4
"""Turns of two members; a context that is kept by the app was seen to slip after eight requests."""


@check("isolation.shared-caches/own-data-at-one-url", needs=("unrelated_pair",))
def test_one_address_for_two_members(api: Api, member: Person, stranger: Person) -> None:
    """The same URL with two members' tokens, in turn, gives each their own data."""
    # given two members with claims
    for person in (member, stranger):
        person.must_have("ExplanationOfBenefit")
    # when both ask at the very same address in turn, again and again
    path = "ExplanationOfBenefit?_count=5"
    turns = [(api.as_(stranger).get(path), api.as_(member).get(path)) for _ in range(TURNS)]
    # then each sees their own
    expect(*(own for _, own in turns)).discloses_nothing_about(stranger)
    expect(*(other for other, _ in turns)).discloses_nothing_about(member)


@check("isolation.shared-caches/foreign-validator", needs=("unrelated_pair",))
def test_etag_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """If-None-Match with another member's ETag discloses nothing."""
    # given the ETag with which the other member's Patient came
    for person in (member, stranger):
        person.must_have("Patient")
    theirs = api.once(stranger).read("Patient", stranger.patient_id)
    inconclusive_unless(theirs.ok, f"{stranger}'s own Patient could not be read", theirs.exchange)
    tag = theirs.header("etag") or 'W/"1"'
    path = f"Patient/{stranger.patient_id}"
    # when this member's token asks with that tag, and with one that was never given
    replies = [api.as_(member).get(path, if_none_match=t) for t in (tag, 'W/"payerproof"')]
    # then both are answered alike, and nothing is told
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)
    expect(*replies).answers_alike()
