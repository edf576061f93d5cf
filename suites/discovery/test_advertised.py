"""What the CapabilityStatement advertises works, and what the payer serves is advertised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.advertised import (
    WRITES,
    interactions,
    is_writing,
    references,
    resources_of,
    try_searches,
)
from payerproof.expect.claims import CLAIMS
from payerproof.fhir.compartment import members_of
from payerproof.fhir.record import CLAIMS_AND_CLINICAL, record_replies
from payerproof.smart.scopes import opens
from payerproof.suite import (
    Api,
    Person,
    Reply,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

ASKED_FOR = ("Patient", "Coverage", CLAIMS)
VERSIONS = {"vread": "_history/{version}", "history-instance": "_history"}
"""Interaction → the address below a resource by which it is tried."""


@check("standards.capability-statement/advertised-reads-work", needs=("member",))
def test_advertised_reads_work(api: Api, member: Person, capability: Mapping[str, Any]) -> None:
    """Each type advertised with read serves a resource of the record by id."""
    # given the types that are advertised with read and that the member has
    types = [
        kind
        for kind, resource in _listed(capability).items()
        if kind in member.record.types and "read" in interactions(resource)
    ]
    inconclusive_unless(types, f"{member} has nothing of the types advertised")
    # when one resource of each is read
    client = api.once(member)
    replies = {kind: client.read(kind, member.record.ids(kind)[0]) for kind in types}
    failing = [kind for kind, r in replies.items() if r.resource_type != kind]
    # then each comes
    expect.that(
        not failing,
        "every advertised read works",
        f"not served: {', '.join(failing)}" if failing else f"{len(types)} types are served",
        *(replies[kind].exchange for kind in failing or types),
    )


@check("standards.capability-statement/advertised-searches-work", needs=("member",))
@each("kind", (CLAIMS, "Coverage"))
def test_advertised_searches_work(
    api: Api, member: Person, capability: Mapping[str, Any], kind: str
) -> None:
    """Each search parameter advertised for claims and coverage is used, and finds what it must."""
    # given the parameters advertised for a type that the member has
    member.must_have(kind)
    told = _listed(capability).get(kind) or {}
    inconclusive_unless(told.get("searchParam"), f"no search parameters of {kind} are advertised")
    # when each is used with a value of the record, or a made-up one where there is none
    tried = try_searches(api.once(member), kind, told, member.record)
    # then the resource with that value is found, and none is passed over
    expect.that(
        not tried.failing,
        "each parameter advertised used, and what has its value found",
        f"not so: {', '.join(tried.failing)}"
        if tried.failing
        else f"so with {tried.count} parameters",
        *(reply.exchange for reply in tried.replies),
    )


@check("standards.capability-statement/id-finds-itself", needs=("unrelated_pair",))
def test_search_by_id_is_evaluated(api: Api, member: Person, stranger: Person) -> None:
    """A search by _id finds that id or nothing, never another row."""
    # given the id of a Patient that is not one's own
    member.must_have("Patient")
    reply = api.once(member).search("Patient", _id=stranger.patient_id)
    # when it is searched for
    other = [row for row in reply.matches if row.get("id") != stranger.patient_id]
    # then no other row comes for it
    expect.that(
        not other,
        "no row of another id",
        f"{len(other)} rows of another id ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("standards.capability-statement/advertised-types-served", needs=("member",))
def test_advertised_types_are_served(
    api: Api, member: Person, capability: Mapping[str, Any]
) -> None:
    """Each type advertised with search is answered with a Bundle, and shows own rows only."""
    # given the types that are advertised with search, granted, and no part of the record
    granted = api.grant_of(member).scopes
    types = [
        kind
        for kind, resource in _listed(capability).items()
        if "search-type" in interactions(resource)
        and kind not in CLAIMS_AND_CLINICAL
        and opens(granted, kind, "s")
    ]
    not_applicable_unless(types, "No type besides those of the record is advertised with search.")
    # when each is searched
    client = api.once(member)
    replies = {kind: client.search(kind, _count="200") for kind in types}
    # then a Bundle comes; that more criteria are asked for is said by a 400
    failing = [
        kind
        for kind, r in replies.items()
        if not (r.is_bundle or (r.status == 400 and r.resource_type == "OperationOutcome"))
    ]
    expect.that(
        not failing,
        "a Bundle for each type advertised, or a word on what must be named",
        f"not so: {', '.join(failing)}" if failing else f"so for {', '.join(types)}",
        *(replies[kind].exchange for kind in failing or types),
    )
    expect(*replies.values()).concerns_only(member)


@check("standards.capability-statement/claims-listed")
@each("kind", ASKED_FOR)
def test_the_apis_own_types_are_listed(capability: Mapping[str, Any], kind: str) -> None:
    """Claims, Coverage and Patient are listed with read and search."""
    listed = _listed(capability)
    codes = interactions(listed.get(kind) or {})
    expect.that(
        {"read", "search-type"} <= codes,
        f"{kind} with read and search-type",
        f"{kind} with {', '.join(sorted(codes)) or 'nothing'}"
        if kind in listed
        else f"{len(listed)} types, {kind} not among them",
    )


@check("standards.capability-statement/advertised-formats", needs=("member",))
def test_advertised_formats_are_spoken(
    api: Api, member: Person, capability: Mapping[str, Any]
) -> None:
    """Each format advertised is spoken to a member's app."""
    # given the formats that the statement lists
    formats = [str(one) for one in capability.get("format") or []]
    inconclusive_unless(formats and member.record.of("Patient"), "no format is advertised")
    types = [one if "/" in one else f"application/fhir+{one}" for one in formats]
    # when the member's own Patient is asked for in each
    client, path = api.once(member), f"Patient/{member.patient_id}"
    replies = {kind: _in_format(client.get, path, kind) for kind in dict.fromkeys(types)}
    failing = [kind for kind, reply in replies.items() if not reply.ok]
    # then each is served
    expect.that(
        not failing,
        "the Patient in each format advertised",
        ", ".join(f"{kind}: {replies[kind].status}" for kind in failing or replies),
        *(reply.exchange for reply in replies.values()),
    )


@check("standards.capability-statement/advertised-versions-work", needs=("member",))
def test_advertised_versions_and_history_work(
    api: Api, member: Person, capability: Mapping[str, Any]
) -> None:
    """Version read and history of the Patient work where they are advertised."""
    # given the interactions with versions that the Patient is advertised with
    member.must_have("Patient")
    offered = [i for i in VERSIONS if i in interactions(_listed(capability).get("Patient") or {})]
    not_applicable_unless(offered, "Neither version read nor history of Patient is advertised.")
    own = member.record.of("Patient")[0]
    version = str((own.get("meta") or {}).get("versionId") or "1")
    # when each is used on the member's own
    client = api.once(member)
    replies = {
        name: client.get(f"Patient/{own.get('id')}/{VERSIONS[name].format(version=version)}")
        for name in offered
    }
    failing = [name for name, reply in replies.items() if not reply.ok]
    # then it is answered
    expect.that(
        not failing,
        f"{', '.join(offered)} of the member's own Patient",
        ", ".join(f"{name}: {reply.status}" for name, reply in replies.items()),
        *(reply.exchange for reply in replies.values()),
    )


@check("standards.capability-statement/no-writes-advertised")
def test_writes_are_advertised_with_a_scope_only(
    capability: Mapping[str, Any], smart: SmartConfiguration
) -> None:
    """Create, update, patch and delete are advertised only where a scope for them is."""
    # given the types with writes, and the scopes that would allow any
    listed = _listed(capability)
    writable = sorted(kind for kind, told in listed.items() if interactions(told) & WRITES)
    scopes = [name for name in smart.listed("scopes_supported") if is_writing(name)]
    # then no write is advertised that nobody can be granted
    expect.that(
        not writable or scopes,
        "no write without a scope that allows it",
        f"writes of {', '.join(writable[:5])}, and {len(scopes)} scopes for writing"
        if writable
        else f"none among {len(listed)} types",
        smart.exchange,
    )


@check("standards.capability-statement/references-resolve", needs=("member",))
def test_references_can_be_read(api: Api, member: Person, capability: Mapping[str, Any]) -> None:
    """What the record refers to can be read, where its type is advertised with read."""
    # given one reference of each type that leads out of the record
    listed, granted = _listed(capability), api.grant_of(member).scopes
    referred = {
        kind: ident
        for kind, ident in references(member.record).items()
        if "read" in interactions(listed.get(kind) or {}) and opens(granted, kind, "r")
    }
    not_applicable_unless(referred, f"{member}'s record refers to nothing beyond itself.")
    # when each is read
    client = api.once(member)
    replies = {kind: client.read(kind, ident) for kind, ident in referred.items()}
    failing = [kind for kind, reply in replies.items() if reply.resource_type != kind]
    # then it is there, and about nobody else
    expect.that(
        not failing,
        f"each of {', '.join(referred)}",
        f"not there: {', '.join(failing)}" if failing else "each is there",
        *(reply.exchange for reply in replies.values()),
    )
    about = [r for r in replies.values() if members_of(r.body) - {member.patient_id}]
    expect.that(not about, "nothing about another member", f"{len(about)} are about another")


@check("standards.fhir-r4/media-type", needs=("member",))
def test_answers_are_fhir_json(api: Api, member: Person) -> None:
    """Reads and searches are answered as application/fhir+json."""
    # given the good answers that brought the record
    replies = record_replies(api.once(member), member, member.record.exchanges)
    good = [reply for reply in replies if reply.ok and reply.body]
    inconclusive_unless(good, f"{member}'s record could not be read")
    # when their media types are looked at
    odd: list[Reply] = [r for r in good if r.answer.content_type != "application/fhir+json"]
    # then each is FHIR's own
    expect.that(
        not odd,
        "application/fhir+json",
        f"{odd[0].answer.content_type or 'no type'} in {len(odd)} of {len(good)} answers"
        if odd
        else f"so in {len(good)} answers",
        *[reply.exchange for reply in odd or good][:8],
    )


def _in_format(get: Any, path: str, kind: str) -> Reply:
    reply: Reply = get(path, accept=kind)
    return reply


def _listed(capability: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = resources_of(capability)
    inconclusive_unless(listed, "the CapabilityStatement could not be read")
    return listed
