"""Rows give back what was packed, in order, whether few or many."""

from __future__ import annotations

from typing import Any

import pytest

from payerproof.browser import codec
from payerproof.fhir.record import Record
from payerproof.fhir.rows import Rows, packed, together


def many(count: int, padding: int = 0) -> list[dict[str, Any]]:
    """Resources that differ by their ids."""
    return [{"resourceType": "Basic", "id": str(n), "text": "x" * padding} for n in range(count)]


@pytest.mark.parametrize(("count", "padding"), [(0, 0), (1, 0), (33, 0), (500, 4000)])
def test_what_is_packed_comes_back(count: int, padding: int) -> None:
    """Iteration, places, slices and the length are those of a tuple."""
    given = many(count, padding)
    rows = packed(given)
    assert list(rows) == given
    assert len(rows) == count
    assert bool(rows) is bool(count)
    assert rows[:3] == tuple(given[:3])
    assert [rows[at] for at in range(count)] == given
    if count:
        assert rows[-1] == given[-1]
    with pytest.raises(IndexError):
        rows[count]


def test_many_take_little() -> None:
    """Long rows keep no more than a few parsed resources."""
    rows = packed(many(500, 4000))
    assert sum(map(len, rows.chunks)) < rows.size / 10
    assert next(iter(rows)) is not next(iter(rows))


@pytest.mark.parametrize("odd", [float("nan"), 2**80, 1.10, "\ud800", None])
def test_odd_values_survive(odd: object) -> None:
    """What the fast parser would alter is kept by the exact one."""
    kept = packed([{"value": odd}])[0]["value"]
    assert repr(kept) == repr(odd)


def test_rows_travel_between_processes() -> None:
    """A record with rows goes through the codec of the workers' memory."""
    record = Record("ada", "p1", {"Basic": packed(many(40))}, {"Basic": ("x1",)})
    came = codec.loads(codec.dumps(record))
    assert isinstance(came.of("Basic"), Rows)
    assert came == record
    assert codec.loads(codec.dumps(b"{}" * 9000)) == b"{}" * 9000


def test_several_as_one() -> None:
    """Rows behind each other are one sequence; nothing of them shows."""
    joined = together(packed(many(2)), (), packed(many(3)))
    assert [one["id"] for one in joined] == ["0", "1", "0", "1", "2"]
    assert [joined[at]["id"] for at in (0, 2, -1)] == ["0", "0", "2"]
    assert len(joined) == 5
    assert repr(joined) == "<5 resources>"
