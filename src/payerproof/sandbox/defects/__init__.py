"""The seeded faults: each an engineer's mistake, as one change of policy, data or page.

A module here holds the defects of one area. What each must be caught by stands beside them in
``expected.toml``, so that the code of a defect knows nothing of the checks.
"""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import TenantSpec

EXPECTED = Path(__file__).with_name("expected.toml")
"""By defect id: ``must_fail`` and ``may_become_inconclusive``, lists of check ids."""


@dataclass(frozen=True)
class Defect:
    """One mistake. `cites` holds ids of the catalogues (N-, Q-, AC-) it comes from, or the guide
    with the place in it whose words it breaks (``US-Core:search-syntax``).

    `must_fail` lists check ids that must fail because of it, `may_become_inconclusive` those that
    may lose their footing; any other change is an error of one or the other. `twin` names its
    benign twin: odd but lawful, on which every check stays green.
    """

    id: str
    area: str
    cites: tuple[str, ...]
    title: str
    apply: Callable[[TenantSpec], TenantSpec]
    must_fail: tuple[str, ...] = ()
    may_become_inconclusive: tuple[str, ...] = ()
    twin: str = ""
    lawful: bool = False
    """True for a benign twin: nothing may fail on it."""


_REGISTRY: dict[str, Defect] = {}


def register(defect: Defect) -> Defect:
    """Add a defect; raises `ValueError` for an id that is taken or can't stand in a path."""
    if not all(word.isalnum() for word in defect.id.split("-")) or defect.id != defect.id.lower():
        raise ValueError(f"defect id {defect.id!r}: lower-case words joined by hyphens, please")
    if defect.id in _REGISTRY:
        raise ValueError(f"defect id {defect.id!r} is used twice")
    _REGISTRY[defect.id] = defect
    _catalogued.cache_clear()
    return defect


def all_defects() -> dict[str, Defect]:
    """Every defect by id, with what it must be caught by.

    Raises `ValueError` where ``expected.toml`` speaks of a defect that does not exist.
    """
    return dict(_catalogued())


@lru_cache(maxsize=1)
def _catalogued() -> dict[str, Defect]:
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    expected = tomllib.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    if unknown := sorted(set(expected) - set(_REGISTRY)):
        raise ValueError(f"{EXPECTED.name} speaks of unknown defects: {', '.join(unknown)}")
    return {
        name: replace(
            defect,
            must_fail=tuple(expected.get(name, {}).get("must_fail", ())),
            may_become_inconclusive=tuple(
                expected.get(name, {}).get("may_become_inconclusive", ())
            ),
        )
        for name, defect in _REGISTRY.items()
    }
