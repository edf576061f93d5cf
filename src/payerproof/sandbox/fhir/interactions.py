"""Interactions that the API does not offer to a member's token, and how it says so."""

from __future__ import annotations

from typing import NoReturn

from payerproof.sandbox.fhir.call import Call, Refused

_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def refuse(call: Call, segments: tuple[str, ...]) -> NoReturn:  # noqa: ARG001 - same for all
    """Refuse history, operations, GraphQL and bulk export: alike for every member and id."""
    raise Refused(403, "forbidden", "This interaction is not offered to member applications.")


def refuse_batch(call: Call, body: bytes) -> NoReturn:  # noqa: ARG001 - the body is not read
    """Refuse batch and transaction without looking at the entries."""
    raise Refused(403, "forbidden", "Batches are not offered to member applications.")


def refuse_write(call: Call, segments: tuple[str, ...], body: bytes) -> NoReturn:  # noqa: ARG001
    """Refuse create, update, patch and delete: the API is read-only."""
    raise Refused(405, "not-supported", "This API is read-only.", headers=_ALLOWED)
