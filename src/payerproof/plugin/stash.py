"""Keys under which the plugin keeps its things on pytest's config and items."""

from __future__ import annotations

import pytest

from payerproof.catalog import Catalog
from payerproof.model import Check
from payerproof.plugin.session import RunSession
from payerproof.plugin.settings import Settings

SETTINGS = pytest.StashKey[Settings]()
SESSION = pytest.StashKey[RunSession]()
CATALOG = pytest.StashKey[Catalog]()
CHECK = pytest.StashKey[Check]()
"""On an item: the check it is."""
