"""Errors as OperationOutcome, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.fhir.call import FaceFacts, Refused, Reply

FHIR_JSON = "application/fhir+json; charset=utf-8"
_ABSENT = "No such resource, or none that this token may see."


def error_reply(refused: Refused, target: str) -> Reply:  # noqa: ARG001 - must not be echoed
    """Make the OperationOutcome of a refusal: what was wrong, nothing of the server or a record.

    `target` is the path and query of the request; echoing it would repeat what a URL holds.
    """
    issue = {
        "severity": "error",
        "code": refused.code,
        "details": {"text": refused.text},
        "diagnostics": refused.text,
    }
    resource: dict[str, Any] = {"resourceType": "OperationOutcome", "issue": [issue]}
    return Reply(refused.status, resource, headers=refused.headers)


def retired(
    presented: Access | Refusal,  # noqa: ARG001 - whoever asks
    segments: tuple[str, ...],  # noqa: ARG001 - and whatever is asked for
    query: Sequence[tuple[str, str]],  # noqa: ARG001
    world: World,  # noqa: ARG001
) -> Reply:
    """Answer at the base of the earlier version (DSTU2), which was switched off."""
    raise Refused(410, "not-supported", "This version was retired on 2021-07-01; ask the R4 API.")


def absent(face: FaceFacts, why: str, resource: Resource | None) -> Refused:  # noqa: ARG001
    """Answer a read of what the token may not see: alike for whatever reason.

    `why` is ``malformed``, ``unknown``, ``foreign``, ``withheld`` or ``out-of-scope``; neither it
    nor the resource may show in the answer.
    """
    if face.foreign_read == 403:
        return Refused(403, "forbidden", _ABSENT)
    return Refused(404, "not-found", _ABSENT)


def insufficient_scope(resource_type: str) -> Refused:
    """Answer a request for a type without scope, before looking whether there is data."""
    text = f"The token has no scope for this use of {resource_type}."
    challenge = 'Bearer error="insufficient_scope"'
    return Refused(403, "forbidden", text, headers={"WWW-Authenticate": challenge})


def foreign_search(face: FaceFacts) -> Refused | None:
    """Answer a search that names another member: refused, or None for an empty result."""
    if face.foreign_search == "403":
        return Refused(403, "forbidden", "The search names a member other than the token's.")
    return None


def headers_of(reply: Reply) -> Mapping[str, str]:
    """Headers of every answer: never stored by anyone, and nothing of the inside.

    CORS, HSTS and the like are added at the edge, alike for all of a tenant.
    """
    return {
        "Content-Type": reply.content_type or FHIR_JSON,
        "Cache-Control": "no-store",
        "Pragma": "no-cache",
        "Vary": "Authorization, Accept",
        **reply.headers,
    }


def options() -> Reply:
    """Answer a plain OPTIONS, which carries no token; preflights are answered at the edge."""
    return Reply(204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
