"""Writes: a member's token changes nothing, neither one's own record nor anybody else's."""

from __future__ import annotations

from payerproof.suite import Api, Person, Reply, check, expect, inconclusive_unless

CLAIMS = "ExplanationOfBenefit"


@check("isolation.no-member-writes/create", needs=("member", "writes"), prod="gated")
def test_nothing_is_created(api: Api, member: Person) -> None:
    """A member's token creates nothing."""
    # given a member whose token reads
    member.must_have("Patient")
    client = api.as_(member)
    about = {"reference": f"Patient/{member.patient_id}"}
    offered = (
        {"resourceType": "Observation", "status": "final", "subject": about, "code": {"text": "x"}},
        {"resourceType": "Condition", "subject": about, "code": {"text": "x"}},
        {
            "resourceType": "Consent",
            "status": "proposed",
            "patient": about,
            "scope": {"text": "x"},
            "category": [{"text": "x"}],
        },
    )
    # when new resources are posted
    replies = [client.send("POST", str(body["resourceType"]), json=body) for body in offered]
    # then none is taken
    api.still_opens(member, *replies)
    _expect_not_taken(*replies)


@check("isolation.no-member-writes/change", needs=("member", "writes"), prod="gated")
def test_own_record_is_not_changed(api: Api, member: Person) -> None:
    """PUT, PATCH, DELETE and method override change nothing of one's own record."""
    # given a coverage of one's own, as it stands
    member.must_have("Coverage")
    ident = member.record.ids("Coverage")[0]
    path = f"Coverage/{ident}"
    client = api.as_(member)
    before = api.once(member).get(path)
    inconclusive_unless(before.ok, f"{member}'s own coverage cannot be read", before.exchange)
    # when it is written to in every way, with what it already says
    same = dict(before.body)
    patch = [{"op": "test", "path": "/id", "value": ident}]
    replies = [
        client.send("PUT", path, json=same),
        client.send(
            "PATCH", path, json=patch, headers={"Content-Type": "application/json-patch+json"}
        ),
        client.send("POST", path, json=same, headers={"X-HTTP-Method-Override": "PUT"}),
    ]
    after = client.get(path)
    # then no write is taken and the resource stands as it was
    _expect_not_taken(*replies)
    expect.that(
        _version(after) == _version(before) and after.ok,
        "the same version as before",
        "it is" if _version(after) == _version(before) else "the version changed",
        before.exchange,
        after.exchange,
    )


@check("isolation.no-member-writes/foreign-change", needs=("unrelated_pair", "writes"), prod="no")
def test_foreign_record_is_not_changed(api: Api, member: Person, stranger: Person) -> None:
    """PUT, PATCH and DELETE on another member's resource change nothing."""
    # given a coverage of another member, as it stands
    stranger.must_have("Coverage")
    path = f"Coverage/{stranger.record.ids('Coverage')[0]}"
    before = api.as_(stranger).get(path)
    inconclusive_unless(before.ok, f"{stranger}'s own coverage cannot be read", before.exchange)
    # when this member's token writes to it in every way
    client = api.as_(member)
    replies = [
        client.send("PUT", path, json=dict(before.body)),
        client.send(
            "PATCH",
            path,
            json=[{"op": "test", "path": "/resourceType", "value": "Coverage"}],
            headers={"Content-Type": "application/json-patch+json"},
        ),
        client.send("DELETE", path),
        client.send("POST", path, headers={"X-HTTP-Method-Override": "DELETE"}),
    ]
    after = api.as_(stranger).get(path)
    # then no write is taken, nothing is told, and the resource stands as it was
    _expect_not_taken(*replies)
    expect(*replies).discloses_nothing_about(stranger)
    expect.that(
        after.ok and _version(after) == _version(before),
        "the same version as before",
        f"{after.status} ({{x:{after.exchange}}})",
        before.exchange,
        after.exchange,
    )


def _expect_not_taken(*replies: Reply) -> None:
    taken = [reply for reply in replies if reply.ok]
    expect.that(
        not taken,
        "every write refused",
        "; ".join(f"{reply.status} ({{x:{reply.exchange}}})" for reply in taken or replies),
        *(reply.exchange for reply in taken or replies),
    )


def _version(reply: Reply) -> tuple[str, str]:
    meta = reply.body.get("meta") or {}
    return str(meta.get("versionId") or ""), str(meta.get("lastUpdated") or "")
