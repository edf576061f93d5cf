"""Member isolation: one member's token never opens another member's record."""

from __future__ import annotations

from payerproof.suite import Api, Person, check, each, expect, inconclusive_unless

CLAIMS = "ExplanationOfBenefit"
SEARCHED = (CLAIMS, "Coverage", "Condition", "Observation")
OTHER_PARAMETERS = (
    (CLAIMS, ("_lastUpdated", "ge2000-01-01")),
    (CLAIMS, ("service-date", "ge2000-01-01")),
    (CLAIMS, ("_sort", "-_lastUpdated")),
    ("Observation", ("category", "laboratory")),
    ("Observation", ("date", "ge2000-01-01")),
    ("Condition", ("clinical-status", "active")),
    ("Coverage", ("status", "active")),
)
"""Searches that a member's app may well send without naming the member."""


@check("patient-access.cross-member-isolation/search", needs=("unrelated_pair",))
def test_search_for_another_members_claims(api: Api, member: Person, stranger: Person) -> None:
    """A token granted for one member finds no claims of another."""
    # given two members whose own tokens work and who have claims to protect
    for person in (member, stranger):
        person.must_have(CLAIMS)
    # when the first member's token asks for the other's claims
    reply = api.once(member).search(CLAIMS, patient=stranger.patient_id)
    # then nothing in the answer is about the other member
    api.still_opens(member, reply)
    expect(reply).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/search-every-parameter", needs=("unrelated_pair",))
def test_every_patient_parameter(api: Api, member: Person, stranger: Person) -> None:
    """No patient parameter in any form opens another member's rows."""
    # given another member with claims, coverage and clinical data
    stranger.must_have(CLAIMS, "Coverage", "Condition", "Observation")
    other = stranger.patient_id
    forms = [
        (CLAIMS, "patient", f"Patient/{other}"),
        (CLAIMS, "patient:Patient", other),
        (CLAIMS, "patient", f"{api.base}/Patient/{other}"),
        ("Coverage", "beneficiary", f"Patient/{other}"),
        ("Coverage", "patient", other),
        ("Coverage", "subscriber", f"Patient/{other}"),
        ("Condition", "subject", f"Patient/{other}"),
        ("Condition", "patient", other),
        ("Observation", "patient", other),
        ("Patient", "_id", other),
    ]
    # when the first member's token searches by each of them
    client = api.once(member)
    replies = [client.search(kind, [(name, value)]) for kind, name, value in forms]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/search-without-patient", needs=("unrelated_pair",))
def test_search_that_names_nobody(api: Api, member: Person, stranger: Person) -> None:
    """A search that names no member returns own rows or an error."""
    # given two members with records
    for person in (member, stranger):
        person.must_have(CLAIMS)
    # when types are searched without saying whose, plainly, by other parameters, and by pages
    client = api.once(member)
    replies = [client.search(kind, _count="200") for kind in ("Patient", *SEARCHED)]
    replies += [
        client.search(kind, [parameter, ("_count", "200")]) for kind, parameter in OTHER_PARAMETERS
    ]
    half = -(-len(member.record.of(CLAIMS)) // 2)
    replies += client.all_pages(CLAIMS, [("_count", str(half))])
    # then only the member's own rows come, if any
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)
    expect(*replies).concerns_only(member)


@check("patient-access.cross-member-isolation/mixed-ids", needs=("unrelated_pair",))
@each("order", ("own-first", "foreign-first"))
def test_own_and_foreign_id_in_one_value(
    api: Api, member: Person, stranger: Person, order: str
) -> None:
    """Own and foreign id in one value, in either order, give own rows at most."""
    # given two members with records
    for person in (member, stranger):
        person.must_have(CLAIMS, "Coverage")
    ids = [member.patient_id, stranger.patient_id][:: 1 if order == "own-first" else -1]
    # when both ids stand in one parameter value
    client = api.once(member)
    replies = [
        client.search(CLAIMS, patient=",".join(ids)),
        client.search("Coverage", beneficiary=",".join(f"Patient/{ident}" for ident in ids)),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/repeated-parameter", needs=("unrelated_pair",))
def test_repeated_patient_parameter(api: Api, member: Person, stranger: Person) -> None:
    """A repeated patient parameter, in either order, gives own rows at most."""
    # given two members with records
    for person in (member, stranger):
        person.must_have(CLAIMS)
    own, other = ("patient", member.patient_id), ("patient", stranger.patient_id)
    # when the parameter is sent twice, by GET and by POST
    client = api.once(member)
    replies = [
        client.search(CLAIMS, [own, other]),
        client.search(CLAIMS, [other, own]),
        client.search_by_post(CLAIMS, [own, other]),
        client.search_by_post(CLAIMS, [other, own]),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/query-against-body", needs=("unrelated_pair",))
def test_query_against_body(api: Api, member: Person, stranger: Person) -> None:
    """POST _search with one id in the query and the other in the body gives own rows at most."""
    # given two members with records
    for person in (member, stranger):
        person.must_have(CLAIMS)
    own, other = member.patient_id, stranger.patient_id
    path = f"{CLAIMS}/_search"
    # when query and body name different members
    client = api.once(member)
    replies = [
        client.send("POST", path, [("patient", own)], form=[("patient", other)]),
        client.send("POST", path, [("patient", other)], form=[("patient", own)]),
        client.search_by_post(CLAIMS, patient=other),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/id-list", needs=("unrelated_pair",))
def test_id_lists(api: Api, member: Person, stranger: Person) -> None:
    """_id with a foreign id, alone or beside the own one, gives own rows at most."""
    # given two members with records
    for person in (member, stranger):
        person.must_have(CLAIMS)
    own, other = member.record.ids(CLAIMS)[0], stranger.record.ids(CLAIMS)[0]
    client = api.once(member)
    # when resources are asked for by _id
    replies = [
        client.search("Patient", _id=stranger.patient_id),
        client.search("Patient", _id=f"{member.patient_id},{stranger.patient_id}"),
        client.search(CLAIMS, _id=other),
        client.search(CLAIMS, _id=f"{own},{other}"),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/identifier-search", needs=("unrelated_pair",))
def test_identifiers_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """Another member's member id or claim number finds nothing."""
    # given identifiers that only the other member's record holds
    stranger.must_have("Patient", CLAIMS)
    member_number = _identifier(stranger, "Patient")
    claim_number = _identifier(stranger, CLAIMS)
    # when the first member's token searches by them
    client = api.once(member)
    replies = [
        client.search("Patient", identifier=member_number),
        client.search(CLAIMS, identifier=claim_number),
        client.search(CLAIMS, [("patient.identifier", member_number)]),
        client.search(CLAIMS, [("patient:identifier", member_number)]),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("patient-access.cross-member-isolation/name-search", needs=("unrelated_pair",))
def test_names_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """Another member's name and birth date, or a relative's name, finds nothing."""
    # given the name and birth date of another member, and the name of one of their contacts
    stranger.must_have("Patient")
    patient = stranger.record.of("Patient")[0]
    family = str((patient.get("name") or [{}])[0].get("family") or "")
    born = str(patient.get("birthDate") or "")
    inconclusive_unless(family and born, f"{stranger}'s Patient has no family name or birth date")
    contacts = [
        str(name.get("family") or "")
        for contact in stranger.record.of("RelatedPerson")
        for name in contact.get("name") or []
    ]
    # when the first member's token searches by them
    client = api.once(member)
    replies = [
        client.search("Patient", [("family", family), ("birthdate", born)]),
        client.search("RelatedPerson", name=next(iter(filter(None, contacts)), family)),
    ]
    # then nothing in any answer is about anybody but the member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)
    expect(*replies).concerns_only(member)


@check("isolation.existence-not-revealed/search", needs=("unrelated_pair",))
def test_foreign_and_unknown_members_searched_alike(
    api: Api, member: Person, stranger: Person
) -> None:
    """A search for a foreign and for a never-existing member are answered alike."""
    # given a member and an id that nobody has
    stranger.must_have(CLAIMS)
    nobody = stranger.patient_id[::-1]
    inconclusive_unless(
        nobody != stranger.patient_id, "the other member's id reads the same backwards"
    )
    client = api.once(member)
    # when both are searched for
    replies = [client.search(CLAIMS, patient=ident) for ident in (stranger.patient_id, nobody)]
    # then the answers cannot be told apart
    api.still_opens(member, *replies)
    expect(*replies).answers_alike()


def _identifier(person: Person, kind: str) -> str:
    """``system|value`` of the first identifier that is a marker of the person."""
    found = (
        f"{identifier.get('system', '')}|{identifier['value']}"
        for resource in person.record.of(kind)
        for identifier in resource.get("identifier") or []
        if identifier.get("value") in person.markers.values
    )
    value = next(found, "")
    inconclusive_unless(value, f"{person}'s {kind} has no identifier of its own to search by")
    return value
