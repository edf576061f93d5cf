"""Copies: what is outside a grant does not travel along inside what is within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.suite import (
    Api,
    Lease,
    Person,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("scopes.contained-copies/refused-demographics", needs=("member", "two_apps"))
def test_contained_copies(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """With demographics outside the grant, claims carry no name, address, birth date or phone."""
    # given a token for claims only, and the member's personal data from their own record
    member.must_have("Patient", CLAIMS)
    grant = lease.reading(member, f"launch/patient patient/{CLAIMS}.{smart.reading}")
    reply = api.as_(grant).search(CLAIMS, [("patient", member.patient_id), ("_count", "20")])
    inconclusive_unless(reply.matches, "no claims can be read with it", reply.exchange)
    # then none of it stands in the claims
    told = [what for what, fact in _personal(member).items() if fact in reply.text]
    expect.that(
        not told,
        "claims without personal data of the member",
        f"the claims hold {', '.join(told)}" if told else "none of it is there",
        reply.exchange,
    )


@check("scopes.contained-copies/coverage", needs=("member", "two_apps"))
def test_personal_data_in_coverage(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """With demographics outside the grant, coverage tells no name, birth date, phone or street."""
    # given a token for coverage only, and the member's personal data from their own record
    member.must_have("Patient", "Coverage")
    grant = lease.reading(member, f"launch/patient patient/Coverage.{smart.reading}")
    reply = api.as_(grant).search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(reply.matches, "no coverage can be read with it", reply.exchange)
    # then none of it stands there
    told = [what for what, fact in _personal(member).items() if fact in reply.text]
    expect.that(
        not told,
        "coverage without personal data of the member",
        f"it holds {', '.join(told)}" if told else "none of it is there",
        reply.exchange,
    )


@check("scopes.contained-copies/type-without-scope", needs=("member", "two_apps"))
def test_contained_copy_of_a_type_without_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A resource brings no contained copy of a type without scope, nor its name, in any form."""
    # given resources that hold copies of people when everything may be read
    holders = [(row, copy) for row in _rows(member) for copy in _people_in(row)]
    not_applicable_unless(holders, f"no resource of {member} holds a copy of a person")
    kind = str(holders[0][0]["resourceType"])
    inner = {str(copy["resourceType"]) for row, copy in holders if row["resourceType"] == kind}
    names = {name for row, copy in holders if row["resourceType"] == kind for name in _names(copy)}
    # when an app that may read nothing but their type searches for them, plainly and otherwise
    grant = lease.reading(member, f"launch/patient patient/{kind}.{smart.reading}")
    client, own = api.as_(grant), [("patient", member.patient_id)]
    replies = [
        client.search(kind, own),
        client.search(kind, [*own, ("_elements", "participant,subject,contained")]),
        client.search(kind, [*own, ("_pretty", "true")]),
    ]
    inconclusive_unless(replies[0].matches, f"no {kind} can be read with it", replies[0].exchange)
    # then neither the copies come nor the names in them
    told = [
        reply
        for reply in replies
        if any(name in reply.text for name in names)
        or any(copy["resourceType"] in inner for row in reply.matches for copy in _people_in(row))
    ]
    expect.that(
        not told,
        f"{kind} without copies of {', '.join(sorted(inner))}",
        f"{len(told)} of {len(replies)} answers hold them" if told else "none holds one",
        *(reply.exchange for reply in told or replies),
    )


def _personal(member: Person) -> dict[str, str]:
    """What of a member's Patient would give them away, where long enough to be no chance."""
    patient = member.record.of("Patient")[0]
    facts = {
        "the birth date": str(patient.get("birthDate") or ""),
        "the family name": str((patient.get("name") or [{}])[0].get("family") or ""),
        "the phone number": str((patient.get("telecom") or [{}])[0].get("value") or ""),
        "the name": " ".join(
            str(part)
            for name in (patient.get("name") or [{}])[:1]
            for part in ((name.get("given") or [""])[0], name.get("family") or "")
        ).strip(),
        "the street": str(((patient.get("address") or [{}])[0].get("line") or [""])[0]),
    }
    return {what: fact for what, fact in facts.items() if len(fact) > 4}


def _rows(member: Person) -> Iterator[Mapping[str, Any]]:
    return (row for kind in sorted(member.record.types) for row in member.record.of(kind))


def _people_in(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    people = ("Patient", "Practitioner", "RelatedPerson", "Person")
    return [one for one in row.get("contained") or () if one.get("resourceType") in people]


def _names(person: Mapping[str, Any]) -> set[str]:
    """Family names of a person, as they would stand in a name written out."""
    names = person.get("name") or ()
    return {str(name["family"]) for name in names if len(str(name.get("family") or "")) > 4}
