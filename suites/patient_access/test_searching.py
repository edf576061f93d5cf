"""Searching: by POST as by GET, by typed references, and with parameters nobody knows."""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS
from payerproof.fhir.reply import Reply
from payerproof.suite import Api, Person, check, each, expect, inconclusive_unless

UNKNOWN = "payerproof-unknown"


@check("carin-bb.search/by-post", needs=("member",))
def test_posted_search_finds_the_same(api: Api, member: Person) -> None:
    """A search by POST reads its body, and finds what the same search by GET finds."""
    # given a claim that tells itself from the others by its id
    claims = member.record.ids(CLAIMS)
    inconclusive_unless(len(claims) > 1, f"{member} has too few claims to tell a search by")
    pairs = [("patient", member.patient_id), ("_id", claims[0])]
    # when it is searched for by POST
    reply = api.once(member).search_by_post(CLAIMS, pairs)
    # then it comes, and no other
    _expect_just(reply, claims[0])


@check("carin-bb.search/typed-reference", needs=("member",))
def test_patient_with_its_type(api: Api, member: Person) -> None:
    """patient=Patient/{id} finds what patient={id} finds."""
    claims = member.record.ids(CLAIMS)
    inconclusive_unless(len(claims) > 1, f"{member} has too few claims to tell a search by")
    reply = api.once(member).search(
        CLAIMS, [("patient", f"Patient/{member.patient_id}"), ("_id", claims[0])]
    )
    _expect_just(reply, claims[0])


@check("carin-bb.search/unknown-parameter", needs=("member",))
@each("handling", ("strict", "lenient"))
def test_unknown_parameters_are_told(api: Api, member: Person, handling: str) -> None:
    """A parameter that the server does not know is refused, or left out of the self link."""
    # given a claim that is found without it
    member.must_have(CLAIMS)
    query = [("patient", member.patient_id), ("_count", "1"), (UNKNOWN, "1")]
    # when an unknown parameter stands beside
    reply = api.once(member).get(CLAIMS, query, prefer=f"handling={handling}")
    # then an app can tell that it was not applied; who asked for strictness is refused
    told = UNKNOWN not in reply.link("self")
    refused = reply.status == 400
    expect.that(
        refused or (handling == "lenient" and reply.status == 200 and told),
        "400" if handling == "strict" else "400, or a self link without the parameter",
        f"{reply.status}, {'not ' if told else ''}in the self link ({{x:{reply.exchange}}})",
        reply.exchange,
    )


def _expect_just(reply: Reply, ident: str) -> None:
    came = [str(row.get("id")) for row in reply.matches]
    expect.that(
        reply.status == 200 and came == [ident],
        "200 with the one claim that was asked for",
        f"{reply.status} with {len(came)} claims"
        f"{'' if ident in came else ', that one not among them'} ({{x:{reply.exchange}}})",
        reply.exchange,
    )
