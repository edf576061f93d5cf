"""Field quirks of answers: links, relations, $everything, searches by the member alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.advertised import resources_of
from payerproof.expect.claims import CLAIMS
from payerproof.expect.linked import keys_of
from payerproof.expect.paging import Walk, claims_in_pages
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.suite import (
    Api,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CATEGORIES = {
    "Observation": ("laboratory", "vital-signs", "social-history", "survey"),
    "Condition": ("problem-list-item", "encounter-diagnosis", "health-concern"),
    "DiagnosticReport": ("LAB", "LP29684-5", "LP29708-2"),
    "DocumentReference": ("clinical-note",),
    "CarePlan": ("assess-plan",),
}
"""Categories that US Core's profiles name, by type."""


@check("quirks.absolute-next-links/claims", needs=("member",))
def test_next_links_are_absolute(api: Api, member: Person) -> None:
    """A next link is an absolute address."""
    # given the walk through a member's claims in small pages
    pages = _pages(api, member)
    links = [page.link("next") for page in pages.pages if page.link("next")]
    # then each link is absolute
    relative = [link for link in links if not link.startswith(("https://", "http://"))]
    expect.that(
        not relative,
        f"{len(links)} links with scheme and host",
        f"{len(relative)} of them are relative",
        *pages.exchanges,
    )


@check("quirks.relation-names/previous", needs=("member",))
def test_the_earlier_page_is_called_previous(api: Api, member: Person) -> None:
    """A link to the page before is called previous."""
    pages = _pages(api, member)
    names = {
        str(link.get("relation"))
        for page in pages.pages[1:]
        for link in page.body.get("link") or []
    }
    not_applicable_unless(
        names & {"previous", "prev"}, "Pages do not link to the page before.", *pages.exchanges
    )
    expect.that(
        "previous" in names, "a link called previous", "it is called prev", *pages.exchanges
    )


@check("quirks.everything-agrees/superset", needs=("member",))
def test_everything_holds_what_searches_find(api: Api, member: Person) -> None:
    """$everything holds each resource that the searches of the record found."""
    # given a record, and an operation that is offered
    pages = _everything(api, member)
    # when all of its pages are put beside the record
    missing = keys_of(member.record.everything) - keys_of(
        r for page in pages for r in page.resources
    )
    kinds = sorted({one.partition("/")[0] for one in missing})
    # then nothing is missing
    expect.that(
        not missing,
        f"each of {len(member.record.everything)} resources that searches found",
        f"{len(missing)} are missing: {', '.join(kinds)}",
        *(page.exchange for page in pages),
    )


@check("quirks.everything-of-one/as-listed", needs=("member",))
def test_everything_is_answered_where_it_is_listed(
    api: Api, member: Person, capability: Mapping[str, Any]
) -> None:
    """Where the CapabilityStatement lists $everything under Patient, it brings a Bundle."""
    # given a statement that lists it, and a Patient that can be read
    listed = {
        str(one.get("definition", "")).rpartition("/")[2].partition("|")[0]
        for one in resources_of(capability).get("Patient", {}).get("operation") or []
    }
    not_applicable_unless(
        "Patient-everything" in listed, "The CapabilityStatement does not list $everything."
    )
    member.must_have("Patient")
    # when it is asked for the member's own record (which may be kept from apps)
    reply = api.once(member).get(f"Patient/{member.patient_id}/$everything")
    not_applicable_unless(
        reply.status not in (401, 403), "$everything is not for members' apps.", reply.exchange
    )
    # then it is answered
    expect.that(
        reply.ok and reply.is_bundle,
        "200 with a Bundle",
        f"answered {reply.status}" + ("" if reply.is_bundle else " without one"),
        reply.exchange,
    )


@check("quirks.everything-of-one/own-patient", needs=("member",))
def test_everything_holds_the_patient_once(api: Api, member: Person) -> None:
    """$everything holds the Patient that it was asked for, once."""
    # given an operation that is offered
    pages = _everything(api, member)
    # when the Patients in all of its pages are counted
    found = [row for page in pages for row in page.resources if row.get("id") == member.patient_id]
    own = [row for row in found if row.get("resourceType") == "Patient"]
    # then the member's own is there once
    expect.that(
        len(own) == 1,
        "the member's own Patient, once",
        f"{len(own)} times",
        *(page.exchange for page in pages),
    )


@check("quirks.patient-alone-suffices/by-category", needs=("member",))
@each("kind", tuple(CATEGORIES))
def test_the_member_alone_suffices(api: Api, member: Person, kind: str) -> None:
    """What a search by category finds, one by the member alone finds too, or is refused."""
    # given what a search by the member alone brought
    client = api.once(member)
    alone = client.search(kind, [("patient", member.patient_id), ("_count", "100")])
    guided = alone.status == 400 and any(True for _ in alone.issues)
    # when it brought nothing, and searches by category are made
    found = [] if alone.matches or guided else _by_category(client, member, kind)
    # then they bring nothing either
    rows = [row for reply in found for row in reply.matches]
    expect.that(
        not rows,
        f"by the member alone all {kind} that there are, or a refusal that says what is missing",
        f"nothing by the member alone, {len(rows)} by category"
        if rows
        else f"{alone.status} with {len(alone.matches)} {kind}",
        alone.exchange,
        *(reply.exchange for reply in found),
    )


@check("quirks.one-patient/own-search", needs=("member",))
def test_the_member_is_one_patient(api: Api, member: Person) -> None:
    """A search for Patient with the member's token brings one with a name, or linked ones."""
    # given the member's own Patient
    member.must_have("Patient")
    # when Patients are searched without naming one
    reply = api.once(member).search("Patient")
    inconclusive_unless(reply.ok, "Patients cannot be searched this way", reply.exchange)
    rows = [row for row in reply.matches if row.get("resourceType") == "Patient"]
    apart = [row for row in rows if len(rows) > 1 and not row.get("link")]
    bare = [row for row in rows if not row.get("name")]
    # then there is one, or they are linked, and each has a name
    expect.that(
        not apart and not bare,
        "one Patient with a name, or several that are linked",
        f"{len(rows)} Patients, {len(apart)} of several without a link, {len(bare)} without a name",
        reply.exchange,
    )


def _by_category(client: FhirClient, member: Person, kind: str) -> list[Reply]:
    return [
        client.search(kind, [("patient", member.patient_id), ("category", one)])
        for one in CATEGORIES[kind]
    ]


def _pages(api: Api, member: Person) -> Walk:
    claims = len(member.record.of(CLAIMS))
    inconclusive_unless(claims > 1, f"{member} has {claims} claims, too few for several pages")
    pages = claims_in_pages(api.once(member), member.patient_id, claims)
    not_applicable_unless(
        pages.links, f"{member}'s claims come on one page, without links.", *pages.exchanges
    )
    return pages


def _everything(api: Api, member: Person) -> tuple[Reply, ...]:
    """All pages of $everything of the member's own record, where apps may ask for it."""
    member.must_have("Patient")
    client = api.once(member)
    first = client.get(f"Patient/{member.patient_id}/$everything")
    not_applicable_unless(
        first.ok and first.is_bundle, "$everything is not offered to apps.", first.exchange
    )
    return tuple(client.pages(first))
