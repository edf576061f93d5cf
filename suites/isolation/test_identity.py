"""Identity: ids and people that look alike are not taken for each other."""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS, numbers
from payerproof.fhir.compartment import members_of
from payerproof.plugin.session import RunSession
from payerproof.suite import Api, Person, Reply, Target, check, expect, inconclusive_unless
from payerproof.target.needs import namesakes


@check("isolation.exact-identity/namesakes", needs=("namesakes",))
def test_namesakes_see_their_own_claims(api: Api, run_session: RunSession, target: Target) -> None:
    """Of two members of one name each sees the own claims and none of the other's."""
    # given two members whom the payer file shows under one name
    pair = _pair(run_session, target)
    known = [{claim.id for claim in one.persona.expect.claims} for one in pair]
    inconclusive_unless(all(known), "the payer file names no claims of one of them")
    # when each lists their claims
    replies = [api.once(one).search(CLAIMS, patient=one.patient_id) for one in pair]
    came = [{number for row in reply.matches for number in numbers(row)} for reply in replies]
    # then each is given their own
    own = [bool(mine & seen) for mine, seen in zip(known, came, strict=True)]
    mixed = [bool(theirs & seen) for theirs, seen in zip(known[::-1], came, strict=True)]
    expect.that(
        all(own) and not any(mixed) and pair[0].patient_id != pair[1].patient_id,
        "two records, each with the claims known to be its member's",
        f"own claims seen by {sum(own)} of 2, the other's by {sum(mixed)}, "
        f"{len({one.patient_id for one in pair})} different Patients",
        *(reply.exchange for reply in replies),
    )


@check("isolation.exact-identity/similar-ids", needs=("namesakes",))
def test_similar_ids_are_told_apart(
    api: Api, run_session: RunSession, member: Person, target: Target
) -> None:
    """A Patient whose id begins like one's own, or is a part of it, is not opened."""
    # given the ids of several members' own Patients
    people = [member, *_pair(run_session, target)]
    pairs = _alike(people)
    inconclusive_unless(pairs, "no two of the members' ids are alike")
    # when each asks for the record of the one with the similar id
    replies = {
        (one, other): [
            api.once(one).read("Patient", other.patient_id),
            api.once(one).search(CLAIMS, patient=other.patient_id),
        ]
        for one, other in pairs
    }
    # then nothing about the other comes
    for (one, _), found in replies.items():
        api.still_opens(one, *found)
    opened = [r for (_, other), found in replies.items() for r in found if _is_about(r, other)]
    expect.that(
        not opened,
        f"nothing about the member whose id is similar, in {len(pairs)} directions",
        f"{len(opened)} answers are about them" if opened else "no resource about them came",
        *(reply.exchange for reply in opened or [r for found in replies.values() for r in found]),
    )


def _is_about(reply: Reply, person: Person) -> bool:
    return any(person.patient_id in members_of(resource) for resource in reply.resources)


def _pair(session: RunSession, target: Target) -> tuple[Person, Person]:
    found = namesakes(target)
    assert found is not None, "needs namesakes: say so in @check(…, needs=('namesakes',))"
    return session.person(found[0]), session.person(found[1])


def _alike(people: list[Person]) -> list[tuple[Person, Person]]:
    """Pairs in both directions of which one's id is a part of the other's, or begins like it."""
    return [
        (one, other)
        for one in people
        for other in people
        if one.patient_id != other.patient_id
        and (
            one.patient_id in other.patient_id
            or other.patient_id in one.patient_id
            or one.patient_id[:8] == other.patient_id[:8]
        )
    ]
