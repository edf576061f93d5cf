"""The catalogue: requirements, rule editions, the mapping of sources and the ledger of ids.

Everything is read from TOML files that people edit (``suites/*/requirements.toml``,
``suites/sources.toml``, ``suites/coverage.toml``, ``suites/ids.txt``, ``profiles/rules/*.toml``)
and validated strictly: a mistake is a `CatalogError` that names file and line.
"""

from __future__ import annotations

from payerproof.catalog.consistency import consistency_problems
from payerproof.catalog.coverage import CoverageReason, Covered, coverage_markdown, read_coverage
from payerproof.catalog.document import catalogue_markdown
from payerproof.catalog.errors import CatalogError
from payerproof.catalog.ledger import Ledger, load_ledger
from payerproof.catalog.load import Catalog, load_catalog
from payerproof.catalog.reasons import NoRequirementReason, NotTestedReason
from payerproof.catalog.rules import Provision, RuleEdition
from payerproof.catalog.sources import SourceEntry

__all__ = [
    "Catalog",
    "CatalogError",
    "CoverageReason",
    "Covered",
    "Ledger",
    "NoRequirementReason",
    "NotTestedReason",
    "Provision",
    "RuleEdition",
    "SourceEntry",
    "catalogue_markdown",
    "consistency_problems",
    "coverage_markdown",
    "load_catalog",
    "load_ledger",
    "read_coverage",
]
