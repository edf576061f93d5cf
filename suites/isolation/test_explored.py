"""Isolation explored: requests nobody wrote down, composed from what the harness knows."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from payerproof.suite import Api, FhirClient, Person, Reply, Target, check, expect, explore

KINDS = ("ExplanationOfBenefit", "Coverage", "Condition", "Observation", "Patient")
Request = Callable[[FhirClient], Reply]
ENOUGH = 8
"""What is composed here is asked one by one by the other checks; more was never seen to tell."""


@check("patient-access.cross-member-isolation/explored", needs=("unrelated_pair",))
def test_composed_requests(api: Api, member: Person, stranger: Person, target: Target) -> None:
    """Whatever requests are composed, no answer discloses another member."""
    # given two members with records of every type used
    for person in (member, stranger):
        person.must_have(*KINDS)
    client = api.once(member)

    def judged(request: Request) -> None:
        # when any composition of roads, parameters and ids is sent with one member's token
        reply = request(client)
        # then nothing in the answer is about the other
        api.still_opens(member, reply)
        expect(reply).discloses_nothing_about(stranger)

    explore(
        judged, _requests(member, stranger), examples=min(ENOUGH, target.limits.hypothesis_examples)
    )


def _requests(member: Person, stranger: Person) -> st.SearchStrategy[Request]:
    return st.builds(
        _composed,
        kind=st.sampled_from(KINDS),
        road=st.sampled_from(("search", "post", "read", "compartment")),
        who=st.sampled_from(("{other}", "{own},{other}", "{other},{own}", "Patient/{other}")),
        name=st.sampled_from(("patient", "subject", "beneficiary", "_id", "patient:Patient")),
        extras=st.lists(
            st.sampled_from(
                (
                    ("_include", "*"),
                    ("_revinclude", "*"),
                    ("_count", "200"),
                    ("_elements", "id,patient,subject"),
                    ("_summary", "data"),
                    ("_sort", "-_lastUpdated"),
                    ("_lastUpdated", "ge2000-01-01"),
                    ("_total", "accurate"),
                    ("patient:missing", "true"),
                )
            ),
            max_size=3,
            unique=True,
        ),
        own=st.just(member.patient_id),
        other=st.just(stranger.patient_id),
        theirs=st.just({kind: stranger.record.ids(kind)[0] for kind in KINDS}),
    )


def _composed(
    *,
    kind: str,
    road: str,
    who: str,
    name: str,
    extras: list[tuple[str, str]],
    own: str,
    other: str,
    theirs: dict[str, str],
) -> Request:
    ids = who.format(own=own, other=other)
    pairs = [(name, ids), *extras]
    if road == "read":
        return lambda client: client.get(f"{kind}/{theirs[kind]}", extras)
    if road == "compartment":
        return lambda client: client.get(f"Patient/{other}/{kind}", extras)
    if road == "post":
        return lambda client: client.search_by_post(kind, pairs)
    return lambda client: client.search(kind, pairs)
