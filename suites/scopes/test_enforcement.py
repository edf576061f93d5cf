"""Scope enforcement: a token opens the types it was granted, by every road, and no other."""

from __future__ import annotations

from payerproof.smart.scopes import opens
from payerproof.suite import (
    Api,
    Grant,
    Lease,
    Person,
    Reply,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"
CLOSED = (CLAIMS, "Condition", "Observation")


@check("smart.scope-enforced/read", needs=("member", "two_apps"))
def test_reads_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A token for one type reads no other type by id."""
    # given a token for coverage only, and ids of other types from the member's own record
    grant = _coverage_only(api, lease, smart, member)
    member.must_have(*CLOSED)
    # when they are read
    replies = [api.as_(grant).read(kind, member.record.ids(kind)[0]) for kind in CLOSED]
    _still_opens(api, grant, member, *replies)
    # then none comes
    expect(*replies).has_no_resource_of(*CLOSED)
    expect(*replies).is_refused()


@check("smart.scope-enforced/search", needs=("member", "two_apps"))
def test_searches_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A token for one type searches no other type, whether there are data or not."""
    # given a token for coverage only, and types of which the member has data and none
    grant = _coverage_only(api, lease, smart, member)
    member.must_have(*CLOSED)
    kinds = (*CLOSED, "Goal")
    # when they are searched
    replies = [api.as_(grant).search(kind, patient=member.patient_id) for kind in kinds]
    _still_opens(api, grant, member, *replies)
    # then nothing comes
    expect(*replies).has_no_resource_of(*kinds)


@check("smart.scope-enforced/searches-tell-nothing", needs=("member", "two_apps"))
def test_closed_searches_answer_alike(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A search outside the scopes is answered alike, whether there are data or not."""
    # given a token for coverage only, and a member who has conditions
    member.must_have("Condition")
    grant = _coverage_only(api, lease, smart, member)
    client, own = api.as_(grant), [("patient", member.patient_id)]
    # when conditions are searched, once so that some would be found and once that none would
    replies = [
        client.search("Condition", [*own, ("_id", member.record.ids("Condition")[0])]),
        client.search("Condition", [*own, ("_id", "payerproof-none")]),
    ]
    _still_opens(api, grant, member, *replies)
    # then the answer does not tell which is which
    expect.that(
        replies[0].status == replies[1].status,
        "the same status whether something would be found or not",
        " and ".join(f"{reply.status} ({{x:{reply.exchange}}})" for reply in replies),
        *(reply.exchange for reply in replies),
    )


@check("smart.scope-enforced/similar-names", needs=("member", "two_apps"))
def test_type_with_a_longer_name(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A scope for Medication does not open MedicationRequest."""
    # given a token for a type whose name another's begins with, of which the member has data
    member.must_have("MedicationRequest")
    grant = lease.reading(member, f"launch/patient {scope(smart, 'Medication', 'rs')}")
    not_applicable_unless(
        opens(grant.scopes, "Medication", "s"), "no scope for Medication is given", grant.exchange
    )
    client, own = api.as_(grant), member.record.ids("MedicationRequest")[0]
    control = client.search("Medication")
    inconclusive_unless(
        control.status < 500 and control.status != 401,
        "the token opens nothing at all",
        control.exchange,
    )
    # when the other type is read and searched
    replies = [
        client.read("MedicationRequest", own),
        client.search("MedicationRequest", patient=member.patient_id),
    ]
    # then none comes
    expect(*replies).has_no_resource_of("MedicationRequest")


@check("smart.scope-enforced/include", needs=("member", "two_apps"))
def test_includes_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """_include and _revinclude bring no type outside the scopes."""
    # given a token for coverage only
    grant = _coverage_only(api, lease, smart, member)
    client = api.as_(grant)
    own = [("beneficiary", member.patient_id)]
    # when everything that hangs on one's coverage is asked for along with it
    replies = [
        client.search("Coverage", [*own, ("_include", "Coverage:beneficiary")]),
        client.search("Coverage", [*own, ("_include", "*")]),
        client.search("Coverage", [*own, ("_revinclude", "ExplanationOfBenefit:coverage")]),
        client.search("Coverage", [*own, ("_revinclude", "*")]),
    ]
    _still_opens(api, grant, member, *replies)
    # then nothing of a type outside the scopes comes with it
    expect(*replies).has_no_resource_of(*CLOSED, "Patient", "RelatedPerson")


@check("smart.scope-enforced/everything", needs=("member", "two_apps"))
def test_everything_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """$everything brings no type outside the scopes."""
    grant = _coverage_only(api, lease, smart, member)
    replies = [
        api.as_(grant).get(f"Patient/{member.patient_id}/$everything"),
        api.as_(grant).get("Patient/$everything"),
    ]
    _still_opens(api, grant, member, *replies)
    expect(*replies).has_no_resource_of(*CLOSED, "Patient")


@check("smart.scope-enforced/batch", needs=("member", "two_apps"))
def test_batch_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """Batch entries bring no type outside the scopes."""
    grant = _coverage_only(api, lease, smart, member)
    member.must_have(*CLOSED)
    urls = [f"{kind}?patient={member.patient_id}" for kind in CLOSED]
    urls += [f"{kind}/{member.record.ids(kind)[0]}" for kind in CLOSED]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    reply = api.as_(grant).send(
        "POST", "", json={"resourceType": "Bundle", "type": "batch", "entry": entries}
    )
    _still_opens(api, grant, member, reply)
    expect(reply).has_no_resource_of(*CLOSED)


@check("smart.scope-enforced/compartment", needs=("member", "two_apps"))
def test_compartment_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """Compartment paths bring no type outside the scopes."""
    grant = _coverage_only(api, lease, smart, member)
    member.must_have(*CLOSED)
    paths = [f"Patient/{member.patient_id}/{kind}" for kind in (*CLOSED, "*")]
    replies = [api.as_(grant).get(path) for path in paths]
    _still_opens(api, grant, member, *replies)
    expect(*replies).has_no_resource_of(*CLOSED, "Patient")


@check("smart.scope-enforced/projections-and-formats", needs=("member", "two_apps"))
def test_projections_outside_the_scope(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """_elements, _summary, _format and Accept variants bring nothing the plain answer withholds."""
    # given a token for coverage only, and the member's markers outside coverage
    grant = _coverage_only(api, lease, smart, member)
    member.must_have("Patient", *CLOSED)
    client = api.as_(grant)
    claim = f"{CLAIMS}/{member.record.ids(CLAIMS)[0]}"
    # when other types are asked for in every projection and format
    replies = [
        client.get(claim, [("_elements", "id,patient,total")]),
        client.get(claim, [("_summary", "text")]),
        client.get(claim, [("_format", "xml")]),
        client.get(claim, accept="application/fhir+xml"),
        client.get(claim, accept="text/html"),
        client.get(claim, [("_summary", "data"), ("_pretty", "true")]),
        client.search("Coverage", [("beneficiary", member.patient_id), ("_summary", "false")]),
    ]
    _still_opens(api, grant, member, *replies)
    # then nothing of them comes in any shape
    expect(*replies).has_no_resource_of(*CLOSED, "Patient")
    telling = [r for r in replies[:-1] if r.ok and claim.partition("/")[2] in r.text]
    expect.that(
        not telling,
        "no claim in any format",
        f"{len(telling)} of {len(replies)} formats showed the claim",
        *(reply.exchange for reply in telling or replies),
    )


@check("scopes.own-grant-only/two-grants", needs=("member", "three_apps"))
def test_two_grants_side_by_side(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """Of two tokens with different grants each opens its own list only."""
    # given a token for coverage and one for claims, of two apps
    member.must_have(CLAIMS, "Coverage")
    coverage = _coverage_only(api, lease, smart, member)
    claims = lease.reading(member, f"launch/patient {scope(smart, CLAIMS, 'rs')}")
    # when each reads both types
    own = [("patient", member.patient_id)]
    crossed = [
        api.as_(coverage).search(CLAIMS, own),
        api.as_(claims).search("Coverage", beneficiary=member.patient_id),
    ]
    control = api.as_(claims).search(CLAIMS, own)
    inconclusive_unless(control.matches, "the token for claims reads none", control.exchange)
    _still_opens(api, coverage, member, crossed[0])
    # then neither opens what the other was granted
    expect(crossed[0]).has_no_resource_of(CLAIMS)
    expect(crossed[1]).has_no_resource_of("Coverage")


@check("scopes.interactions/no-write-scope", needs=("member", "writes"), prod="gated")
def test_read_scopes_do_not_write(api: Api, member: Person) -> None:
    """A read scope opens no create, update or delete."""
    # given a token whose scopes are for reading
    member.must_have("Coverage")
    client = api.as_(member)
    path = f"Coverage/{member.record.ids('Coverage')[0]}"
    own = client.get(path)
    inconclusive_unless(own.ok, "one's own coverage cannot be read", own.exchange)
    # when it creates and updates
    replies: list[Reply] = [
        client.send("POST", "Coverage", json={**own.body, "id": None}),
        client.send("PUT", path, json=dict(own.body)),
    ]
    # then both are refused
    taken = [reply for reply in replies if reply.ok]
    expect.that(
        not taken,
        "every write refused",
        "; ".join(f"{reply.status} ({{x:{reply.exchange}}})" for reply in replies),
        *(reply.exchange for reply in replies),
    )


def scope(smart: SmartConfiguration, kind: str, letters: str) -> str:
    """A patient scope in the version the server speaks; version 1 has no finer letters."""
    version_2 = "permission-v2" in smart.capabilities
    return f"patient/{kind}.{letters if version_2 else 'read'}"


def _coverage_only(api: Api, lease: Lease, smart: SmartConfiguration, member: Person) -> Grant:
    """A grant for coverage only, to read with, shown to read the member's coverage."""
    grant = lease.reading(member, f"launch/patient {scope(smart, 'Coverage', 'rs')}")
    own = api.once(grant).search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(
        own.matches, "a token for coverage reads none", grant.exchange, own.exchange
    )
    return grant


def _still_opens(api: Api, grant: Grant, member: Person, *replies: Reply) -> None:
    """After a refusal that a dead token or server would give too: coverage still opens."""
    for reply in [one for one in replies if one.status == 401 or one.status >= 500][:1]:
        own = api.as_(grant).search("Coverage", beneficiary=member.patient_id)
        inconclusive_unless(
            own.matches, "the token for coverage reads none any more", reply.exchange, own.exchange
        )
