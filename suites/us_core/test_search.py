"""US Core: every search that the declared version demands finds what it must, and nothing else.

The guides' own statements and parameter definitions drive the cases; values come from the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.advertised import lists_for_any_type, lists_search
from payerproof.expect.demands import (
    by_patient,
    coded,
    compared,
    dates_of,
    each_parameter,
    holding,
    midmost,
    narrowest,
    query,
    repeatable,
    searches,
    several,
    updated,
)
from payerproof.expect.queries import elsewhere, expect_found, with_another, within, without_match
from payerproof.expect.repeated import expect_both, given_twice
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

COMPARED = ("gt", "ge+time", "lt+time", "le")
"""Two comparators to the day and two to the second, so that each precision meets both sides."""


@check("us-core.search/required", needs=("member",))
@each("search", searches("us-core", "SHALL"))
def test_required_searches(api: Api, member: Person, declared: Declared, search: str) -> None:
    """Each search that US Core demands finds what it must find, and nothing else."""
    # given a search that the declared version demands, with values of the record
    asked = query(member, holding(declared.us_core, search, "SHALL"), search)
    # when it is sent
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what is known to match comes, and all that comes matches
    expect_found(asked, pages)


@check("us-core.search/every-parameter-counts", needs=("member",))
@each("search", each_parameter("us-core", "SHALL"))
def test_every_parameter_counts(api: Api, member: Person, declared: Declared, search: str) -> None:
    """A search that finds something finds nothing once one value is changed to nobody's."""
    # given a search that finds something
    plain, _, name = search.rpartition(":")
    asked = query(member, holding(declared.us_core, plain, "SHALL"), plain)
    found = api.once(member).search(asked.kind, [*asked.pairs, ("_count", "100")])
    inconclusive_unless(found.matches, "the search finds nothing as it is", found.exchange)
    # when the value of one parameter is changed to one that nothing has
    reply = api.once(member).search(asked.kind, without_match(asked, name))
    # then nothing comes
    expect.that(
        not reply.matches,
        f"no {asked.kind} by a {name} that none has",
        f"{len(reply.matches)} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("us-core.search-recommended/listed", needs=("member",))
@each("search", searches("us-core", "SHOULD"))
def test_recommended_searches(
    api: Api, member: Person, declared: Declared, capability: Mapping[str, Any], search: str
) -> None:
    """Each recommended search that the payer's statement lists finds what it must find."""
    # given a search that the version recommends and the payer's statement lists, by codes alone
    duties = holding(declared.us_core, search, "SHOULD")
    not_applicable_unless(
        lists_search(capability, search), f"The CapabilityStatement does not list {search}."
    )
    asked = query(member, duties, search, bare=True)
    # when it is sent
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what is known to match comes, and all that comes matches
    expect_found(asked, pages)


@check("us-core.search-dates/comparators", needs=("member",))
@each("search", compared("us-core", "SHALL"))
@each("comparator", COMPARED)
def test_date_comparators(
    api: Api, member: Person, declared: Declared, search: str, comparator: str
) -> None:
    """gt, ge, lt and le bring the right side of a date, asked to the day or to the second."""
    # given a date of the record, compared
    duties = holding(declared.us_core, search, "SHALL")
    asked = query(
        member, duties, search, prefixes=dict.fromkeys(dates_of(duties, search), comparator)
    )
    # when it is sent
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what lies on the right side comes, and nothing of the other
    expect_found(asked, pages)


@check("us-core.search-ranges/one-day", needs=("member",))
@each("search", compared("us-core", "SHALL"))
def test_ranges_of_dates(api: Api, member: Person, declared: Declared, search: str) -> None:
    """ge and le of one day together bring what lies on that day."""
    # given a day of the record before and after which there is more
    duties = holding(declared.us_core, search, "SHALL")
    opened = midmost(member, duties, search)
    asked = within(opened, member.known(opened.kind))
    not_applicable_unless(asked, f"No {opened.kind} of {member} has a date of one day.")
    assert asked
    # when the day is asked for by its beginning and its end
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what lies on it comes, and nothing earlier or later
    expect_found(asked, pages)


@check("us-core.search-last-updated/each-type", needs=("member",))
@each("kind", by_patient("us-core"))
def test_what_changed_is_found(
    api: Api, member: Person, declared: Declared, capability: Mapping[str, Any], kind: str
) -> None:
    """_lastUpdated, where it is listed, brings what changed before or after a moment."""
    # given a type whose changes can be asked for, and a change of the record
    listed = lists_search(capability, f"{kind}:_lastUpdated")
    not_applicable_unless(
        listed or lists_for_any_type(capability, "_lastUpdated"),
        f"The CapabilityStatement does not list _lastUpdated for {kind}.",
    )
    # (each type by another comparator: one request of each tells them all apart)
    comparator = COMPARED[by_patient("us-core").index(kind) % len(COMPARED)]
    asked = updated(member, declared.us_core[0], kind, comparator)
    # when what changed before or after it is asked for
    pages = api.once(member).all_pages(kind, [*asked.pairs, ("_count", "100")])
    # then what lies on the right side comes, and nothing of the other
    expect_found(asked, pages)


@check("us-core.search-repeated/both-values", needs=("member",))
@each("search", repeatable("us-core"))
def test_parameters_given_twice(api: Api, member: Person, declared: Declared, search: str) -> None:
    """A parameter given twice brings what fits both values, or the answer tells that one counts."""
    # given a search that finds something, and another value of its parameter
    name = search.partition("+")[2]
    asked = query(member, holding(declared.us_core, search, "SHALL"), search)
    found = api.once(member).search(asked.kind, [*asked.pairs, ("_count", "100")])
    inconclusive_unless(found.matches, "the search finds nothing as it is", found.exchange)
    both = given_twice(asked, name, member.known(asked.kind))
    # when both values are given, each in a parameter of its own
    pages = api.once(member).all_pages(asked.kind, [*both.pairs, ("_count", "100")])
    # then nothing comes that fits one of them only
    expect_both(both, name, pages)


@check("us-core.search-several/any-of-them", needs=("member",))
@each("search", several("us-core"))
def test_several_values(
    api: Api, member: Person, declared: Declared, capability: Mapping[str, Any], search: str
) -> None:
    """Several values joined by commas bring what matches any of them."""
    # given a parameter that takes several values, with one that the record has and another
    plain, _, name = search.rpartition(":")
    duties = holding(declared.us_core, plain, "SHALL", "SHOULD")
    not_applicable_unless(
        plain in {str(one) for one in duties.searches("SHALL")} or lists_search(capability, plain),
        f"{plain} is recommended, and the CapabilityStatement does not list it.",
    )
    asked = with_another(query(member, duties, plain), name, member.known(plain.partition(":")[0]))
    # when both are asked for at once
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what matches either comes
    expect_found(asked, pages)


@check("us-core.search-forms/code-alone", needs=("member",))
@each("search", coded("us-core", "SHALL"))
def test_codes_without_their_system(
    api: Api, member: Person, declared: Declared, search: str
) -> None:
    """A code without its system finds what it finds with it."""
    # given codes and identifiers of the record, without their systems
    duties = holding(declared.us_core, search, "SHALL")
    asked = query(member, duties, search, bare=True)
    # when they are searched for
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then what has the code comes
    expect_found(asked, pages)


@check("us-core.search-forms/foreign-system", needs=("member",))
@each("search", coded("us-core", "SHALL"))
def test_codes_of_another_system(api: Api, member: Person, declared: Declared, search: str) -> None:
    """A code with a system to which it does not belong finds nothing."""
    # given a search that finds something
    asked = query(member, holding(declared.us_core, search, "SHALL"), search)
    found = api.once(member).search(asked.kind, [*asked.pairs, ("_count", "100")])
    inconclusive_unless(found.matches, "the code finds nothing in its own system", found.exchange)
    # when the same is asked with a system that nobody uses
    reply = api.once(member).search(asked.kind, elsewhere(asked))
    # then nothing comes
    expect.that(
        not reply.matches,
        f"no {asked.kind} by a code in a system that nobody uses",
        f"{len(reply.matches)} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("us-core.search-forms/typed-reference", needs=("member",))
@each("kind", by_patient("us-core"))
def test_patient_with_its_type(api: Api, member: Person, declared: Declared, kind: str) -> None:
    """patient=Patient/{id} finds what patient={id} finds."""
    # given a search by the member
    duties = holding(declared.us_core, f"{kind}:patient", "SHALL", "SHOULD", "MAY")
    asked = query(member, duties, narrowest(duties, kind))
    # when the member is named with the type
    pairs = [(n, f"Patient/{v}" if n == "patient" else v) for n, v in asked.pairs]
    pages = api.once(member).all_pages(kind, [*pairs, ("_count", "100")])
    # then the same comes
    expect_found(asked, pages)


@check("us-core.search-forms/by-post", needs=("member",))
@each("kind", by_patient("us-core"))
def test_posted_searches(api: Api, member: Person, declared: Declared, kind: str) -> None:
    """A search by POST reads its body, and finds what the same search by GET finds."""
    # given a demanded search of the type that tells resources apart
    duties = holding(declared.us_core, f"{kind}:patient", "SHALL", "SHOULD", "MAY")
    asked = query(member, duties, narrowest(duties, kind))
    # when it is sent by POST
    first = api.once(member).search_by_post(kind, [*asked.pairs, ("_count", "100")])
    # then what is known to match comes, and all that comes matches
    expect_found(asked, api.once(member).pages(first))
