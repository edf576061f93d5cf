"""The coverage table: current, about tests and requirements that exist, none of them left out."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

import pytest
from catalogue_sample import ROOT

from payerproof.catalog import Catalog, CatalogError, CoverageReason, coverage_markdown
from payerproof.catalog import read_coverage as read
from payerproof.plugin.discover import discover_checks

TABLE = ROOT / "suites" / "coverage.toml"
CHECKS = discover_checks(ROOT / "suites")


def _material(name: str) -> str:
    """A file of the requirement material; the test is not run where it is absent."""
    base = Path(os.environ.get("PAYERPROOF_SHARED", ROOT.parent / "shared"))
    path = base / "requirements" / name
    if not path.exists():
        pytest.skip(f"not run: {name} is not at hand; set PAYERPROOF_SHARED to its folder")
    return path.read_text(encoding="utf-8")


def test_the_generated_document_is_current(shipped: Catalog) -> None:
    written = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert written == coverage_markdown(read(TABLE, CHECKS), shipped, CHECKS)


def test_a_mistake_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "coverage.toml"
    for value, says in (
        ('"boring"', "unknown reason 'boring'"),
        ('["area.two/read"]', "unknown checks: area.two/read"),
        ("[]", "distinct check ids or a reason"),
    ):
        path.write_text(f'[inferno.kit]\n"one" = "own-input"\n"two" = {value}\n')
        with pytest.raises(CatalogError) as caught:
            read(path, CHECKS)
        assert caught.value.line == 3
        assert says in caught.value.problem


def test_every_reason_has_a_sentence() -> None:
    assert all(reason.sentence.endswith(".") for reason in CoverageReason)


def test_no_test_of_a_kit_is_left_out() -> None:
    covered = read(TABLE, CHECKS)
    kits = {row.kit for row in covered}
    listed = {
        (row["kit"], row["test_id"].removeprefix("pattern e.g. "))
        for row in csv.DictReader(io.StringIO(_material("inferno-tests.csv")))
        if row["kit"] in kits
    }
    assert {(row.kit, row.test) for row in covered} == listed
    assert len(kits) == 8


def test_no_requirement_of_the_rules_is_left_out(shipped: Catalog) -> None:
    listed = set(re.findall(r"^- id: ([a-z0-9.-]+)$", _material("rules.yaml"), re.MULTILINE))
    assert listed
    assert listed <= set(shipped.requirements)
    served = {check.requirement for check in CHECKS.values()}
    assert not [
        name for name in listed - served if not shipped.requirement(name).not_tested_because
    ]
