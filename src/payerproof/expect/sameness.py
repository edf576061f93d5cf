"""One resource shown twice, by search and by read: what differs though nothing has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BESIDE = frozenset({"text", "meta"})
"""Elements that may be made for each answer."""


def differences(shown: Mapping[str, Any], read: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of top-level elements that differ; none where the resource changed in between.

    A version (meta.versionId, else meta.lastUpdated) tells whether it did.
    """
    if _version(shown) != _version(read):
        return ()
    names = (shown.keys() | read.keys()) - _BESIDE
    return tuple(sorted(name for name in names if shown.get(name) != read.get(name)))


def _version(resource: Mapping[str, Any]) -> str:
    meta = resource.get("meta")
    held = meta if isinstance(meta, Mapping) else {}
    return str(held.get("versionId") or held.get("lastUpdated") or "")
