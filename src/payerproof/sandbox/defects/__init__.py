"""The seeded faults: each an engineer's mistake, as one change of policy, data or page.

A module in this package registers its defects when imported; `examples` shows the forms. A
defect's `apply` takes a `TenantSpec` and returns another with one thing replaced: a function or
number of `spec.policies.oauth`, `.portal`, `.fhir` or `.transport`; the source of a page in
`spec.templates` (by file name, see `portal.pages.template_source`); or the data, by appending to
`spec.reshape`. What a defect remembers (a cache in the wrong place) belongs into the closure that
`apply` makes, so that each tenant has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import TenantSpec


@dataclass(frozen=True)
class Defect:
    """One mistake. `cites` holds ids of the catalogues (N-, Q-, AC-) it comes from.

    `must_fail` lists check ids that must fail because of it, `may_become_inconclusive` those that
    may lose their footing; any other change is an error of one or the other. `twin` names its
    benign twin: odd but lawful, on which every check stays green.
    """

    id: str
    area: str
    cites: tuple[str, ...]
    title: str
    must_fail: tuple[str, ...]
    may_become_inconclusive: tuple[str, ...]
    apply: Callable[[TenantSpec], TenantSpec]
    twin: str = ""


_REGISTRY: dict[str, Defect] = {}


def register(defect: Defect) -> Defect:
    """Add a defect; raises `ValueError` for an id that is taken or can't stand in a path."""
    if not all(word.isalnum() for word in defect.id.split("-")) or defect.id != defect.id.lower():
        raise ValueError(f"defect id {defect.id!r}: lower-case words joined by hyphens, please")
    if defect.id in _REGISTRY:
        raise ValueError(f"defect id {defect.id!r} is used twice")
    _REGISTRY[defect.id] = defect
    return defect


def all_defects() -> dict[str, Defect]:
    """Every registered defect by id, in the order of registration.

    Importing the modules of this package is what registers them.
    """
    import importlib
    import pkgutil

    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return dict(_REGISTRY)
