"""Queries chosen from a record: they tell resources apart, avoid fillers, and judge what came."""

from __future__ import annotations

from typing import Any

import pytest

from payerproof.expect.outcomes import NotApplicable, Unmet
from payerproof.expect.queries import (
    Query,
    chosen,
    elsewhere,
    expect_found,
    with_another,
    without_match,
)
from payerproof.guides.duties import Search, duties

HELD = duties("us-core", "6.1.0")
LOINC = "http://loinc.org"


def _observation(ident: str, code: str, day: str, system: str = LOINC) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": day,
    }


ROWS = [
    _observation("a", "unknown", "2024-01-01"),
    _observation("b", "2345-7", "2024-02-02"),
    _observation("c", "2345-7", "2024-03-03"),
    _observation("d", "4548-4", "2024-04-04"),
]


class _Page:
    """Enough of a reply to be judged."""

    def __init__(self, *matches: dict[str, Any], status: int = 200) -> None:
        self.matches = matches
        self.status = status
        self.exchange = "x"


def _query(*names: str, **how: Any) -> Query:
    found = chosen(Search("Observation", names, "SHALL"), HELD, ROWS, "p", **how)
    assert found is not None
    return found


def test_the_query_that_tells_most_apart_is_chosen_and_fillers_are_not() -> None:
    found = _query("patient", "code")
    assert found.pairs == [("patient", "p"), ("code", f"{LOINC}|4548-4")]
    assert found.wanted == {"d"}
    assert _query("patient", "code", bare=True).pairs[1] == ("code", "4548-4")


def test_comparators_leave_no_doubt() -> None:
    after = _query("patient", "date", prefixes={"date": "gt"})
    assert after.pairs[1] == ("date", "gt2024-03-03")
    assert after.wanted == {"d"}
    before = _query("patient", "date", prefixes={"date": "lt+time"})
    assert before.pairs[1][1].startswith("lt20")
    assert before.pairs[1][1].endswith("T12:00:00Z")


def test_of_a_long_record_both_ends_are_looked_at() -> None:
    rows = [
        _observation(str(n), "2345-7", f"20{10 + n // 30}-01-{1 + n % 28:02}") for n in range(300)
    ]
    search = Search("Observation", ("patient", "date"), "SHALL")
    found = chosen(search, HELD, rows, "p", prefixes={"date": "gt"})
    assert found is not None
    assert found.known == 300
    assert len(found.wanted) < 60


def test_no_value_no_query() -> None:
    search = Search("Observation", ("patient", "code"), "SHALL")
    assert chosen(search, HELD, ROWS[:1], "p") is None
    assert chosen(Search("Observation", ("no-such",), ""), HELD, ROWS, "p") is None


def test_what_came_is_judged() -> None:
    query = _query("patient", "code")
    expect_found(query, [_Page(ROWS[3])])  # type: ignore[list-item]
    for page in (_Page(), _Page(ROWS[3], ROWS[1]), _Page(ROWS[3], status=206)):
        with pytest.raises(Unmet):
            expect_found(query, [page])  # type: ignore[list-item]
    other = {"resourceType": "Provenance", "id": "q"}
    with pytest.raises(Unmet, match="1 of 2 that came do not match"):
        expect_found(query, [_Page(ROWS[3], other)])  # type: ignore[list-item]


def test_values_that_find_nothing_and_values_that_find_more() -> None:
    query = _query("patient", "code")
    assert elsewhere(query)[1][1].endswith("|4548-4")
    assert not elsewhere(query)[1][1].startswith(LOINC)
    assert without_match(_query("patient", "status"), "status")[1] == ("status", "entered-in-error")
    both = with_another(query, "code", ROWS)
    assert both.wanted == {"b", "c", "d"}
    with pytest.raises(NotApplicable):
        elsewhere(_query("patient", "status"))
