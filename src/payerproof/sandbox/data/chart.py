"""One member's chart while its resources are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from payerproof.sandbox.data.coding import Json, pdex, us_core
from payerproof.sandbox.data.maker import Maker, days_after, instant


@dataclass(frozen=True)
class Chart:
    """One member's chart while its resources are made: who, by whom, where and when."""

    maker: Maker
    user: str
    name: str
    facts: Mapping[str, Any]
    physician: str
    member_number: str

    @property
    def subject(self) -> Json:
        """Reference to the member."""
        return self.maker.ref("Patient", self.user)

    @property
    def visits(self) -> list[date]:
        """Days of the member's ordinary visits, first to last."""
        return list(self.facts["visits"])

    def encounter(self, visit: int = -1) -> Json:
        """Reference to an ordinary visit, counted from either end."""
        return self.maker.ref("Encounter", f"{self.user}/visit/{self.visits[visit]}")

    def add(
        self,
        kind: str,
        key: str,
        profile: str,
        day: date,
        elements: Mapping[str, Any],
        sensitivity: str = "",
        also: str = "",
    ) -> Json:
        """Add a resource of this chart; lastUpdated is two days after the event.

        `also` is a profile of PDex that it follows besides.
        """
        updated = instant(days_after(day, 2), 6, sum(map(ord, f"{self.user}{key}")))
        profiles = [us_core(profile)] if profile else []
        profiles += [pdex(also)] if also else []
        full_key = f"{self.user}/{key}"
        return self.maker.add(kind, full_key, profiles, updated, elements, sensitivity=sensitivity)
