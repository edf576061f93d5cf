"""Index the segments of a run without holding their bodies in memory."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payerproof.runfile.lines import evidence_from, exchange_from, parse_line, result_from

EXCHANGE_MARK = re.compile(r"\{x:([^{}\s]+)\}")
"""How a text refers to an exchange while the run is under way: ``{x:gw0-12}``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line lies: segment number, byte offset, and the id it defines."""

    segment: int
    offset: int
    id: str


@dataclass(slots=True)
class Index:
    """What the segments hold: places of the large lines, contents of the small ones."""

    segments: tuple[Path, ...]
    exchanges: list[tuple[tuple[float, str, int], Place]] = field(default_factory=list)
    evidence: list[Place] = field(default_factory=list)
    results: list[tuple[Place, dict[str, Any]]] = field(default_factory=list)
    notes: list[tuple[Place, str]] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    """What had to be left out, one sentence each."""

    def read(self, place: Place) -> dict[str, Any]:
        """The content of the line at *place*."""
        with self.segments[place.segment].open("rb") as lines:
            lines.seek(place.offset)
            return parse_line(lines.readline())


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; a time without a zone is UTC.

    Raises `ValueError` where it is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def natural(identifier: str) -> tuple[str, int]:
    """Sort key of ``gw0-12``: process, then number; other ids sort by their text."""
    process, _, number = identifier.rpartition("-")
    return (process, int(number)) if process and number.isdecimal() else (identifier, 0)


def index_segments(segments: Sequence[Path]) -> Index:
    """Index *segments* in order of their names; damaged lines are left out and said so."""
    index = Index(tuple(sorted(segments, key=lambda path: path.name)))
    for number, path in enumerate(index.segments):
        for offset, line in _lines(path):
            if not line.endswith(b"\n"):
                index.damage.append(f"The last line of {path.name} was torn and is left out.")
                continue
            try:
                content = parse_line(line)
                _KINDS[content["kind"]](
                    index, Place(number, offset, content.get("id", "")), content
                )
            except (ValueError, TypeError, KeyError):
                index.damage.append(f"A damaged line of {path.name} (byte {offset}) is left out.")
    return index


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb") as lines:
        for line in lines:
            yield offset, line
            offset += len(line)


def _add_exchange(index: Index, place: Place, content: Mapping[str, Any]) -> None:
    exchange = exchange_from(content)
    index.exchanges.append(((instant(exchange.started), *natural(exchange.id)), place))


def _add_evidence(index: Index, place: Place, content: Mapping[str, Any]) -> None:
    evidence_from(content)
    index.evidence.append(place)


def _add_result(index: Index, place: Place, content: Mapping[str, Any]) -> None:
    result_from(content)
    index.results.append((place, dict(content)))


def _add_note(index: Index, place: Place, content: Mapping[str, Any]) -> None:
    index.notes.append((place, str(content["text"])))


_KINDS: Mapping[str, Callable[[Index, Place, Mapping[str, Any]], None]] = {
    "exchange": _add_exchange,
    "evidence": _add_evidence,
    "result": _add_result,
    "note": _add_note,
}


class Names:
    """New ids by old ones, where old ones may recur in other segments or after a resume."""

    def __init__(self, new: Mapping[Place, str]) -> None:
        self._own: dict[tuple[int, str], list[tuple[int, str]]] = {}
        self._all: dict[str, list[str]] = {}
        for place in sorted(new, key=lambda one: (one.segment, one.offset)):
            self._own.setdefault((place.segment, place.id), []).append((place.offset, new[place]))
            self._all.setdefault(place.id, []).append(new[place])

    def of(self, old: str, seen_from: Place) -> str | None:
        """The new id that *old* means in the line at *seen_from*; None where it means none.

        The nearest earlier line of the same segment counts; of other segments only an id that
        occurs once, since a guess would put the wrong exchange under a finding.
        """
        own = self._own.get((seen_from.segment, old), [])
        before = bisect_right(own, seen_from.offset, key=lambda one: one[0])
        if before:
            return own[before - 1][1]
        everywhere = self._all.get(old, [])
        return everywhere[0] if len(everywhere) == 1 else None
