"""A parameter that is given twice: both values hold, or the answer tells that one was not used.

FHIR R4 search intersects repeated parameters. US Core grades that SHOULD for dates and MAY for the
rest, so a server may use one value only; then it must not list both in its self link, which holds
the parameters that were used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from payerproof.expect.outcomes import not_applicable_unless, remark, settle
from payerproof.expect.queries import Query, chosen_again, expect_found, known_values
from payerproof.expect.query_values import NOBODYS
from payerproof.fhir.reply import Reply
from payerproof.fhir.searching import Criterion


def given_twice(query: Query, name: str, resources: Sequence[Mapping[str, Any]]) -> Query:
    """The query with a second value of one parameter beside the first, of the record if it can be.

    The value that the fewest of what matches have too is taken.
    """
    one = next(criterion for criterion in query.criteria if criterion.parameter.name == name)
    values = [text for text in known_values(one.parameter, resources) if text != one.value]
    tried = [
        chosen_again(query, Criterion(one.parameter, text), resources)
        for text in (*values[:5], NOBODYS[one.parameter.type])
    ]
    found = min(tried, key=lambda other: len(other.wanted))
    not_applicable_unless(
        len(found.wanted) < len(query.wanted), f"Each known {query.kind} has the same {name}."
    )
    return found


def used_both(reply: Reply, name: str) -> bool:
    """False where the self link shows that a parameter was used once at most."""
    link = reply.link("self")
    return not link or sum(key == name for key, _ in parse_qsl(urlsplit(link).query)) > 1


def expect_both(query: Query, name: str, pages: Iterable[Reply]) -> None:
    """What came fits both values; or the search was refused, or its self link tells of one."""
    replies = list(pages)
    first = replies[0]
    if 400 <= first.status < 500:
        remark(f"{query.kind}?{name}=…&{name}=… is refused with {first.status}.")
        settle(not first.matches, "nothing found by a refused search", "so it is", first.exchange)
    elif not used_both(first, name):
        remark(f"Of two values of {name} one is used, as the self link tells.")
        settle(True, "both values used, or one and told so", "told so", first.exchange)
    else:
        expect_found(query, replies)
