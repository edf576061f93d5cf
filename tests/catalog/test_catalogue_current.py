"""What is derived from the catalogue is current; ``scripts/catalogue`` brings it up to date."""

from __future__ import annotations

from catalogue_sample import ROOT

from payerproof.catalog import Catalog, catalogue_markdown, consistency_problems, load_ledger
from payerproof.plugin.discover import discover_checks


def test_catalogue_mapping_ledger_and_checks_say_the_same(shipped: Catalog) -> None:
    checks = discover_checks(ROOT / "suites")
    ledger = load_ledger(ROOT / "suites" / "ids.txt")
    assert consistency_problems(shipped, ledger, checks) == []


def test_the_generated_document_is_current(shipped: Catalog) -> None:
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == catalogue_markdown(shipped, discover_checks(ROOT / "suites"))
