"""Guides: compile FHIR packages to facts, facts to code, and judge resources with it.

``Validator().judge_text(text)`` judges one resource; importing this package loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerproof.guides.findings import Finding, Result
    from payerproof.guides.library import GuideError, Library
    from payerproof.guides.validator import Validator

__all__ = ["Finding", "GuideError", "Library", "Result", "Validator"]

_HOMES = {
    "Finding": "findings",
    "GuideError": "library",
    "Library": "library",
    "Result": "findings",
    "Validator": "validator",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
