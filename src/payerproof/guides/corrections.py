"""R4 as published, where the copy that is compiled departs from it.

The definitions of R4 that the facts are made from were edited by whoever redistributed them: some
resources are R5's, and some elements are additions of their own. ``r4-corrections.json`` holds
what FHIR 4.0.1 says instead, per structure: all its ``elements``, some ``instead`` of those of the
same id, or ids to ``drop``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from payerproof.guides.package import Json, Package


def correct(package: Package, listing: Path) -> None:
    """Put the structures of a package right, in place; KeyError for one that is not there."""
    structures = {s["url"]: s for s in package.of_type("StructureDefinition")}
    rows: dict[str, dict[str, Any]] = orjson.loads(listing.read_bytes())
    for url, row in rows.items():
        snapshot = structures[url]["snapshot"]
        instead: dict[str, Json] = row.get("instead", {})
        elements = row.get("elements") or snapshot["element"]
        snapshot["element"] = [
            instead.get(e["id"], e) for e in elements if e["id"] not in row.get("drop", ())
        ]
