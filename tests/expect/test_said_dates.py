"""Days are found however a page writes them, and what is no day is left alone."""

from __future__ import annotations

from datetime import date

import pytest

from payerproof.expect.said_dates import days_in

DAY = date(2027, 1, 5)


@pytest.mark.parametrize(
    "text",
    [
        "Access ends on 5 January 2027.",
        "Good until January 5th, 2027",
        "Until Jan. 5, 2027 at the latest",
        "ends 2027-01-05",
        "Expires 01/05/2027",
        "Access ends on\n5\u00a0January 2027",
    ],
)
def test_a_day_is_found(text: str) -> None:
    assert days_in(text) == (DAY,)


@pytest.mark.parametrize("text", ["31 February 2027", "in 2027", "5 January", "13/13/2027", ""])
def test_what_is_no_day_is_left_alone(text: str) -> None:
    assert days_in(text) == ()


def test_each_day_is_told_once() -> None:
    assert days_in("From 5 January 2027 to 2027-02-06, or 01/05/2027") == (DAY, date(2027, 2, 6))
