"""A directory that has the elements which Plan-Net must support, and never fills some of them.

Written from the must-support elements of Plan-Net 1.1.0.
"""

from __future__ import annotations

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.call import Reply
from payerproof.sandbox.public import api
from payerproof.sandbox.public.search import Shelf

Segments = tuple[str, ...]
Pairs = list[tuple[str, str]]
_AREA = "directory"
_CITES = "Plan-Net:must-support"


def _left_out(kind: str, name: str, word: str = "") -> object:
    """Answers without an element of a type, or without those of its rows that hold a word."""

    def thin(resource: Resource) -> Resource:
        if resource.get("resourceType") != kind or name not in resource:
            return resource
        rest = {key: value for key, value in resource.items() if key != name}
        if not word:
            return rest
        return {**rest, name: [row for row in resource[name] if word not in str(row)]}

    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        reply = api.found(shelf, segments, query)
        body = reply.resource
        if shelf.api != "directory" or not body:
            return reply
        if body["resourceType"] != "Bundle":
            return Reply(resource=thin(body))
        entries = [{**one, "resource": thin(one["resource"])} for one in body.get("entry", ())]
        return Reply(resource={**body, "entry": entries} if entries else body)

    return found


seed(
    "directory-without-hours",
    _AREA,
    _CITES,
    "No place of the directory tells its opening hours",
    public(found=_left_out("Location", "hoursOfOperation")),
)
seed(
    "directory-without-accessibility",
    _AREA,
    _CITES,
    "No place of the directory tells whether it is accessible",
    public(found=_left_out("Location", "extension", "accessibility")),
)
