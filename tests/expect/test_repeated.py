"""Parameters given twice: what fits one value only is wrong, unless the answer tells of one."""

from __future__ import annotations

from typing import Any, cast

import pytest

from payerproof.expect.outcomes import Unmet, keeping
from payerproof.expect.queries import chosen
from payerproof.expect.repeated import expect_both, given_twice
from payerproof.fhir.reply import Reply
from payerproof.guides.duties import Search, duties

HELD = duties("us-core", "6.1.0")
LOINC = "http://loinc.org"


def _observation(ident: str, *codes: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": ident,
        "code": {"coding": [{"system": LOINC, "code": code} for code in codes]},
        "subject": {"reference": "Patient/p"},
    }


ROWS = [_observation("a", "1-1"), _observation("b", "2-2"), _observation("c", "2-2", "3-3")]
FIRST = chosen(Search("Observation", ("patient", "code"), "SHALL"), HELD, ROWS, "p")
assert FIRST
BOTH = given_twice(FIRST, "code", ROWS)
AS_ASKED = "https://payer.example/Observation?patient=p&code=1&code=2"


class _Page:
    """Enough of a reply to be judged."""

    exchange = "x"

    def __init__(self, *matches: dict[str, Any], self_link: str = AS_ASKED, status: int = 200):
        self.matches = matches
        self.status = status
        self._self = self_link

    def link(self, relation: str) -> str:
        return self._self if relation == "self" else ""


def _judge(page: _Page) -> list[str]:
    with keeping() as ledger:
        expect_both(BOTH, "code", [cast("Reply", page)])
    return ledger.remarks


def test_a_second_value_that_nothing_else_has_is_chosen() -> None:
    assert [name for name, _ in BOTH.pairs] == ["patient", "code", "code"]
    assert BOTH.wanted == frozenset()


def test_what_fits_both_or_nothing_is_right() -> None:
    assert _judge(_Page()) == []


@pytest.mark.parametrize("link", [AS_ASKED, ""])
def test_what_fits_one_only_is_wrong(link: str) -> None:
    with pytest.raises(Unmet, match="do not match"):
        _judge(_Page(ROWS[0], ROWS[2], self_link=link))


def test_an_answer_that_tells_of_one_is_noted() -> None:
    told = "https://payer.example/Observation?patient=p&code=1"
    assert "one is used" in _judge(_Page(ROWS[0], self_link=told))[0]


def test_a_refused_search_is_noted() -> None:
    assert "refused with 400" in _judge(_Page(status=400, self_link=""))[0]
