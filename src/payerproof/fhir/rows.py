"""A member's resources of one type: packed where there are many, parsed as they are looked at.

A member may have thousands of claims, and every check of a run looks at them. Parsed they take ten
times their text, in every process; packed a tenth of it.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain
from typing import Any, overload

import orjson

Resource = Mapping[str, Any]

_EACH = 32
"""Resources of one chunk."""
_OPEN = 6
"""Parsed chunks that are kept for whoever looks again."""
_SMALL = 1_000_000
"""Bytes of text up to which rows are parsed once and kept."""


class _Rows(Sequence[Resource]):
    """What rows of either kind have in common: slices are tuples, the repr shows a count only."""

    def __repr__(self) -> str:
        return f"<{len(self)} resources>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # like a list of dicts

    @overload
    def __getitem__(self, at: int) -> Resource: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Resource, ...]: ...
    def __getitem__(self, at: int | slice) -> Resource | tuple[Resource, ...]:
        if isinstance(at, slice):
            return tuple(self._at(one) for one in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError("no such resource")
        return self._at(place)

    def _at(self, place: int) -> Resource:
        raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class Rows(_Rows):
    """Resources in the order in which the payer gave them. They must not be altered."""

    chunks: tuple[bytes, ...]
    """Each some resources as compressed JSON."""
    starts: tuple[int, ...]
    """The place of each chunk's first resource."""
    length: int
    size: int
    """Bytes of text before compression."""
    seen: dict[tuple[int, str], Any] = field(default_factory=dict, init=False, compare=False)
    """What was once worked out of a resource by its place; whoever does keeps it small."""
    _open: OrderedDict[int, tuple[Resource, ...]] = field(default_factory=OrderedDict, init=False)

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Resource]:
        if self.size <= _SMALL:
            yield from self._kept
            return
        for chunk in self.chunks:
            yield from _unpacked(chunk)

    @cached_property
    def _kept(self) -> tuple[Resource, ...]:
        return tuple(chain.from_iterable(map(_unpacked, self.chunks)))

    def _at(self, place: int) -> Resource:
        if self.size <= _SMALL:
            return self._kept[place]
        number = bisect_right(self.starts, place) - 1
        found = self._open.get(number)
        if found is None:
            found = self._open[number] = tuple(_unpacked(self.chunks[number]))
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
        return found[place - self.starts[number]]


class Joined(_Rows):
    """Several rows one behind the other, none of them copied."""

    def __init__(self, parts: Iterable[Sequence[Resource]]) -> None:
        self._parts = tuple(part for part in parts if part)
        self._ends = tuple(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Resource]:
        return chain.from_iterable(self._parts)

    def _at(self, place: int) -> Resource:
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]


def together(*parts: Sequence[Resource]) -> Sequence[Resource]:
    """Several rows as one, none of them copied."""
    return Joined(parts)


class Packer:
    """Packs resources as they come, so that no more than a chunk of them is held parsed."""

    def __init__(self) -> None:
        self._ahead: list[Resource] = []
        self._chunks: list[bytes] = []
        self._starts: list[int] = []
        self._count = 0
        self._size = 0

    def add(self, resource: Resource) -> None:
        """Take a further resource."""
        self._ahead.append(resource)
        if len(self._ahead) == _EACH:
            self._pack()

    def rows(self) -> Rows:
        """All that were taken."""
        if self._ahead:
            self._pack()
        return Rows(tuple(self._chunks), tuple(self._starts), self._count, self._size)

    def _pack(self) -> None:
        text = _text(self._ahead)
        self._chunks.append(zlib.compress(text, 1))
        self._starts.append(self._count)
        self._count += len(self._ahead)
        self._size += len(text)
        self._ahead = []


def packed(resources: Iterable[Resource]) -> Rows:
    """Resources as rows."""
    packer = Packer()
    for resource in resources:
        packer.add(resource)
    return packer.rows()


_FAST, _EXACT = b"f", b"e"


def _text(resources: list[Resource]) -> bytes:
    """JSON behind a letter that says who can read it: orjson knows no lone surrogates, no NaN."""
    try:
        text = orjson.dumps(resources)
        if orjson.loads(text) == resources:
            return _FAST + text
    except (TypeError, ValueError):
        pass
    return _EXACT + json.dumps(resources).encode()


def _unpacked(chunk: bytes) -> list[Resource]:
    text = zlib.decompress(chunk)
    found: list[Resource]
    found = orjson.loads(memoryview(text)[1:]) if text[:1] == _FAST else json.loads(text[1:])
    return found
