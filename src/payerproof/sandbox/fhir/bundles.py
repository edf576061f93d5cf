"""The searchset Bundle: entries, links, total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Found


def total(found: Found, asked: Asked, face: FaceFacts) -> int | None:
    """Count the matches that the token may see; None where the Bundle does not tell.

    A count that the client asked for is given whatever the face (``_summary=count``, ``_count=0``,
    ``_total=accurate``), and none where it asked for none.
    """
    if asked.total == "none" and asked.summary != "count":
        return None
    if face.bundle_total or asked.summary == "count" or asked.count == 0 or asked.total:
        return len(found.visible)
    return None


def assemble(bundle: dict[str, Any], call: Call, asked: Asked) -> dict[str, Any]:  # noqa: ARG001
    """Give the Bundle its last touch before it goes out: none."""
    return bundle


def entry(call: Call, resource: Resource, mode: str) -> dict[str, Any]:
    """Make one entry with its fullUrl and search mode."""
    url = call.policies.full_url(call.base, resource["resourceType"], str(resource.get("id", "")))
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def searchset(
    links: Sequence[tuple[str, str]], entries: Sequence[dict[str, Any]], counted: int | None
) -> dict[str, Any]:
    """Make a searchset Bundle; no empty arrays."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if counted is not None:
        bundle["total"] = counted
    bundle["link"] = [{"relation": relation, "url": url} for relation, url in links]
    if entries:
        bundle["entry"] = list(entries)
    return bundle
