"""The content suites: one record serves them all, within the requests that they may send."""

from __future__ import annotations

import pytest

from tests.matrix.harness import Harness

CONTENT = ("carin_bb", "quirks", "us_core")
MOST = 600
"""Requests for one declared set of versions; the limit that was set is 1,500."""


@pytest.mark.slow
def test_a_record_is_fetched_once_and_judged_by_all(harness: Harness) -> None:
    answer = harness.judge("plain", areas=CONTENT)
    assert not answer["repeated"]
    assert answer["requests"] < MOST
    assert set(answer["outcomes"].values()) == {"passed", "not applicable"}
