"""What every builder of resources shares: ids by face, references, and what a world consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from payerproof.sandbox.data.coding import (
    ACT_CODE,
    CONFIDENTIALITY,
    Json,
    coding,
    reference,
)
from payerproof.sandbox.data.facts import Facts

LogicalIds = Callable[[str, str], str]

_LABELS = {
    "part2": (ACT_CODE, "42CFRPart2"),
    "adolescent": (ACT_CODE, "ADOL"),
}


@dataclass
class Maker:
    """Turns natural keys into ids and references, and keeps what the builders add."""

    facts: Facts
    logical_id: LogicalIds
    extends: Mapping[str, str] = field(default_factory=dict)
    made: list[Json] = field(default_factory=list)

    def id(self, kind: str, key: str) -> str:
        """Logical id of a resource by natural key; a planted neighbour's extends another's."""
        if kind == "Patient" and key in self.extends:
            return self.logical_id(kind, self.extends[key]) + "7"
        return self.logical_id(kind, key)

    def ref(self, kind: str, key: str) -> Json:
        """Literal reference to a resource by natural key."""
        return reference(kind, self.id(kind, key))

    def add(
        self,
        kind: str,
        key: str,
        profiles: Sequence[str],
        updated: str,
        elements: Mapping[str, Any],
        *,
        sensitivity: str = "",
    ) -> Json:
        """Make a resource with meta (version 1, lastUpdated, profiles, labels) and keep it."""
        meta: Json = {"versionId": "1", "lastUpdated": updated}
        if profiles:
            meta["profile"] = list(profiles)
        if sensitivity:
            system, code = _LABELS[sensitivity]
            meta["security"] = [coding(CONFIDENTIALITY, "R"), coding(system, code)]
        kept = {name: value for name, value in elements.items() if value not in (None, [], {}, "")}
        if kind != "Binary":
            kept = {"text": _narrative(kind), **kept}
        resource: Json = {"resourceType": kind, "id": self.id(kind, key), "meta": meta, **kept}
        self.made.append(resource)
        return resource


def _narrative(kind: str) -> Json:
    """Make a narrative that says what the resource is, and nothing that a scope might withhold."""
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>Synthetic {kind}.</p></div>'
    return {"status": "generated", "div": div}


def instant(day: date, hour: int, spread: int = 0) -> str:
    """Fixed instant in UTC on a day; `spread` keeps instants of one day apart."""
    return f"{day.isoformat()}T{hour:02d}:{spread // 60 % 60:02d}:{spread % 60:02d}Z"


def days_after(day: date, days: int) -> date:
    """Return the day that many days later."""
    return day + timedelta(days=days)
