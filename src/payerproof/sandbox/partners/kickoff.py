"""Rules on the request for an export (Bulk Data Access 2.0.0; ATR 2.1.0 $davinci-data-export)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from payerproof.sandbox.fhir.call import Call, Criterion, Refused
from payerproof.sandbox.fhir.conditions import understand
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.partners.token import TYPES

if TYPE_CHECKING:
    from payerproof.sandbox.partners.view import View

EXPORTED = tuple(kind for kind in TYPES if kind in (*PARAMETERS, "Binary", "Group"))
"""Types that an export can hold."""

FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
PROVIDER_TYPES = tuple(
    f"hl7.fhir.us.davinci-pdex#provider-{name}" for name in ("delta", "download", "snapshot")
)
PAYER_TYPES = ("hl7.fhir.us.davinci-pdex", "hl7.fhir.us.davinci-pdex#payertopayer")
ATTRIBUTION_TYPE = "hl7.fhir.us.davinci-atr"
_KNOWN = (
    "_outputFormat",
    "_since",
    "_until",
    "_type",
    "_typeFilter",
    "exportType",
    "patient",
)
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Filter:
    """One ``_typeFilter``: a type, and what its resources must satisfy."""

    kind: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class ExportRequest:
    """An export as asked: moments in seconds, `patients` as ids (None: everybody)."""

    group: str
    url: str
    types: tuple[str, ...]
    since: float | None = None
    until: float | None = None
    filters: tuple[Filter, ...] = ()
    patients: frozenset[str] | None = None


def export_methods(operation: str) -> tuple[str, ...]:
    """Methods that begin an export: ATR's is POSTed, Bulk Data's may be."""
    return ("POST",) if operation == "$davinci-data-export" else ("GET", "HEAD", "POST")


def required_headers(headers: Mapping[str, str], operation: str) -> None:
    """Refuse what cannot be answered so: no asynchronous wish, or another format."""
    preferred = [one.strip().lower() for one in headers.get("prefer", "").split(",")]
    if "respond-async" not in preferred:
        raise Refused(400, "required", f"{operation} needs the header Prefer: respond-async.")


def posted(body: bytes) -> list[tuple[str, str]]:
    """Read a Parameters resource; raises `Refused` (400)."""
    if not body:
        return []
    try:
        resource = orjson.loads(body)
        if resource["resourceType"] != "Parameters":
            raise ValueError("not Parameters")
        return [(str(row["name"]), _text(row)) for row in resource.get("parameter", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(400, "structure", "The body must be a Parameters resource.") from None


def _text(row: Mapping[str, Any]) -> str:
    value = next(inner for name, inner in row.items() if name.startswith("value"))
    return str(value["reference"]) if isinstance(value, dict) else str(value)


def understood(
    view: View, call: Call, group: str, url: str, pairs: Pairs, *, atr: bool
) -> ExportRequest:
    """Understand an export; raises `Refused` (400, 403) on what is wrong or not allowed."""
    lenient = "handling=lenient" in call.headers.get("prefer", "").replace(" ", "")
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in _KNOWN:
            given.setdefault(name, []).append(value)
        elif name != "_format" and not lenient:
            raise Refused(400, "not-supported", f"An export takes {', '.join(_KNOWN)}.")
    wanted = given.get("_outputFormat", FORMATS[:1])[0].replace(" ", "+")
    if wanted not in view.tenant.policies.partners.output_formats:
        raise Refused(400, "not-supported", "Exports are written as application/fhir+ndjson.")
    since = _instant(given, "_since")
    types = _types(view, given.get("_type", ()), lenient=lenient)
    if atr:
        _export_type(view, given, since)
    return ExportRequest(
        group=group,
        url=url,
        types=types,
        since=since,
        until=_instant(given, "_until"),
        filters=_filters(call, given.get("_typeFilter", ()), types),
        patients=_patients(view, given.get("patient"), atr=atr),
    )


def _instant(given: Mapping[str, Sequence[str]], name: str) -> float | None:
    if name not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[name][0].replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError("no offset")
    except ValueError:
        raise Refused(400, "value", f"{name} takes an instant with an offset.") from None
    return moment.timestamp()


def _types(view: View, values: Sequence[str], *, lenient: bool) -> tuple[str, ...]:
    asked = [one for value in values for one in value.split(",") if one]
    if unknown := [one for one in asked if one not in EXPORTED]:
        if not lenient or len(unknown) == len(asked):
            raise Refused(400, "not-supported", "_type names a type that is not exported here.")
        asked = [one for one in asked if one in EXPORTED]
    allows = view.tenant.policies.partners.scope_allows
    if refused := [one for one in asked if not allows(view.scopes, one, "r")]:
        text = f"The token has no scope for {', '.join(refused)}."
        raise Refused(403, "forbidden", text)
    types = tuple(dict.fromkeys(asked)) or EXPORTED
    return tuple(kind for kind in types if allows(view.scopes, kind, "r"))


def _export_type(view: View, given: Mapping[str, Sequence[str]], since: float | None) -> None:
    """PDex: one of its own values; ATR's asks for Group, Patient and Coverage."""
    wanted = given.get("exportType", [""])[0]
    own = PROVIDER_TYPES if view.client.kind == "provider" else PAYER_TYPES
    if wanted == ATTRIBUTION_TYPE:
        asked = {one for value in given.get("_type", ()) for one in value.split(",")}
        if asked and not {"Group", "Patient", "Coverage"} <= asked:
            raise Refused(400, "value", "An attribution list is Group, Patient and Coverage.")
    elif wanted not in own:
        raise Refused(400, "value", f"exportType must be one of {', '.join(own)}.")
    if wanted.endswith("provider-delta") and since is None:
        raise Refused(400, "required", "provider-delta needs _since.")


def _filters(call: Call, values: Sequence[str], types: Sequence[str]) -> tuple[Filter, ...]:
    made = []
    for value in values:
        for one in value.split(","):
            kind, mark, query = one.partition("?")
            if not mark or kind not in PARAMETERS or kind not in types:
                raise Refused(400, "value", "_typeFilter takes searches of the exported types.")
            asked, _ = understand(call, kind, parse_qsl(query, keep_blank_values=True))
            if not asked.criteria:
                raise Refused(400, "value", "_typeFilter has a search that is not supported.")
            made.append(Filter(kind, asked.criteria))
    return tuple(made)


def _patients(view: View, values: Sequence[str] | None, *, atr: bool) -> frozenset[str] | None:
    """Patients named; ATR ignores who isn't shared, Bulk Data refuses, whatever the reason."""
    if values is None:
        return None
    base = view.tenant.partner_fhir_base + "/"
    named = {one.removeprefix(base).removeprefix("Patient/") for one in values}
    if not atr and named - view.members("shares_at_kickoff"):
        raise Refused(404, "not-found", "A patient named is not in this Group.")
    return frozenset(named)
