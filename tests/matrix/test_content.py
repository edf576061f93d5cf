"""The content suites: one record serves them all, within the requests that they may send."""

from __future__ import annotations

import pytest

from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from tests.matrix.harness import Harness

CONTENT = ("carin_bb", "quirks", "us_core")
MOST = 600
"""Requests for one declared set of versions; the limit that was set is 1,500."""


def _judging_only() -> list[str]:
    """The checks of content but for the audit's, which read anew on purpose, to be traced."""
    return [
        name
        for name, one in discover_checks(shipped("suites")).items()
        if one.module.partition("/")[0] in CONTENT and "control:disclosures" not in one.needs
    ]


@pytest.mark.slow
def test_a_record_is_fetched_once_and_judged_by_all(harness: Harness) -> None:
    answer = harness.judge("plain", checks=_judging_only())
    assert not answer["repeated"]
    assert answer["requests"] < MOST
    assert set(answer["outcomes"].values()) == {"passed", "not applicable"}
