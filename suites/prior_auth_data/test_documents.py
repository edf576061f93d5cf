"""The structured documentation behind a prior authorization."""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS, by_number
from payerproof.expect.prior_auth import documents
from payerproof.fhir.surroundings import local
from payerproof.suite import (
    Api,
    Person,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

STRUCTURED = ("DocumentReference", "QuestionnaireResponse", "Observation", "DiagnosticReport")


@check("prior-auth-data.supporting-documents/can-be-read", needs=("expected_authorizations",))
def test_documents_can_be_read(api: Api, authorized: Person) -> None:
    """Each document that came with an expected authorization is named by it and can be read."""
    # given authorizations that are known to have come with structured documentation
    known = [one for one in authorized.persona.expect.authorizations if one.documents]
    not_applicable_unless(known, "The payer file names no authorization with documentation.")
    found = by_number(authorized.authorizations, [one.id for one in known])
    exchanges = authorized.record.exchanges.get(CLAIMS, ())
    inconclusive_unless(
        all(found[one.id] for one in known),
        "an authorization with documents did not come",
        *exchanges,
    )
    # when what they name is read
    named = {one.id: documents(found[one.id][0]) for one in known}
    replies = {
        address: api.once(authorized).get(local(address, api.base))
        for addresses in named.values()
        for address in addresses
        if local(address, api.base).partition("/")[0] in STRUCTURED
    }
    short = [one.id for one in known if len(replies.keys() & set(named[one.id])) < one.documents]
    dead = [reply for reply in replies.values() if not reply.ok]
    # then all of it comes
    expect.that(
        not short and not dead,
        f"the documentation of {len(known)} authorizations",
        f"{len(short)} of them name less than is known, {len(dead)} of {len(replies)} documents "
        "cannot be read",
        *exchanges,
        *(reply.exchange for reply in replies.values()),
    )
