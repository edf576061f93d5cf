"""Attachments: a document's bytes are as protected as the document."""

from __future__ import annotations

from payerproof.expect.attachments import own_attachment
from payerproof.suite import Api, Person, Reply, check, expect


@check("isolation.attachments/foreign-token", needs=("unrelated_pair",))
def test_attachment_with_another_members_token(api: Api, member: Person, stranger: Person) -> None:
    """Another member's attachment or Binary is closed to this member's token."""
    # given an attachment that its owner can fetch
    address, own = own_attachment(api.once(stranger), stranger)
    # when another member's token asks for it
    reply = api.once(member).get(address)
    # then its bytes do not come
    api.still_opens(member, reply)
    expect(reply).discloses_nothing_about(stranger)
    _expect_closed(reply, own)


@check("isolation.attachments/no-token", needs=("member",))
def test_attachment_without_a_token(api: Api, member: Person) -> None:
    """A member's attachment or Binary is closed without a token."""
    # given an attachment that its owner can fetch
    address, own = own_attachment(api.once(member), member)
    # when it is asked for without a token
    reply = api.once().get(address)
    # then its bytes do not come
    _expect_closed(reply, own)


def _expect_closed(reply: Reply, own: Reply) -> None:
    expect.that(
        not (reply.ok and reply.answer.content) or reply.answer.content != own.answer.content,
        "the attachment's bytes do not come",
        f"{reply.status} with {len(reply.answer.content)} bytes ({{x:{reply.exchange}}})",
        reply.exchange,
        own.exchange,
    )
    expect(reply).is_refused()
