"""What a CapabilityStatement advertises, and values with which to try it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from payerproof.expect.claims import CLAIMS, codings, mappings
from payerproof.fhir.client import FhirClient
from payerproof.fhir.record import Record
from payerproof.fhir.reply import Reply

_PLACES: Mapping[str, Mapping[str, str]] = {
    CLAIMS: {
        "patient": "patient",
        "provider": "provider",
        "care-team": "careTeam.provider",
        "coverage": "insurance.coverage",
        "insurer": "insurer",
        "payee": "payee.party",
        "identifier": "identifier",
        "type": "type",
        "status": "status",
    },
    "Coverage": {
        "patient": "beneficiary",
        "beneficiary": "beneficiary",
        "payor": "payor",
        "identifier": "identifier",
        "status": "status",
    },
}
"""Search parameter → the element behind it, as R4 defines them (ExplanationOfBenefit, Coverage)."""

_ADDED = frozenset({"_count", "_format", "_total", "_sort", "_summary", "patient", "beneficiary"})
"""Parameters that servers add to a self link by themselves."""

EARLIEST = "ge1900-01-01"

WRITES = frozenset({"create", "update", "patch", "delete"})
"""Interactions that change what the payer holds."""


def resources_of(statement: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Type → what a statement says of it, as a server."""
    return {
        str(resource.get("type")): resource
        for rest in mappings(statement.get("rest"))
        if rest.get("mode") == "server"
        for resource in mappings(rest.get("resource"))
    }


def lists_search(statement: Mapping[str, Any], search: str) -> bool:
    """True where a statement lists each parameter of a search such as ``Goal:patient+status``."""
    kind, _, names = search.partition(":")
    held = resources_of(statement).get(kind, {})
    listed = {str(one.get("name")) for one in mappings(held.get("searchParam"))}
    return set(names.split("+")) <= listed


def lists_for_any_type(statement: Mapping[str, Any], name: str) -> bool:
    """True where a statement lists a parameter for every type (``rest.searchParam``)."""
    return any(
        one.get("name") == name
        for rest in mappings(statement.get("rest"))
        if rest.get("mode") == "server"
        for one in mappings(rest.get("searchParam"))
    )


def interactions(resource: Mapping[str, Any]) -> frozenset[str]:
    """Codes of the interactions that a type is advertised with."""
    return frozenset(str(one.get("code")) for one in mappings(resource.get("interaction")))


def is_writing(scope: str) -> bool:
    """True for ``patient/Type.write``, ``.*`` and SMART 2 permissions with c, u or d."""
    action = scope.partition("/")[2].partition(".")[2].partition("?")[0]
    return action in ("write", "*") or bool(action != "read" and set(action) & set("cud"))


def parameters(resource: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and type of each search parameter that a type is advertised with."""
    return tuple(
        (str(one.get("name")), str(one.get("type")))
        for one in mappings(resource.get("searchParam"))
    )


def known_value(row: Mapping[str, Any], name: str, how: str) -> str:
    """A value of a parameter by which a resource must be found; empty where none is known."""
    if name == "_id":
        return str(row.get("id") or "")
    if how == "date":
        dated = {"_lastUpdated": row.get("meta"), "created": row.get("created")}
        return EARLIEST if dated.get(name, row.get("billablePeriod")) else ""
    path = _PLACES.get(str(row.get("resourceType")), {}).get(name, "")
    return next((text for text in map(_text, _at(row, path)) if text), "") if path else ""


@dataclass(frozen=True)
class Tried:
    """Advertised searches that were tried, and those that did not find what they must."""

    failing: tuple[str, ...]
    replies: tuple[Reply, ...]
    count: int


def try_searches(client: FhirClient, kind: str, told: Mapping[str, Any], record: Record) -> Tried:
    """Search by every advertised parameter for a resource of the record that has most of them.

    All together first: where that finds it and the server says that it used each, each works. Only
    otherwise one by one. A parameter of which no value is known must be used, whatever it finds.
    """
    listed = parameters(told)
    rows = record.of(kind)
    values = [{n: v for n, how in listed if (v := known_value(row, n, how))} for row in rows]
    best = max(range(len(rows)), key=lambda n: len(values[n]))
    row, pairs = rows[best], list(values[best].items())
    unknown = [(name, how) for name, how in listed if name not in values[best]]
    together = client.search(kind, pairs)
    replies = [together]
    failing: list[str] = []
    if not (_finds(together, row) and not _passed_over(together, pairs)):
        singles = [(pair, client.search(kind, [pair, ("_count", "100")])) for pair in pairs]
        failing = [p[0] for p, r in singles if not _finds(r, row) or _passed_over(r, [p])]
        replies += [reply for _, reply in singles]
    for name, how in unknown:
        pair = (name, _made_up(how))
        reply = client.search(kind, [pair])
        replies.append(reply)
        failing += [name] if not _answered(reply) or _passed_over(reply, [pair]) else []
    return Tried(tuple(f"{kind}.{name}" for name in failing), tuple(replies), len(listed))


def _answered(reply: Reply) -> bool:
    return reply.status == 200 and reply.is_bundle


def _finds(reply: Reply, row: Mapping[str, Any]) -> bool:
    ids = {str(one.get("id")) for one in reply.matches}
    return _answered(reply) and (str(row.get("id")) in ids or bool(ids and reply.link("next")))


def _passed_over(reply: Reply, pairs: list[tuple[str, str]]) -> list[str]:
    """Parameters that the self link does not name (R4 search, 3.1.1.4.1).

    Nothing can be said where there is no self link, or one with words of the server's own.
    """
    link = reply.link("self")
    used = {name.partition(":")[0] for name, _ in parse_qsl(urlsplit(link).query)}
    asked = [name for name, _ in pairs]
    if not link or used - {*asked, *_ADDED}:
        return []
    return [name for name in asked if name not in used]


def _at(value: Any, path: str) -> Iterator[Any]:
    head, _, rest = path.partition(".")
    for one in mappings(value):
        inner = one.get(head)
        listed = inner if isinstance(inner, list) else [inner]
        for found in listed:
            if rest:
                yield from _at(found, rest)
            elif found is not None:
                yield found


def _text(value: Any) -> str:
    """A search value out of a reference, identifier, concept or code."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return ""
    if value.get("reference"):
        # what is contained has no address by which it could be searched for
        return "" if str(value["reference"]).startswith("#") else str(value["reference"])
    if value.get("value"):
        return f"{value.get('system', '')}|{value['value']}"
    coded = next((c for c in codings(value) if c.get("code")), {})
    return f"{coded.get('system', '')}|{coded['code']}" if coded else ""


def _made_up(how: str) -> str:
    made = {"date": EARLIEST, "reference": "Device/payerproof-none"}
    return made.get(how, "payerproof-none")


def references(record: Record) -> dict[str, str]:
    """Type → id of the first resource that the record refers to and does not hold."""
    held = {f"{kind}/{ident}" for kind in record.types for ident in record.ids(kind)}
    found: dict[str, str] = {}
    for row in record.everything:
        for reference in _literal(row):
            kind, _, ident = reference.partition("/")
            if reference not in held and ident and "/" not in ident and kind[:1].isupper():
                found.setdefault(kind, ident)
    return found


def _literal(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("reference"), str):
            yield unquote(value["reference"])
        for inner in value.values():
            yield from _literal(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _literal(inner)
