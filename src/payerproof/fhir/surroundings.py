"""What a record refers to and does not hold: providers, places, drugs, read once each.

A member's searches bring what is about the member; whom and what it names (US Core and CARIN Blue
Button: Practitioner, Organization, Location, Medication, Specimen …) comes by reading references.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from payerproof.fhir.client import FhirClient
from payerproof.fhir.record import Record
from payerproof.polite import Unreachable

MOST = 12
"""How many resources of one type are read; a payer's network may be large."""

_ROUNDS = 2
_ASKED = 4
"""Of how many practitioners the roles are asked for."""


@dataclass(frozen=True)
class Surroundings:
    """What a record's references led to. Its repr shows counts only."""

    resources: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    read: Mapping[str, tuple[int, str]] = field(repr=False)
    """``Type/id`` -> status and exchange of each reference that was read."""

    def __repr__(self) -> str:
        return "<Surroundings: " + ", ".join(f"{k} {len(v)}" for k, v in self.resources.items())

    def of(self, resource_type: str) -> tuple[Mapping[str, Any], ...]:
        """Resources of a type, in the order in which they were named."""
        return self.resources.get(resource_type, ())

    @property
    def everything(self) -> tuple[Mapping[str, Any], ...]:
        """All of them."""
        return tuple(one for found in self.resources.values() for one in found)


def collect_around(client: FhirClient, record: Record) -> Surroundings:
    """Read what the record names and does not hold, and what that names in turn."""
    held = {f"{one.get('resourceType')}/{one.get('id')}" for one in record.everything}
    found: dict[str, list[Mapping[str, Any]]] = {}
    read: dict[str, tuple[int, str]] = {}
    counts: Counter[str] = Counter()
    wave: Iterable[Mapping[str, Any]] = record.everything
    for _ in range(_ROUNDS):
        brought = []
        for target in _targets(wave, client.base):
            kind, _, ident = target.partition("/")
            if target in held or target in read or counts[kind] >= MOST:
                continue
            counts[kind] += 1
            try:
                reply = client.read(kind, ident)
            except Unreachable as trouble:
                read[target] = (0, trouble.exchange)
                continue
            read[target] = (reply.status, reply.exchange)
            if reply.ok and reply.resource_type == kind:
                found.setdefault(kind, []).append(reply.body)
                brought.append(reply.body)
        wave = brought
    found["PractitionerRole"] = _roles(client, found)
    return Surroundings({kind: tuple(rows) for kind, rows in found.items()}, read)


def _roles(
    client: FhirClient, found: Mapping[str, list[Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    """Roles of some practitioners: nothing of a record refers to them, and apps ask by name."""
    rows = {str(one.get("id")): one for one in found.get("PractitionerRole", ())}
    for practitioner in found.get("Practitioner", ())[:_ASKED]:
        with suppress(Unreachable):
            reply = client.search("PractitionerRole", practitioner=str(practitioner.get("id")))
            rows |= {str(one.get("id")): one for one in reply.matches}
    return [one for one in rows.values() if one.get("resourceType") == "PractitionerRole"]


def references_in(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """(element path, reference) of every literal reference in a resource; contained ones aside."""
    if isinstance(value, Mapping):
        written = value.get("reference")
        if isinstance(written, str) and not written.startswith("#"):
            yield path, written
        for name, inner in value.items():
            if name != "contained" and isinstance(inner, Mapping | list):
                yield from references_in(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner, path)


def local(reference: str, base: str) -> str:
    """``Type/id`` of a reference into this server, without its version; empty for any other."""
    plain = reference.removeprefix(base + "/").partition("/_history/")[0]
    steps = plain.split("/")
    is_type = len(steps) == 2 and steps[0][:1].isupper() and steps[0].isalpha()
    return plain if is_type and steps[1] else ""


def _targets(resources: Iterable[Mapping[str, Any]], base: str) -> Iterator[str]:
    written = (
        local(reference, base) for resource in resources for _, reference in references_in(resource)
    )
    yield from dict.fromkeys(one for one in written if one)
