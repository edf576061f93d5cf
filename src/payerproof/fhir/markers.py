"""Markers: values found in one member's own record alone; meeting one elsewhere is a leak."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from payerproof.fhir.compartment import members_of
from payerproof.fhir.record import Record, is_member_data
from payerproof.fhir.reply import Reply

_SHORTEST = 5
"""Shorter values occur by chance."""

_SHORTEST_PROSE = 12
"""Notes and street lines shorter than this occur by chance."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One sign of a member found in a reply: what kind of value and where, never the value."""

    member: str
    kind: str
    place: str


@dataclass(frozen=True)
class Markers:
    """What gives one member away. Its repr shows no value."""

    persona: str
    patient_id: str
    ids: frozenset[str] = field(repr=False)
    """``Type/id`` of the member's own resources."""
    values: Mapping[str, str] = field(repr=False)
    """Identifying value → the element it was found in."""
    dropped: int = 0
    """Values left out because another member's record holds them too."""

    def __repr__(self) -> str:
        return f"<Markers of {self.persona}: {len(self.ids)} ids, {len(self.values)} values>"

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        words = sorted(self.values, key=len, reverse=True)
        if not words:
            return None
        return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, words)) + r")(?![\w-])")

    def traces_in(self, reply: Reply) -> tuple[Trace, ...]:
        """Every sign of the member in a reply: resources about them, their ids, their values.

        What was sent in the request itself does not count as told, except where a resource comes
        with it.
        """
        asked = unquote(reply.asked)
        found = [*self._resources(reply)]
        text = (
            unquote(reply.text)
            + "\n"
            + "\n".join(f"{name}: {value}" for name, value in reply.answer.headers.items())
        )
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match[0] not in asked:
                found.append(Trace(self.persona, self.values[match[0]], "the reply's text"))
        for reference in _references(text) & self.ids:
            if reference.partition("/")[2] not in asked:
                found.append(
                    Trace(self.persona, f"id of a {reference.partition('/')[0]}", "a reference")
                )
        return tuple(dict.fromkeys(found))

    def traces_in_text(self, text: str, *, asked: str = "") -> tuple[Trace, ...]:
        """Signs of the member in any text: a page, a URL, a header."""
        plain = unquote(text)
        known = unquote(asked)
        values = (m[0] for m in self._pattern.finditer(plain)) if self._pattern else ()
        found = [Trace(self.persona, self.values[v], "the text") for v in values if v not in known]
        found += [
            Trace(self.persona, f"id of a {reference.partition('/')[0]}", "the text")
            for reference in sorted(_references(plain) & self.ids)
            if reference.partition("/")[2] not in known
        ]
        return tuple(dict.fromkeys(found))

    def _resources(self, reply: Reply) -> Iterator[Trace]:
        for resource in reply.all_resources:
            kind = str(resource.get("resourceType"))
            own_id = f"{kind}/{resource.get('id')}"
            if self.patient_id in members_of(resource) or own_id in self.ids:
                yield Trace(self.persona, f"a whole {kind}", "the reply's resources")
        for element in reply.elements:
            if any(written in self.values for written in _written_names(element)):
                yield Trace(self.persona, "a name", "the reply's elements")


_REFERENCE = re.compile(r"\b([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})")


def _references(text: str) -> frozenset[str]:
    """References in a text; a full stop behind one may end the id or the sentence."""
    found = _REFERENCE.findall(text)
    return frozenset(
        f"{kind}/{form}" for kind, ident in found for form in (ident, ident.rstrip("."))
    )


def markers_of(record: Record, others: Iterable[Record], further: Iterable[str] = ()) -> Markers:
    """Derive a member's markers; values that another record holds too are dropped and counted.

    `further` are values the operator adds by reference in the payer file.
    """
    mine = _values(record)
    foreign: set[str] = set()
    foreign_ids: set[str] = set()
    for other in others:
        if other.persona != record.persona:
            foreign |= _values(other).keys()
            foreign_ids |= _ids(other)
    shared = mine.keys() & foreign
    values = {value: kind for value, kind in mine.items() if value not in shared}
    values |= {value: "a marker of the payer file" for value in further if len(value) >= _SHORTEST}
    return Markers(
        record.persona,
        record.patient_id,
        frozenset(_ids(record) - foreign_ids),
        values,
        len(shared),
    )


def _ids(record: Record) -> set[str]:
    return {
        f"{resource['resourceType']}/{resource['id']}"
        for resource in record.everything
        if resource.get("id") and is_member_data(str(resource.get("resourceType")))
    }


def _values(record: Record) -> dict[str, str]:
    """Identifying values of the resources' own elements.

    Only elements that belong to the member: an identifier deeper down may be a practitioner's, a
    display or a code is public vocabulary, a town or a given name alone occurs by chance.
    """
    found: dict[str, str] = {}
    for resource in record.everything:
        kind = str(resource.get("resourceType"))
        if is_member_data(kind):
            for element, value in _own_values(resource):
                if not value.startswith(("http://", "https://", "urn:")):
                    found.setdefault(value, f"{kind}.{element}")
    return found


def _own_values(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for identifier in _mappings(resource.get("identifier")):
        yield from _long_enough("identifier", identifier.get("value"), _SHORTEST)
    yield from _long_enough("subscriberId", resource.get("subscriberId"), _SHORTEST)
    for telecom in _mappings(resource.get("telecom")):
        yield from _long_enough("telecom", telecom.get("value"), _SHORTEST)
    for address in _mappings(resource.get("address")):
        lines = address.get("line")
        for line in lines if isinstance(lines, list) else ():
            yield from _long_enough("address.line", line, _SHORTEST_PROSE)
    for name in _mappings(resource.get("name")):
        for written in _written_names(name):
            yield "name", written
    for note in _mappings(resource.get("note")):
        yield from _long_enough("note", note.get("text"), _SHORTEST_PROSE)


def _written_names(name: Mapping[str, Any]) -> Iterator[str]:
    family, given = name.get("family"), name.get("given")
    if isinstance(family, str) and isinstance(given, list) and given:
        first = str(given[0])
        yield f"{first} {family}"
        yield f"{family}, {first}"
        yield f"{family} {first}"


def _long_enough(element: str, value: object, least: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and len(value) >= least:
        yield element, value


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            yield item
