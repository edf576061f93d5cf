"""Includes: what comes along with one's own rows is one's own, or nobody's."""

from __future__ import annotations

from itertools import islice

from payerproof.expect.paging import claims_in_pages
from payerproof.suite import Api, Person, check, expect, inconclusive_unless

CLAIMS = "ExplanationOfBenefit"


@check("patient-access.cross-member-isolation/include", needs=("unrelated_pair",))
def test_includes_bring_nobody_else(api: Api, member: Person, stranger: Person) -> None:
    """_include, with * and :iterate, brings nothing about another person."""
    # given a member with claims and coverage of their own
    member.must_have(CLAIMS, "Coverage")
    own = member.patient_id
    client = api.once(member)
    # when everything that can be included is asked for
    replies = [
        client.search(CLAIMS, [("patient", own), ("_include", "*")]),
        client.search(
            CLAIMS,
            [
                ("patient", own),
                ("_include", "ExplanationOfBenefit:patient"),
                ("_include", "ExplanationOfBenefit:coverage"),
                ("_include:iterate", "Coverage:subscriber"),
                ("_include:iterate", "Coverage:policy-holder"),
                ("_include:iterate", "Patient:link"),
            ],
        ),
        client.search(
            "Coverage",
            [
                ("beneficiary", own),
                ("_include", "Coverage:subscriber"),
                ("_include", "Coverage:policy-holder"),
                ("_include", "Coverage:payor"),
            ],
        ),
    ]
    # then only the member's own resources come, and such as are about no member
    api.still_opens(member, *replies)
    expect(*replies).concerns_only(member)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/reverse-include", needs=("unrelated_pair",))
def test_reverse_includes_bring_nobody_else(api: Api, member: Person, stranger: Person) -> None:
    """_revinclude brings nothing about another person."""
    # given a member whose own Patient and practitioners can be found
    member.must_have("Patient", CLAIMS)
    client = api.once(member)
    values = ("ExplanationOfBenefit:*", "Observation:focus", "Provenance:target", "Group:member")
    # when whatever refers to one's own Patient, or to a shared practitioner, is asked for
    replies = [
        client.search("Patient", [("_id", member.patient_id), ("_revinclude", value)])
        for value in values
    ]
    replies += [
        client.search("Organization", [("_revinclude", "ExplanationOfBenefit:provider")]),
        client.search("Organization", [("_revinclude", "Coverage:payor")]),
        client.search(
            CLAIMS,
            [
                ("patient", member.patient_id),
                ("_include", "ExplanationOfBenefit:care-team"),
                ("_revinclude:iterate", "ExplanationOfBenefit:care-team"),
            ],
        ),
    ]
    several = [("_count", "1"), ("_revinclude", "ExplanationOfBenefit:care-team")]
    replies += islice(client.pages(client.search("Practitioner", several)), 2)
    # then only the member's own resources come, and such as are about no member
    api.still_opens(member, *replies)
    expect(*replies).concerns_only(member)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.paging/every-page-filtered", needs=("unrelated_pair",))
def test_every_page_is_filtered(api: Api, member: Person, stranger: Person) -> None:
    """Every page of a search with includes holds nothing about another person."""
    # given enough claims for several pages
    member.must_have(CLAIMS)
    claims = len(member.record.of(CLAIMS))
    inconclusive_unless(claims > 3, f"{member} has {claims} claims, too few for several pages")
    # when they are read in small pages with their includes
    walk = claims_in_pages(api.once(member), member.patient_id, claims)
    pages = walk.pages
    inconclusive_unless(
        not walk.cut_short, f"not every page was seen: {walk.cut_short}", *walk.exchanges[-2:]
    )
    inconclusive_unless(
        len(pages) > 1 or claims <= len(pages[0].matches),
        "the payer gave one page only, so no later page could be looked at",
        pages[0].exchange,
    )
    # then no page shows anybody else
    expect(*pages).concerns_only(member)
    expect(*pages).discloses_nothing_about(stranger)


@check("isolation.identity-links/walk", needs=("unrelated_pair",))
def test_links_between_people(api: Api, member: Person, stranger: Person) -> None:
    """Patient.link, RelatedPerson and Person lead to no other person's record."""
    # given one's own Patient
    member.must_have("Patient")
    client = api.once(member)
    linked = [
        str(link["other"]["reference"])
        for patient in member.record.of("Patient")
        for link in patient.get("link") or []
        if isinstance(link.get("other"), dict) and link["other"].get("reference")
    ]
    # when its links, and the types that tie people together, are followed
    replies = [client.get(reference) for reference in linked[:3]]
    replies += [
        client.search("RelatedPerson"),
        client.search("Person"),
        client.search("Patient", [("link", f"Patient/{member.patient_id}")]),
    ]
    # then they lead to nobody else
    api.still_opens(member, *replies)
    expect(*replies).concerns_only(member)
    expect(*replies).discloses_nothing_about(stranger)
