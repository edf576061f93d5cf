"""What the tests of the catalogue share: the shipped catalogue, and small made-up ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import ROOT

from payerproof.catalog import Catalog, load_catalog


@pytest.fixture(scope="session")
def shipped() -> Catalog:
    """The catalogue as it is in the tree."""
    return load_catalog(ROOT / "suites", ROOT / "profiles" / "rules")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a text below the test's own suites folder, and returns that folder."""

    def _write(name: str, text: str) -> Path:
        path = tmp_path / "suites" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path / "suites"

    return _write
