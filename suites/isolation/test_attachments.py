"""Attachments: a document's bytes are as protected as the document."""

from __future__ import annotations

from payerproof.suite import Api, FhirClient, Person, Reply, check, expect, inconclusive_unless


@check("isolation.attachments/foreign-token", needs=("unrelated_pair",))
def test_attachment_with_another_members_token(api: Api, member: Person, stranger: Person) -> None:
    """Another member's attachment or Binary is closed to this member's token."""
    # given an attachment that its owner can fetch
    address, own = _attachment(api.as_(stranger), stranger)
    # when another member's token asks for it
    reply = api.as_(member).get(address)
    # then its bytes do not come
    api.still_opens(member, reply)
    expect(reply).discloses_nothing_about(stranger)
    _expect_closed(reply, own)


@check("isolation.attachments/no-token", needs=("member",))
def test_attachment_without_a_token(api: Api, member: Person) -> None:
    """A member's attachment or Binary is closed without a token."""
    # given an attachment that its owner can fetch
    address, own = _attachment(api.as_(member), member)
    # when it is asked for without a token
    reply = api.anonymous().get(address)
    # then its bytes do not come
    _expect_closed(reply, own)


def _attachment(client: FhirClient, person: Person) -> tuple[str, Reply]:
    """Address of a document's attachment, and the reply its owner gets from it."""
    addresses = [
        str(content["attachment"]["url"])
        for document in person.record.of("DocumentReference")
        for content in document.get("content") or []
        if (content.get("attachment") or {}).get("url")
    ]
    inconclusive_unless(addresses, f"{person} has no document with an attachment to protect")
    own = client.get(addresses[0])
    inconclusive_unless(
        own.ok and own.answer.content, f"{person} cannot fetch the attachment either", own.exchange
    )
    return addresses[0], own


def _expect_closed(reply: Reply, own: Reply) -> None:
    expect.that(
        not (reply.ok and reply.answer.content) or reply.answer.content != own.answer.content,
        "the attachment's bytes do not come",
        f"{reply.status} with {len(reply.answer.content)} bytes ({{x:{reply.exchange}}})",
        reply.exchange,
        own.exchange,
    )
    expect(reply).is_refused()
