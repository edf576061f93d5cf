"""What ships for testing, as lists: requirements, checks, areas, guides, payers, defects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from payerproof.places import shipped

if TYPE_CHECKING:
    from payerproof.catalog import Catalog
    from payerproof.model import Check


@cache
def catalogue() -> Catalog:
    """The catalogue of requirements. Raises `CatalogError`."""
    from payerproof.catalog import load_catalog

    return load_catalog(shipped("suites"), shipped("profiles") / "rules")


@cache
def checks() -> Mapping[str, Check]:
    """Every check by id."""
    from payerproof.plugin.discover import discover_checks

    return discover_checks(shipped("suites"))


def requirement_ids() -> list[str]:
    """Ids of all requirements."""
    return sorted(catalogue().requirements)


def check_ids() -> list[str]:
    """Ids of all checks."""
    return sorted(checks())


def suite_areas() -> list[str]:
    """Names that ``--area`` takes: folders of suites, and first words of requirement ids."""
    folders = {one.parent.name for one in shipped("suites").glob("*/test_*.py")}
    return sorted(folders | {name.partition(".")[0] for name in catalogue().requirements})
