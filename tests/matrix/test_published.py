"""A guide's published examples as the record of members: what fails is theirs, and written down.

The sandbox serves the examples, and the content suites run over them at the package's version.
Whatever is not met stands in ``docs/published-examples.md`` with the reason; a result that is not
listed breaks the build, and so does one that is listed and holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from payerproof.sandbox import Sandbox
from tests.guides.shared import package
from tests.matrix.harness import ROOT, Harness
from tests.matrix.published import payer_file, richest

AREAS = ("us_core", "carin_bb", "quirks", "patient_access")
GUIDES: Mapping[str, Mapping[str, str]] = {
    "us-core-3.1.1": {"us_core": "3.1.1"},
    "us-core-6.1.0": {"us_core": "6.1.0"},
    "us-core-7.0.0": {"us_core": "7.0.0"},
    "carin-bb-1.1.0": {"carin_bb": "1.1.0", "us_core": "3.1.1"},
    "carin-bb-2.0.0": {"carin_bb": "2.0.0", "us_core": "3.1.1"},
    "carin-bb-2.1.0": {"carin_bb": "2.1.0", "us_core": "6.1.0"},
}
"""Package -> the versions to which its members are held."""

TABLE = ROOT / "docs" / "published-examples.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)
NOTHING_THERE = re.compile(
    r"sees no |shows no |holds no |too few |has 0 claims|no synthetic member besides"
)
"""What an inconclusive result may say: the package has nothing of the kind."""


def explained(guide: str) -> set[str]:
    """Results that the committed table names for this package."""
    return {
        key
        for key, packages in ROW.findall(TABLE.read_text("utf-8"))
        if guide in re.findall(r"[\w.\-]+", packages)
    }


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_what_published_examples_fail_is_explained(
    harness: Harness, guide: str, tmp_path: Path
) -> None:
    published = package(guide)
    with Sandbox(load=[published]) as sandbox:
        payer = payer_file(sandbox, GUIDES[guide], richest(sandbox, published), tmp_path)
        answer = harness.judge("plain", areas=AREAS, sandbox=sandbox, payer=payer)
    outcomes, observed = answer["outcomes"], answer["observed"]
    unmet = {key for key, outcome in outcomes.items() if outcome in ("failed", "warning", "noted")}
    assert {key: observed.get(key) for key in unmet - explained(guide)} == {}
    assert explained(guide) - unmet == set()
    assert [key for key, outcome in outcomes.items() if outcome == "error"] == []
    unsure = {key: observed[key] for key, one in outcomes.items() if one == "inconclusive"}
    assert {k: text for k, text in unsure.items() if not NOTHING_THERE.search(text)} == {}
    assert sum(outcome == "passed" for outcome in outcomes.values()) > 120
