"""Formulary: the searches, includes and reads that the guide demands, and conforming entries.

The guide's own statement and parameter definitions drive the cases; values come from what a search
without criteria showed.
"""

from __future__ import annotations

from payerproof.expect.demands import holding, included, query, reads, searches
from payerproof.expect.linked import keys_of, referred
from payerproof.expect.open_apis import (
    controls,
    expect_links_lead_somewhere,
    expect_nothing_found,
)
from payerproof.expect.profiles import FORMULARY, judged, named
from payerproof.expect.queries import expect_found
from payerproof.expect.sameness import differences
from payerproof.suite import (
    OpenApi,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check("formulary.search/required", needs=("formulary",))
@each("search", searches("drug-formulary", "SHALL"))
def test_required_searches(formulary: OpenApi, search: str) -> None:
    """Each search that the guide demands finds what it must find, and nothing else."""
    # given a search that the declared version demands, with values that were shown
    formulary.must_answer()
    asked = query(formulary, holding(formulary.held, search, "SHALL"), search)
    # when it is sent, and with another value where it would leave nothing out
    pages = formulary.client.all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    others = controls(formulary, asked)
    # then what is known to match comes, and nothing else
    expect_found(asked, pages)
    expect_nothing_found(others)


@check("formulary.includes/what-is-referred-to", needs=("formulary",))
@each("pair", included("drug-formulary", "SHALL"))
def test_includes(formulary: OpenApi, pair: str) -> None:
    """An include brings what the matches refer to."""
    # given an include that the declared version demands, and a reference of its kind
    formulary.must_answer()
    kind, _, include = pair.partition(" ")
    name = include.split(":")[1]
    held = [one for one in formulary.held if (kind, include) in one.includes("SHALL")]
    not_applicable_unless(held, f"The declared version does not speak of {include}.")
    asked = [("_include", one) for k, one in held[0].includes("SHALL") if k == kind]
    # when the type is searched with all of its includes
    reply = formulary.client.search(kind, [*asked, ("_count", "50")])
    inconclusive_unless(reply.matches, f"no {kind} came", reply.exchange)
    wanted = referred(reply, held[0], kind, name, formulary.base)
    not_applicable_unless(wanted, f"No {kind} refers to anything by {name}.")
    missing = wanted - keys_of((*reply.included, *reply.matches))
    # then it comes along
    expect.that(
        not missing,
        f"the {len(wanted)} resources to which {kind} refer by {name}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


@check("formulary.read/as-the-search-shows", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_reading_shows_what_searching_shows(formulary: OpenApi, kind: str) -> None:
    """A resource that a search showed is the same when it is read by its id."""
    # given a resource that a search showed
    formulary.must_answer()
    shown = formulary.known(kind)
    not_applicable_unless(shown, f"The formulary shows no {kind}.")
    # when it is read by its id
    reply = formulary.client.read(kind, str(shown[0].get("id")))
    odd = differences(shown[0], reply.body) if reply.ok else ()
    # then it comes as it was shown
    expect.that(
        reply.status == 200 and reply.body.get("id") == shown[0].get("id") and not odd,
        f"200 with the {kind} that the search showed",
        f"{reply.status}" + (f"; it differs in {', '.join(odd)}" if odd else ""),
        reply.exchange,
    )


@check("formulary.references/resolve", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_references_resolve(formulary: OpenApi, kind: str) -> None:
    """What an entry of the formulary refers to can be read there."""
    # given entries of the formulary
    formulary.must_answer()
    not_applicable_unless(formulary.known(kind), f"The formulary shows no {kind}.")
    # when their references are followed, then each leads to a resource
    expect_links_lead_somewhere(formulary, kind)


@check("formulary.profiles/conform", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_entries_conform(formulary: OpenApi, kind: str) -> None:
    """Entries conform to the profiles of the guide that they name, and name one."""
    # given entries of a type
    formulary.must_answer()
    rows = formulary.known(kind)
    not_applicable_unless(rows, f"The formulary shows no {kind}.")
    # when each is held to the profile that it names
    silent = [row for row in rows if not any(one.startswith(FORMULARY) for one in named(row))]
    found = judged(rows, FORMULARY)
    told = [found.told] if found.errors else []
    told += [f"{len(silent)} of {len(rows)} name no profile of the guide"] if silent else []
    # then none departs from it
    expect.that(
        not told,
        f"{kind} that name a profile of the guide and conform to it",
        "; ".join(told) or found.told,
        *(page.exchange for page in formulary.pages(kind)),
    )
