"""Formulary: the searches, includes and reads that the guide demands, and conforming entries.

The guide's own statement and parameter definitions drive the cases; values come from what a search
without criteria showed.
"""

from __future__ import annotations

from payerproof.expect.advertised import lists_search
from payerproof.expect.demands import included, reads, searches
from payerproof.expect.profiles import FORMULARY
from payerproof.expect.published import (
    expect_conforming,
    expect_included,
    expect_linked,
    expect_readable,
    expect_searchable,
)
from payerproof.suite import (
    OpenApi,
    check,
    each,
    not_applicable_unless,
)


@check("formulary.search/required", needs=("formulary",))
@each("search", searches("drug-formulary", "SHALL"))
def test_required_searches(formulary: OpenApi, search: str) -> None:
    """Each search that the guide demands finds what it must find, and nothing else."""
    # given a search that the declared version demands, with values that were shown
    # when it is sent, then what is known to match comes, and nothing else
    expect_searchable(formulary, search)


@check("formulary.search/recommended", needs=("formulary",))
@each("search", searches("drug-formulary", "SHOULD"))
def test_recommended_searches(formulary: OpenApi, search: str) -> None:
    """Each search that the guide recommends and the statement lists finds what it must find."""
    # given a search that the declared version recommends and the payer lists
    listed = lists_search(formulary.statement.body, search)
    not_applicable_unless(listed, f"The formulary's statement does not list {search}.")
    # when it is sent, then what is known to match comes, and nothing else
    expect_searchable(formulary, search, "SHOULD")


@check("formulary.includes/what-is-referred-to", needs=("formulary",))
@each("pair", included("drug-formulary", "SHALL"))
def test_includes(formulary: OpenApi, pair: str) -> None:
    """An include brings what the matches refer to."""
    # given a reference of its kind
    # when the type is searched with all of its includes, then what it names comes along
    expect_included(formulary, pair, "SHALL")


@check("formulary.read/as-the-search-shows", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_reading_shows_what_searching_shows(formulary: OpenApi, kind: str) -> None:
    """A resource that a search showed is the same when it is read by its id."""
    # given a resource that a search showed
    # when it is read by its id, then it comes as it was shown
    expect_readable(formulary, kind)


@check("formulary.references/resolve", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_references_resolve(formulary: OpenApi, kind: str) -> None:
    """What an entry of the formulary refers to can be read there."""
    # given entries of a type
    # when their references are followed, then each leads to a resource
    expect_linked(formulary, kind)


@check("formulary.profiles/conform", needs=("formulary",))
@each("kind", reads("drug-formulary", "SHALL"))
def test_entries_conform(formulary: OpenApi, kind: str) -> None:
    """Entries conform to the profiles of the guide that they name, and name one."""
    # given entries of a type
    # when each is held to the profile that it names, then none departs from it
    expect_conforming(formulary, kind, FORMULARY, "the guide")
