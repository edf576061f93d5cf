"""When a resource was changed, by its own account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_OF_THE_EXPORT = ("Group", "OperationOutcome", "Bundle")
"""Types that an export makes for itself."""


def changed_since(row: Mapping[str, Any], since: datetime) -> bool | None:
    """Whether a resource was changed at a time or later; None where it does not tell."""
    told = (row.get("meta") or {}).get("lastUpdated")
    if row.get("resourceType") in _OF_THE_EXPORT or not told:
        return None
    try:
        return datetime.fromisoformat(str(told)) >= since
    except ValueError:
        return None
