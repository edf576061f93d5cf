"""US Core: Provenance by _revinclude, and what is referred to by _include."""

from __future__ import annotations

from payerproof.expect.demands import included
from payerproof.expect.linked import keys_of, referred
from payerproof.fhir.reply import Reply
from payerproof.fhir.rows import together
from payerproof.fhir.surroundings import local, references_in
from payerproof.suite import (
    Api,
    Declared,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

LEVELS = ("SHALL", "")
"""US Core 3.1.1 lists the includes without grading them."""


@check("us-core.provenance/of-what-is-found", needs=("member",))
@each("pair", included("us-core", *LEVELS, reverse=True))
def test_provenance_of_what_is_found(
    api: Api, member: Person, declared: Declared, pair: str
) -> None:
    """_revinclude=Provenance:target is applied, and brings Provenance of the matches alone."""
    # given a type of which the declared version demands it, and resources of it
    kind, _, include = pair.partition(" ")
    reply = _with_provenance(api, member, declared, kind, include)
    inconclusive_unless(reply.matches, f"{member} sees no {kind} this way", reply.exchange)
    # when what came along is looked at
    known = keys_of(reply.matches)
    others = [r for r in (*reply.matches, *reply.included) if r.get("resourceType") != kind]
    came = [row for row in others if row.get("resourceType") == "Provenance"]
    foreign = [
        row
        for row in came
        if not {local(ref, api.base) for path, ref in references_in(row) if path == "target"}
        & known
    ]
    applied = "_revinclude" in reply.link("self") or came
    matched = [row for row in reply.matches if row.get("resourceType") != kind]
    # then it is about the matches, marked as included, and an app can tell that it was asked for
    told = [] if applied else ["_revinclude was left out of the self link, and nothing came"]
    told += [f"{len(foreign)} Provenance about something else"] if foreign else []
    told += [f"{len(matched)} marked as matches"] if matched else []
    expect.that(
        not told,
        f"Provenance of the {kind} that were found, as included entries",
        "; ".join(told) or f"{len(came)} Provenance of {len(known)} {kind}",
        reply.exchange,
    )


@check("us-core.provenance-kept/any", needs=("member",))
def test_some_provenance_is_kept(api: Api, member: Person, declared: Declared) -> None:
    """Something of the record has a Provenance."""
    # given the searches of the record that ask for Provenance
    pairs = dict.fromkeys(
        pair for held in declared.us_core for pair in held.includes(*LEVELS, reverse=True)
    )
    replies = [
        _with_provenance(api, member, declared, kind, include)
        for kind, include in pairs
        if member.record.of(kind)
    ]
    inconclusive_unless(
        any(reply.matches for reply in replies), f"{member} sees no clinical record"
    )
    # when Provenance is looked for among what came
    rows = [row for reply in replies for row in (*reply.included, *reply.matches)]
    found = [row for row in rows if row.get("resourceType") == "Provenance"]
    # then there is some
    expect.that(
        bool(found),
        "Provenance of something in the record",
        f"{len(found)} Provenance with {len(replies)} types",
        *(reply.exchange for reply in replies),
    )


@check("us-core.includes/what-is-referred-to", needs=("member",))
@each("pair", included("us-core", "SHOULD", *LEVELS))
def test_includes_bring_what_is_referred_to(
    api: Api, member: Person, declared: Declared, pair: str
) -> None:
    """An include brings each resource that the matches refer to and that can be read."""
    # given an include that the declared version speaks of, and a reference that can be followed
    kind, _, include = pair.partition(" ")
    name = include.split(":")[1]
    held = next(
        (d for d in declared.us_core if (kind, include) in d.includes("SHOULD", *LEVELS)), None
    )
    not_applicable_unless(held, f"The declared version does not speak of {include}.")
    assert held
    rows = member.known(kind)
    not_applicable_unless(rows, f"{member}'s token has shown no {kind}.")
    # when the type is searched with it
    query = (
        [("patient", member.patient_id)]
        if member.record.of(kind)
        else [("_id", str(rows[0]["id"]))]
    )
    reply = api.once(member).search(kind, [*query, ("_include", include), ("_count", "100")])
    inconclusive_unless(reply.matches, f"{member} sees no {kind} this way", reply.exchange)
    target = include.partition(":")[2].partition(":")[2]
    wanted = {
        one
        for one in referred(reply, held, kind, name, api.base)
        if one.startswith(target + "/" if target else "") and _readable(member, one)
    }
    not_applicable_unless(wanted, f"No {kind} of {member} refers to anything by {include}.")
    # then what it refers to comes along
    missing = wanted - keys_of((*reply.included, *reply.matches))
    expect.that(
        not missing,
        f"the {len(wanted)} resources to which {kind} refer by {name}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


def _with_provenance(
    api: Api, member: Person, declared: Declared, kind: str, include: str
) -> Reply:
    binding = [d for d in declared.us_core if (kind, include) in d.includes(*LEVELS, reverse=True)]
    not_applicable_unless(binding, f"The declared version does not demand it of {kind}.")
    not_applicable_unless(member.record.of(kind), f"{member}'s record holds no {kind}.")
    name = "_id" if kind == "Patient" else "patient"
    return api.once(member).search(
        kind, [(name, member.patient_id), ("_revinclude", include), ("_count", "100")]
    )


def _readable(member: Person, target: str) -> bool:
    kind = target.partition("/")[0]
    return target in keys_of(together(member.known(kind), member.around.of(kind)))
