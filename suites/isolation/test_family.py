"""Households: nobody's token opens another of the family, also after the family has changed.

One token opens one member, whoever is covered by whose contract (45 CFR 164.502(a)).
"""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS
from payerproof.fhir.compartment import members_of
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Lease,
    Operator,
    Person,
    Reply,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target import Persona
from payerproof.target.needs import can_log_in


@check("patient-access.household-policy/whole-family", needs=("household",))
def test_nobody_of_a_family_opens_another(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """No token for one of a household opens another, child or adult, by id or by search."""
    # given everybody of a household, with or without a login, and a token for each who has one
    family = _family(target)
    people = {one.id: run_session.person(one) for one in family if can_log_in(target, one)}
    ids = {name: person.patient_id for name, person in people.items()}
    ids |= _without_login(lease, run_session, family, ids)
    not_applicable_unless(len(ids) > 2, "The household has no more than two people.")
    # when each asks for the others' Patients, claims and coverage
    answers = {name: _asks(api, person, ids) for name, person in people.items()}
    # then each is shown nobody else
    for name, replies in answers.items():
        api.still_opens(people[name], *replies)
    told = {
        name: [reply for reply in replies if _about(reply) & (set(ids.values()) - {ids[name]})]
        for name, replies in answers.items()
    }
    odd = {name: found for name, found in told.items() if found}
    expect.that(
        not odd,
        f"nothing about the others in answers to each of {len(people)} tokens",
        "; ".join(f"{name}: {len(found)} answers about others" for name, found in odd.items())
        or f"{sum(map(len, answers.values()))} answers, none about others",
        *(reply.exchange for found in odd.values() for reply in found),
        *(replies[0].exchange for replies in answers.values()),
    )


@check(
    "patient-access.household-policy/after-a-split",
    needs=("household", "control:contract", "state_changes"),
    prod="no",
)
def test_who_left_the_contract_is_not_found(
    api: Api, operator: Operator, relatives: tuple[Person, Person]
) -> None:
    """Once an adult has a contract of their own, the subscriber finds nothing of them, ever."""
    # given two adults under one contract, with tokens that work
    subscriber, leaver = relatives
    for person in relatives:
        person.must_have("Patient", CLAIMS, "Coverage")
    number = _contract(leaver)
    inconclusive_unless(number and number == _contract(subscriber), "they share no contract number")
    told = {"persona": leaver.id}
    # when one of them gets a contract of their own, and the other searches as before
    client = api.as_(subscriber)
    with operator.changed(
        "contract", {**told, "number": "PAYERPROOF-SPLIT"}, {**told, "number": number}
    ):
        replies = [
            client.read("Patient", leaver.patient_id),
            client.search(CLAIMS, patient=leaver.patient_id),
            client.search(CLAIMS),
            client.search("Coverage"),
            client.search("Coverage", identifier=number),
            client.search(CLAIMS, [("coverage.subscriber-id", number)]),
            client.search("Coverage", beneficiary=leaver.patient_id),
            client.search("Patient", identifier=number),
            client.search("Patient"),
        ]
        own = client.read("Patient", subscriber.patient_id)
    # then nothing about who has left comes, for no period
    inconclusive_unless(own.resource_type == "Patient", "the token opens nothing", own.exchange)
    expect(*replies).discloses_nothing_about(leaver)
    expect(*replies).concerns_only(subscriber)


@check(
    "patient-access.household-policy/number-given-on",
    needs=("unrelated_pair", "control:member-number", "state_changes"),
    prod="no",
)
def test_a_member_number_given_on(api: Api, operator: Operator, run_session: RunSession) -> None:
    """Whoever had a member number before sees nothing of the one who has it now."""
    # given two members who are nobody else's part, and their numbers
    free = run_session.cast.bystanders
    inconclusive_unless(len(free) > 1, "the payer file has no two members to spare")
    former, later = (run_session.person(one, free[:2]) for one in free[:2])
    for person in (former, later):
        person.must_have("Patient", CLAIMS)
    numbers = [_member_number(person) for person in (former, later)]
    inconclusive_unless(all(numbers), "a Patient has no member number (type MB)")
    # when the first gets another number, and the second the one that the first had
    first, second = {"persona": former.id}, {"persona": later.id}
    with (
        operator.changed(
            "member-number",
            {**first, "number": "PAYERPROOF-FORMER"},
            {**first, "number": numbers[0]},
        ),
        operator.changed(
            "member-number", {**second, "number": numbers[0]}, {**second, "number": numbers[1]}
        ),
    ):
        mine, theirs = api.as_(former), api.as_(later)
        replies = [
            mine.search("Patient"),
            mine.search("Patient", identifier=numbers[0]),
            mine.search(CLAIMS, patient=former.patient_id),
            mine.search("Coverage", beneficiary=former.patient_id),
        ]
        turned = [
            theirs.search("Patient"),
            theirs.search(CLAIMS, patient=later.patient_id),
            theirs.search("Coverage", beneficiary=later.patient_id),
        ]
    inconclusive_unless(replies[0].ok and turned[0].ok, "neither token works any more")
    # then each sees themselves and nobody else
    expect(*replies).concerns_only(former)
    expect(*turned).concerns_only(later)
    expect(*replies).discloses_nothing_about(later)


def _family(target: Target) -> list[Persona]:
    houses = [one.household for one in target.personas if one.household]
    largest = max(dict.fromkeys(houses), key=houses.count)
    return [one for one in target.personas if one.household == largest]


def _without_login(
    lease: Lease, session: RunSession, family: list[Persona], known: dict[str, str]
) -> dict[str, str]:
    """Logical ids of those who have no login, by what somebody may connect for them."""
    found = {}
    for one in family:
        acting = [other for other in family if one.id in other.represents and other.id in known]
        if one.id not in known and acting:
            found[one.id] = lease.reading(session.person(acting[0]), choose=one.id).patient
    return found


def _asks(api: Api, person: Person, ids: dict[str, str]) -> list[Reply]:
    client = api.once(person)
    return [
        reply
        for name, ident in ids.items()
        if name != person.id
        for reply in (
            client.read("Patient", ident),
            client.search(CLAIMS, patient=ident),
            client.search("Coverage", beneficiary=ident),
        )
    ]


def _about(reply: Reply) -> set[str]:
    """Logical ids of the members whom resources of an answer are about."""
    return {ident for row in reply.resources for ident in members_of(row)}


def _contract(person: Person) -> str:
    rows = person.record.of("Coverage")
    return next((str(row["subscriberId"]) for row in rows if row.get("subscriberId")), "")


def _member_number(person: Person) -> str:
    """The identifier of type MB in the person's Patient."""
    return next(
        (
            str(one.get("value") or "")
            for row in person.record.of("Patient")
            for one in row.get("identifier") or []
            if any(c.get("code") == "MB" for c in (one.get("type") or {}).get("coding") or [])
        ),
        "",
    )
