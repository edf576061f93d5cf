"""Anchors of a report: readable, stable across runs, unique on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable


def slug(text: str) -> str:
    """*text* in lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "none"


def anchors(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """An anchor for each of *names*; names that would share one are numbered in their order."""
    taken: dict[str, int] = {}
    made = {}
    for name in dict.fromkeys(names):
        base = f"{prefix}-{slug(name)}"
        while base in taken:
            taken[base] += 1
            base = f"{base}-{taken[base]}"
        taken[base] = 1
        made[name] = base
    return made
