"""Addresses and headers: what ends in logs and histories tells nothing about the member."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.attachments import good_answers
from payerproof.expect.claims import CLAIMS, mappings
from payerproof.expect.hosts import links_in
from payerproof.expect.paging import claims_in_pages
from payerproof.expect.personal_facts import MBI, SSN
from payerproof.suite import Api, Person, check, expect, inconclusive_unless


@check("leaks.no-member-facts-in-urls/links", needs=("member",))
def test_links_hold_no_facts(api: Api, member: Person) -> None:
    """No link, fullUrl or id in answers holds name, birth date, SSN shape or member id."""
    # given what would give the member away, and every address and id the answers hold
    facts = _facts_of(member)
    claims = len(member.record.of(CLAIMS))
    pages = claims_in_pages(api.once(member), member.patient_id, claims)
    inconclusive_unless(
        facts and pages.first.entries,
        f"{member}'s Patient or claims tell nothing to look for",
        pages.first.exchange,
    )
    rows = [*member.record.everything, *(row for page in pages.pages for row in page.resources)]
    texts = [
        *links_in([[page.json for page in pages.pages], rows]),
        *(str(row.get("id")) for row in rows),
        *(str(r["reference"]) for row in rows for r in _references(row)),
    ]
    # when they are compared
    found = Counter(kind for text in texts for kind in _told_by(text, facts))
    # then no fact is in them
    expect.that(
        not found,
        "opaque ids and addresses",
        ", ".join(f"{kind} in {n} of them" for kind, n in found.items())
        or f"nothing in {len(texts)} of them",
        *pages.exchanges,
    )


@check("leaks.no-member-facts-in-urls/headers", needs=("member",))
def test_headers_hold_no_facts(api: Api, member: Person) -> None:
    """No header of an answer, the name of a file included, holds a fact about the member."""
    # given what would give the member away, and the headers of the record's replies
    facts = _facts_of(member)
    inconclusive_unless(facts, f"{member}'s Patient tells nothing to look for")
    replies = good_answers(api.once(member), member)
    # when they are compared
    found = Counter(
        f"{kind} in {name}"
        for reply in replies
        for name, value in reply.answer.headers.items()
        for kind in _told_by(re.sub(r"[_+]|%20", " ", value), facts)
    )
    # then no fact is in them
    expect.that(
        not found,
        "headers that tell nothing about the member",
        ", ".join(f"{told} ({n} times)" for told, n in found.items())
        or f"nothing in the headers of {len(replies)} answers",
        *[reply.exchange for reply in replies][:8],
    )


def _facts_of(member: Person) -> dict[str, str]:
    """What would give the member away in an address: value in small letters → what it is."""
    found: dict[str, str] = {}
    for patient in member.record.of("Patient"):
        for name in mappings(patient.get("name")):
            if len(str(name.get("family") or "")) >= 4:
                found[str(name["family"]).lower()] = "a name"
        if patient.get("birthDate"):
            found[str(patient["birthDate"])] = "a birth date"
            found[str(patient["birthDate"]).replace("-", "")] = "a birth date"
        found |= {str(i["value"]).lower(): "a member id" for i in _identifiers(patient)}
        found |= {
            str(t["value"]).lower(): "a telephone number or mail address"
            for t in mappings(patient.get("telecom"))
            if t.get("value")
        }
    found |= {
        str(c["subscriberId"]).lower(): "a member id"
        for c in member.record.of("Coverage")
        if c.get("subscriberId")
    }
    return {value: kind for value, kind in found.items() if len(value) >= 4}


def _told_by(text: str, facts: Mapping[str, str]) -> set[str]:
    small = text.lower()
    told = {
        kind
        for value, kind in facts.items()
        if re.search(rf"(?<![a-z0-9]){re.escape(value)}(?![a-z0-9])", small)
    }
    if SSN.search(text) or MBI.search(text):
        told.add("the shape of a social security or Medicare number")
    return told


def _references(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("reference"), str):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _identifiers(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [i for i in mappings(resource.get("identifier")) if i.get("value")]
