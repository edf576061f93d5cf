"""Provider directory: the searches, includes and reads that Plan-Net demands.

The guide's own statement and parameter definitions drive the cases; values come from what a search
without criteria showed.
"""

from __future__ import annotations

from payerproof.expect.chains import chains, expect_chained
from payerproof.expect.demands import included, query, reads, searches
from payerproof.expect.linked import keys_of
from payerproof.expect.open_apis import (
    referring,
)
from payerproof.expect.published import (
    expect_included,
    expect_linked,
    expect_readable,
    expect_searchable,
)
from payerproof.expect.queries import expect_found
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
    # when it is sent, then what is known to match comes, and nothing else
    expect_searchable(directory, search)


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


@check("provider-directory.chained-search/forward", needs=("directory",))
@each("reference", chains("plan-net"))
def test_chained_searches(directory: OpenApi, reference: str) -> None:
    """Entries are found by what one of their references leads to."""
    # given a reference that the guide lets be followed, and something told of what it leads to
    # when entries are searched by it, then those come that match, and nothing else
    expect_chained(directory, reference)


@check("provider-directory.chained-search/reverse", needs=("directory",))
@each("reference", chains("plan-net"))
def test_reverse_chained_searches(directory: OpenApi, reference: str) -> None:
    """Entries are found by what is told of those that refer to them."""
    # given the same reference, and something told of the entries that have it
    # when what they refer to is searched by _has, then what matches comes, and nothing else
    expect_chained(directory, reference, reverse=True)


@check("provider-directory.includes/what-is-referred-to", needs=("directory",))
@each("pair", included("plan-net", *GRADED))
def test_includes(directory: OpenApi, pair: str) -> None:
    """An include brings what the matches refer to."""
    # given a reference of its kind
    # when the type is searched with all of its includes, then what it names comes along
    expect_included(directory, pair, *GRADED)


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
    # when it is read by its id, then it comes as it was shown
    expect_readable(directory, kind)


@check("provider-directory.references/resolve", needs=("directory",))
@each("kind", reads("plan-net", "SHALL"))
def test_references_resolve(directory: OpenApi, kind: str) -> None:
    """What an entry of the directory refers to can be read there."""
    # given entries of a type
    # when their references are followed, then each leads to a resource
    expect_linked(directory, kind)
