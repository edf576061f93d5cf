"""Next links: a link to a page opens it for the grant that was given it, and for nobody else."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.expect.paging import claims_in_pages
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Person,
    Reply,
    SmartConfiguration,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("isolation.paging/foreign-next-link", needs=("unrelated_pair",))
def test_next_link_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """Another member's next link gives nothing of theirs to this member's token, nor to none."""
    # given a next link that works for the member it was given to
    link, following = _second_page(api, stranger)
    # when it is called with another member's token, and with none
    replies = [api.once(member).get(link), api.once().get(link)]
    # then nothing of the page comes
    api.still_opens(member, replies[0])
    expect(*replies).discloses_nothing_about(stranger)
    expect.that(following.ok, "the link works for its owner", "it does", following.exchange)


@check("isolation.paging/other-apps-link", needs=("unrelated_pair", "two_apps"))
def test_next_link_of_another_app(api: Api, lease: Lease, member: Person) -> None:
    """Another app's token gets no more from a next link than its own grant allows."""
    # given a next link to the member's claims, and another app that may read coverage only
    link, following = _second_page(api, member)
    grant = lease.reading(member, scopes="launch/patient patient/Coverage.rs")
    control = api.once(grant).search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(
        control.matches, "the narrow grant does not read coverage", control.exchange
    )
    # when the other app calls the link
    reply = api.as_(grant).get(link)
    # then no claim comes
    expect(reply).has_no_resource_of(CLAIMS)
    expect.that(following.ok, "the link works for its owner", "it does", following.exchange)


@check("isolation.paging/revoked-token", needs=("member", "two_apps"), prod="gated")
def test_next_link_after_the_end_of_the_token(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    smart: SmartConfiguration,
    target: Target,
) -> None:
    """A next link gives nothing to the token it was made for once that token was revoked."""
    # given a next link to claims, made for a grant of its own that is then revoked
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"),
        "No revocation endpoint is published.",
        smart.exchange,
    )
    grant = lease(member)
    client = api.as_(grant)
    first = client.search(CLAIMS, [("patient", member.patient_id), ("_count", "1")])
    inconclusive_unless(
        first.link("next"), "the grant's claims have no next link", grant.exchange, first.exchange
    )
    authorization.tokens(target.app(grant.app), member).revoke(grant.access_token)
    looks = Looks(client, member.patient_id)
    dead = eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=max(target.policy.revocation_poll_seconds, 0.5),
    )
    inconclusive_unless(dead is not None, "the revoked token still works", looks.last.exchange)
    # when the link is called with the dead token
    reply = client.get(first.link("next"))
    # then no claim comes
    expect(reply).has_no_resource_of(CLAIMS)


def _second_page(api: Api, person: Person) -> tuple[str, Reply]:
    """A next link of a person's claims and the page that it leads its owner to."""
    person.must_have(CLAIMS)
    claims = len(person.record.of(CLAIMS))
    pages = claims_in_pages(api.once(person), person.patient_id, claims)
    inconclusive_unless(
        pages.links,
        f"{person}'s claims come on one page, so there is no next link",
        pages.first.exchange,
    )
    inconclusive_unless(
        len(pages.pages) > 1 and pages.pages[1].matches,
        f"the next link does not work for {person} either",
        *pages.exchanges[:2],
    )
    return pages.links[0][1], pages.pages[1]
