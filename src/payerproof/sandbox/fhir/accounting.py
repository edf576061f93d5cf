"""The accounting of disclosures: who was answered what, when, and with which outcome."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Call, Refused, Reply

MOST = 10_000
"""Entries kept; older ones go."""


def accounted(call: Call, segments: tuple[str, ...], outcome: Reply | Refused) -> dict[str, Any]:
    """Make the entry of one request with a good token (CARIN BB 2.1.0, Security: audit).

    Holds ids of the payer's own, but no token, no parameter value and no content.
    """
    resource = outcome.resource if isinstance(outcome, Reply) else None
    return {
        "user": call.access.user,
        "client_id": call.access.client_id,
        "patient": call.access.patient,
        "method": call.method,
        "about": segments[0] if segments else "",
        "status": outcome.status,
        "disclosed": _named(resource) if outcome.status == 200 else [],
    }


def _named(resource: Resource | None) -> list[str]:
    if resource is None:
        return []
    rows = [entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry]
    if resource.get("resourceType") != "Bundle":
        rows = [resource]
    return [f"{row['resourceType']}/{row['id']}" for row in rows if "id" in row]
