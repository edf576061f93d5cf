"""Provider directory: the searches, includes and reads that Plan-Net demands.

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
    referring,
)
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

GRADED = ("SHALL", "")
"""Plan-Net lists its includes without grading them; its text demands them."""
BACK = included("plan-net", *GRADED, reverse=True)
COMBINED = ("PractitionerRole:location+specialty", "HealthcareService:location+service-category")


@check("provider-directory.search/required", needs=("directory",))
@each("search", searches("plan-net", "SHALL"))
def test_required_searches(directory: OpenApi, search: str) -> None:
    """Each search that Plan-Net demands finds what it must find, and nothing else."""
    # given a search that the declared version demands, with values that were shown
    directory.must_answer()
    asked = query(directory, holding(directory.held, search, "SHALL"), search)
    # when it is sent, and with another value where it would leave nothing out
    pages = directory.client.all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    others = controls(directory, asked)
    # then what is known to match comes, and nothing else
    expect_found(asked, pages)
    expect_nothing_found(others)


@check("provider-directory.search/combined", needs=("directory",))
@each("search", COMBINED)
def test_searches_by_two_things(directory: OpenApi, search: str) -> None:
    """Somebody who looks for a kind of doctor in a place finds those alone."""
    # given two values that one entry has
    directory.must_answer()
    asked = query(directory, directory.held[0], search)
    # when both are asked for at once
    pages = directory.client.all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what has both comes, and nothing else
    expect_found(asked, pages)


@check("provider-directory.includes/what-is-referred-to", needs=("directory",))
@each("pair", included("plan-net", *GRADED))
def test_includes(directory: OpenApi, pair: str) -> None:
    """An include brings what the matches refer to."""
    # given an include that the declared version speaks of, and a reference of its kind
    directory.must_answer()
    kind, _, include = pair.partition(" ")
    name = include.split(":")[1]
    held = [one for one in directory.held if (kind, include) in one.includes(*GRADED)]
    not_applicable_unless(held, f"The declared version does not speak of {include}.")
    asked = [("_include", one) for k, one in held[0].includes(*GRADED) if k == kind]
    # when the type is searched with all of its includes
    reply = directory.client.search(kind, [*asked, ("_count", "50")])
    inconclusive_unless(reply.matches, f"no {kind} came", reply.exchange)
    wanted = referred(reply, held[0], kind, name, directory.base)
    not_applicable_unless(wanted, f"No {kind} refers to anything by {name}.")
    missing = wanted - keys_of((*reply.included, *reply.matches))
    # then it comes along
    expect.that(
        not missing,
        f"the {len(wanted)} resources to which {kind} refer by {name}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


@check("provider-directory.includes/what-refers-to-it", needs=("directory",))
@each("pair", BACK)
def test_reverse_includes(directory: OpenApi, pair: str) -> None:
    """A reverse include brings what refers to the matches."""
    # given a reverse include that the declared version speaks of
    directory.must_answer()
    kind, _, include = pair.partition(" ")
    source, name = include.split(":")[:2]
    held = [one for one in directory.held if (kind, include) in one.includes(*GRADED, reverse=True)]
    not_applicable_unless(held, f"The declared version does not speak of {include}.")
    asked = [
        ("_revinclude", one) for k, one in held[0].includes(*GRADED, reverse=True) if k == kind
    ]
    # when the type is searched with all of its reverse includes
    reply = directory.client.search(kind, [*asked, ("_count", "50")])
    inconclusive_unless(reply.matches, f"no {kind} came", reply.exchange)
    known = keys_of(reply.matches)
    parameter = held[0].parameter(source, name)
    wanted = referring(directory, source, parameter, known)
    not_applicable_unless(wanted, f"No {source} is known to refer to a {kind} by {name}.")
    missing = wanted - keys_of(reply.included)
    # then it comes along
    expect.that(
        not missing,
        f"the {len(wanted)} {source} that refer to the {kind} by {name}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


@check("provider-directory.read/as-the-search-shows", needs=("directory",))
@each("kind", reads("plan-net", "SHALL"))
def test_reading_shows_what_searching_shows(directory: OpenApi, kind: str) -> None:
    """A resource that a search showed is the same when it is read by its id."""
    # given a resource that a search showed
    directory.must_answer()
    shown = directory.known(kind)
    not_applicable_unless(shown, f"The directory shows no {kind}.")
    # when it is read by its id
    reply = directory.client.read(kind, str(shown[0].get("id")))
    odd = differences(shown[0], reply.body) if reply.ok else ()
    # then it comes as it was shown
    expect.that(
        reply.status == 200 and reply.body.get("id") == shown[0].get("id") and not odd,
        f"200 with the {kind} that the search showed",
        f"{reply.status}" + (f"; it differs in {', '.join(odd)}" if odd else ""),
        reply.exchange,
    )


@check("provider-directory.references/resolve", needs=("directory",))
@each("kind", reads("plan-net", "SHALL"))
def test_references_resolve(directory: OpenApi, kind: str) -> None:
    """What an entry of the directory refers to can be read there."""
    # given entries of the directory
    directory.must_answer()
    not_applicable_unless(directory.known(kind), f"The directory shows no {kind}.")
    # when their references are followed, then each leads to a resource
    expect_links_lead_somewhere(directory, kind)
