"""CARIN Blue Button: searches, reads and includes that the declared version demands."""

from __future__ import annotations

from payerproof.expect.demands import holding, included, query, reads, searches
from payerproof.expect.linked import expect_resolved, keys_of, referred
from payerproof.expect.queries import expect_found
from payerproof.expect.sameness import differences
from payerproof.fhir.rows import together
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

CLAIMS = "ExplanationOfBenefit"
DATED = ("service-date", "service-start-date", "billable-period-start", "_lastUpdated")
OTHERS = [one for one in searches("carin-bb", "SHALL", "SHOULD") if not one.startswith(CLAIMS)]


@check("carin-bb.search/other-types", needs=("member",))
@each("search", OTHERS)
def test_searches_of_what_claims_refer_to(
    api: Api, member: Person, declared: Declared, search: str
) -> None:
    """Coverage, patient, providers and related persons are found as the guide says."""
    # given a search that the declared version speaks of, with values of the record
    asked = query(member, holding(declared.carin_bb, search, "SHALL", "SHOULD"), search)
    # when it is sent
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what is known to match comes, and all that comes matches
    expect_found(asked, pages)


@check("carin-bb.search/comparators", needs=("member",))
@each("name", DATED)
@each("comparator", ("gt", "ge+time", "lt+time", "le"))
def test_claims_by_compared_dates(
    api: Api, member: Person, declared: Declared, name: str, comparator: str
) -> None:
    """gt, ge, lt and le bring the claims on the right side of a date."""
    # given a date of a claim, compared
    search = f"{CLAIMS}:{name}"
    held = holding(declared.carin_bb, search, "SHALL")
    asked = query(member, held, search, prefixes={name: comparator})
    # when claims are searched by it
    pages = api.once(member).all_pages(CLAIMS, [*asked.pairs, ("_count", "100")])
    # then what lies on the right side comes, and nothing of the other
    expect_found(asked, pages)


@check("carin-bb.search/code-alone", needs=("member",))
@each("name", ("identifier", "type"))
def test_claims_by_codes_without_their_system(
    api: Api, member: Person, declared: Declared, name: str
) -> None:
    """A type or identifier without its system finds what it finds with it."""
    search = f"{CLAIMS}:{name}"
    asked = query(member, holding(declared.carin_bb, search, "SHALL"), search, bare=True)
    pages = api.once(member).all_pages(CLAIMS, [*asked.pairs, ("_count", "100")])
    expect_found(asked, pages)


@check("carin-bb.read/as-the-search-shows", needs=("member",))
@each("kind", reads("carin-bb", "SHALL", "SHOULD"))
def test_reading_shows_what_searching_shows(api: Api, member: Person, kind: str) -> None:
    """A claim or what it refers to is the same when it is read by its id."""
    # given a resource that the member's token has shown
    shown = member.known(kind)
    not_applicable_unless(shown, f"{member}'s token has shown no {kind}.")
    # when it is read by its id
    reply = api.once(member).read(kind, str(shown[0].get("id")))
    # then it comes, with the same content
    odd = differences(shown[0], reply.body) if reply.ok else ()
    expect.that(
        reply.status == 200 and reply.body.get("id") == shown[0].get("id") and not odd,
        f"200 with the {kind} that the search showed",
        f"{reply.status}" + (f", and it differs in {', '.join(odd)}" if odd else ""),
        reply.exchange,
    )


@check("carin-bb.read/references", needs=("member",))
@each("kind", (CLAIMS, "Coverage"))
def test_references_of_claims_resolve(api: Api, member: Person, kind: str) -> None:
    """What claims and coverage refer to on this server can be read there."""
    # given claims or coverage that refer to others
    rows = member.record.of(kind)
    # when they are followed, then each leads to a resource
    expect_resolved(rows, member.around, api.base, kind, str(member))


@check("carin-bb.includes/what-is-referred-to", needs=("member",))
@each("pair", included("carin-bb", "SHALL", "SHOULD", ""))
def test_includes_bring_what_is_referred_to(
    api: Api, member: Person, declared: Declared, pair: str
) -> None:
    """An include brings each resource that claims or coverage refer to and that can be read."""
    # given an include that the declared version lists
    kind, _, include = pair.partition(" ")
    held = next(
        (d for d in declared.carin_bb if (kind, include) in d.includes("SHALL", "SHOULD", "")), None
    )
    not_applicable_unless(held, f"The declared version does not list {include}.")
    assert held
    not_applicable_unless(member.record.of(kind), f"{member}'s record holds no {kind}.")
    # when claims or coverage are searched with it
    query_pairs = [("patient", member.patient_id), ("_include", include), ("_count", "100")]
    reply = api.once(member).search(kind, query_pairs)
    inconclusive_unless(reply.matches, f"{member} sees no {kind} this way", reply.exchange)
    names = ALL if include.endswith(":*") else (include.split(":")[1],)
    wanted = {
        one
        for name in names
        for one in referred(reply, held, kind, name, api.base)
        if one in _readable(member, one.partition("/")[0])
    }
    not_applicable_unless(wanted, f"No {kind} of {member} refers to anything by {include}.")
    # then what they refer to comes along
    missing = wanted - keys_of((*reply.included, *reply.matches))
    expect.that(
        not missing,
        f"the {len(wanted)} resources to which {kind} refer by {', '.join(names)}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


ALL = ("patient", "provider", "care-team", "coverage", "insurer")
"""What ``*`` brings at the least (Search Parameters)."""


def _readable(member: Person, kind: str) -> frozenset[str]:
    return keys_of(together(member.known(kind), member.around.of(kind)))
