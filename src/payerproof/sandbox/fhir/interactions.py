"""Interactions that the API does not offer to a member's token, and how it says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import World
from payerproof.sandbox.fhir.call import Call, Refused, Reply

_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def refuse(call: Call, segments: tuple[str, ...]) -> NoReturn:  # noqa: ARG001 - same for all
    """Refuse history, operations, GraphQL and bulk export: alike for every member and id."""
    raise Refused(403, "forbidden", "This interaction is not offered to member applications.")


def refuse_batch(call: Call, body: bytes) -> NoReturn:  # noqa: ARG001 - the body is not read
    """Refuse batch and transaction without looking at the entries."""
    raise Refused(403, "forbidden", "Batches are not offered to member applications.")


def without_token(
    refusal: Refusal,
    segments: tuple[str, ...],  # noqa: ARG001 - no address is open
    query: Sequence[tuple[str, str]],  # noqa: ARG001 - a token in a query is no token
    world: World,  # noqa: ARG001 - nobody is the default member
) -> Access | Refusal:
    """Decide on a request without a good token: refused, whatever it asks for."""
    return refusal


def uncached(call: Call, target: str, make: Callable[[], Reply]) -> Reply:  # noqa: ARG001
    """Make every answer anew; nothing is kept between two requests."""
    return make()


def refuse_write(call: Call, segments: tuple[str, ...], body: bytes) -> NoReturn:  # noqa: ARG001
    """Refuse create, update, patch and delete: the API is read-only."""
    raise Refused(405, "not-supported", "This API is read-only.", headers=_ALLOWED)
