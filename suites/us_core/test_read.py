"""US Core: what a search shows can be read by its id, and its references lead somewhere."""

from __future__ import annotations

from payerproof.expect.demands import reads
from payerproof.expect.linked import expect_resolved
from payerproof.expect.sameness import differences
from payerproof.suite import Api, Person, check, each, expect, not_applicable_unless


@check("us-core.read/as-the-search-shows", needs=("member",))
@each("kind", reads("us-core", "SHALL", "SHOULD"))
def test_reading_shows_what_searching_shows(api: Api, member: Person, kind: str) -> None:
    """A resource that a search showed is the same when it is read by its id."""
    # given a resource that the member's token has shown
    shown = member.known(kind)
    not_applicable_unless(shown, f"{member}'s token has shown no {kind}.")
    # when it is read by its id
    reply = api.once(member).read(kind, str(shown[0].get("id")))
    # then it comes, with the same id and the same content
    odd = differences(shown[0], reply.body) if reply.ok else ()
    same = reply.body.get("id") == shown[0].get("id") and reply.resource_type == kind
    expect.that(
        reply.status == 200 and same and not odd,
        f"200 with the {kind} that the search showed",
        f"{reply.status} with a {reply.resource_type or 'body that is no resource'}"
        + ("" if same else ", not the one that was asked for")
        + (f"; it differs in {', '.join(odd)}" if odd else ""),
        reply.exchange,
    )


@check("us-core.references/resolve", needs=("member",))
@each("kind", reads("us-core", "SHALL", "SHOULD"))
def test_references_resolve(api: Api, member: Person, kind: str) -> None:
    """What a resource refers to on this server can be read there."""
    # given resources that refer to others which were not found by searching
    rows = member.known(kind)
    # when they are followed, then each leads to a resource
    expect_resolved(rows, member.around, api.base, kind, str(member))


@check("us-core.docref/known-documents", needs=("member",))
def test_docref_lists_the_documents(api: Api, member: Person) -> None:
    """$docref lists the current documents of the member that searches find."""
    # given current documents of the member
    known = {
        str(row.get("id"))
        for row in member.record.of("DocumentReference")
        if row.get("status") == "current"
    }
    not_applicable_unless(known, f"{member}'s record holds no current document.")
    # when they are asked for by the operation
    client = api.once(member)
    reply = client.get("DocumentReference/$docref", [("patient", member.patient_id)])
    rows = [row for page in client.pages(reply) for row in page.matches]
    came = {str(row.get("id")) for row in rows}
    foreign = [row for row in rows if row.get("resourceType") != "DocumentReference"]
    # then they are listed
    expect.that(
        reply.status == 200 and known <= came and not foreign,
        f"200 with {len(known)} documents",
        f"{reply.status}; {len(known - came)} of {len(known)} are missing"
        + (f", and {len(foreign)} that are no documents" if foreign else ""),
        reply.exchange,
    )
