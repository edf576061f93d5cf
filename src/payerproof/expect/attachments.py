"""The attachment of a member's document, as its owner gets it."""

from __future__ import annotations

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.client import FhirClient
from payerproof.fhir.record import HasRecord, record_replies
from payerproof.fhir.reply import Reply


def attachment_addresses(person: HasRecord) -> tuple[str, ...]:
    """Addresses of the attachments that a person's documents name."""
    return tuple(
        str(content["attachment"]["url"])
        for document in person.record.of("DocumentReference")
        for content in document.get("content") or []
        if (content.get("attachment") or {}).get("url")
    )


def own_attachment(client: FhirClient, person: HasRecord) -> tuple[str, Reply]:
    """Address of a document's attachment, and the reply its owner gets from it.

    Ends the check as inconclusive where there is none, or its owner cannot fetch it.
    """
    addresses = attachment_addresses(person)
    inconclusive_unless(addresses, f"{person} has no document with an attachment to protect")
    own = client.get(addresses[0])
    inconclusive_unless(
        own.ok and own.answer.content, f"{person} cannot fetch the attachment either", own.exchange
    )
    return addresses[0], own


def good_answers(client: FhirClient, person: HasRecord) -> list[Reply]:
    """The good answers that brought a record, and the attachment of a document where there is one.

    `client` is one that sends each request once.
    """
    replies = record_replies(client, person, person.record.exchanges)
    # as the file itself, and not as a Binary in FHIR JSON
    documents = [client.get(one, accept="*/*") for one in attachment_addresses(person)[:1]]
    return [reply for reply in (*replies, *documents) if reply.ok]
