"""The operation ``$docref`` of US Core 6.1.0: find a member's documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.search import search

DEFINITION = "http://hl7.org/fhir/us/core/OperationDefinition/docref"
PATH = ("DocumentReference", "$docref")
Pairs = Sequence[tuple[str, str]]


def docref(call: Call, parameters: Pairs) -> Reply:
    """Answer with the DocumentReferences of the member whose care they document.

    `patient` is required; `start` and `end` bound the time of care, `type` is a token. Documents
    are never generated on demand. Opens what a search opens, and nothing else.
    """
    given = dict(parameters)
    if not given.get("patient"):
        raise Refused(400, "required", "$docref takes the parameter patient.")
    pairs = [("patient", given["patient"])]
    pairs += [("type", value) for name, value in parameters if name == "type" and value]
    if given.get("start"):
        pairs.append(("period", "ge" + given["start"]))
    if given.get("end"):
        pairs.append(("period", "le" + given["end"]))
    return Reply(resource=search(call, "DocumentReference", pairs))


def posted(body: bytes) -> list[tuple[str, str]]:
    """Read the Parameters resource of a POST; raises `Refused` (400)."""
    try:
        resource = orjson.loads(body)
        rows = resource["parameter"] if resource["resourceType"] == "Parameters" else ()
        if not rows:
            raise ValueError("no parameters")
        return [(row["name"], _text(row)) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(400, "structure", "$docref takes a Parameters resource.") from None


def _text(row: dict[str, Any]) -> str:
    value = next((inner for name, inner in row.items() if name.startswith("value")), None)
    if value is None:
        raise ValueError("a parameter without value")
    if isinstance(value, dict):
        return f"{value.get('system', '')}|{value['code']}"
    return str(value)
