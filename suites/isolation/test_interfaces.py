"""Side doors: batch, GraphQL, bulk export and administrative types open nothing more than REST."""

from __future__ import annotations

from dataclasses import replace

from payerproof.suite import (
    Api,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    remark,
)

CLAIMS = "ExplanationOfBenefit"
ADMINISTRATIVE = (
    "List",
    "Group",
    "Account",
    "Provenance",
    "Task",
    "Communication",
    "Subscription",
    "MessageHeader",
)


@check("isolation.every-interface/batch", needs=("unrelated_pair",))
def test_batch_opens_nothing_foreign(api: Api, member: Person, stranger: Person) -> None:
    """A batch that mixes own and foreign requests discloses nothing foreign."""
    # given another member with claims
    stranger.must_have(CLAIMS)
    urls = (
        f"Patient/{member.patient_id}",
        f"Patient/{stranger.patient_id}",
        f"{CLAIMS}?patient={stranger.patient_id}",
        f"{CLAIMS}/{stranger.record.ids(CLAIMS)[0]}",
    )
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    # when one's own and foreign requests go in one batch, and in one transaction
    client = api.once(member)
    replies = [
        client.send("POST", "", json={"resourceType": "Bundle", "type": kind, "entry": entries})
        for kind in ("batch", "transaction")
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.every-interface/graphql", needs=("unrelated_pair",))
def test_graphql_opens_nothing_foreign(api: Api, member: Person, stranger: Person) -> None:
    """$graphql at system and instance level discloses nothing foreign."""
    # given another member with a name and claims
    stranger.must_have("Patient", CLAIMS)
    fields = "{id name{family given} birthDate}"
    one = f'{{Patient(id:"{stranger.patient_id}"){fields}}}'
    inner = f'ExplanationOfBenefitList(patient:"{stranger.patient_id}"){{id identifier{{value}}}}'
    nested = f'{{Patient(id:"{member.patient_id}"){{id {inner}}}}}'
    several = f"{{PatientList{fields}}}"
    claims = f'{{ExplanationOfBenefitList(patient:"{stranger.patient_id}"){{id}}}}'
    # when both are asked for by GraphQL
    client = api.once(member)
    replies = [
        client.get("$graphql", [("query", one)]),
        client.get("$graphql", [("query", nested)]),
        client.send("POST", "$graphql", json={"query": several}),
        client.get(f"Patient/{member.patient_id}/$graphql", [("query", claims)]),
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.every-interface/bulk-export", needs=("member",))
def test_no_bulk_export_with_a_members_token(api: Api, member: Person) -> None:
    """No bulk export starts with a member's token."""
    # given a member's token that opens the member's own Patient
    member.must_have("Patient")
    client = api.once(member).with_headers(prefer="respond-async")
    # when a bulk export is kicked off at each level
    replies = [client.get(path) for path in ("$export", "Patient/$export", "Group/all/$export")]
    # then none starts
    api.still_opens(member, *replies)
    started = [
        reply for reply in replies if reply.status == 202 or reply.header("content-location")
    ]
    expect.that(
        not started,
        "no export job",
        f"{len(started)} of {len(replies)} requests started a job",
        *(reply.exchange for reply in started or replies),
    )
    expect(*replies).is_refused()


@check("isolation.every-interface/docref", needs=("unrelated_pair",))
def test_docref_of_another_member(api: Api, member: Person, stranger: Person) -> None:
    """US Core's $docref brings no document of another member."""
    # given another member with a document
    stranger.must_have("DocumentReference")
    # when the first member's token asks for the other's documents
    reply = api.once(member).get("DocumentReference/$docref", [("patient", stranger.patient_id)])
    # then none comes
    api.still_opens(member, reply)
    expect(reply).discloses_nothing_about(stranger)


@check("isolation.every-interface/earlier-versions", needs=("unrelated_pair", "earlier_versions"))
def test_earlier_versions_open_nothing_foreign(
    api: Api, member: Person, stranger: Person, target: Target
) -> None:
    """Where an earlier version of the API still answers, it keeps to the same member."""
    # given another member with claims, and the addresses of earlier versions
    stranger.must_have("Patient", CLAIMS)
    # when the first member's token asks there for the other's record, by id and by search
    clients = [replace(api.once(member), base=base.rstrip("/")) for base in target.earlier_versions]
    replies = [
        reply
        for client in clients
        for reply in (
            client.read("Patient", stranger.patient_id),
            client.search(CLAIMS, patient=stranger.patient_id),
            client.search(CLAIMS, [("_count", "50")]),
        )
    ]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    gone = sum(reply.status == 410 for reply in replies)
    remark(f"{gone} of {len(replies)} requests to {len(clients)} earlier versions told: gone.")
    expect(*replies).discloses_nothing_about(stranger)


@check("isolation.every-interface/administrative-types", needs=("unrelated_pair",))
def test_administrative_types(api: Api, member: Person, stranger: Person) -> None:
    """Searches of administrative types show own rows at most."""
    # given two members with records
    for person in (member, stranger):
        person.must_have("Patient")
    # when the other has just read, and types that list members or what was done are searched
    own = api.as_(stranger).read("Patient", stranger.patient_id)
    inconclusive_unless(own.ok, f"{stranger}'s own Patient could not be read", own.exchange)
    replies = [api.as_(member).search("AuditEvent", _count="200")]
    replies += [api.once(member).search(kind, _count="200") for kind in ADMINISTRATIVE]
    # then nothing in any answer is about the other member
    api.still_opens(member, *replies)
    expect(*replies).concerns_only(member)
    expect(*replies).discloses_nothing_about(stranger)
