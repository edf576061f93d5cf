"""Reading resources out of files of any size in bounded memory: JSON, NDJSON, gzip.

What cannot be read becomes a `Bad` with its place, never an exception: a line that is too long, a
truncated or overblown gzip stream. A plain NDJSON file can be read in byte ranges by several
processes; lines are counted inside the range, and the whole is put together afterwards.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one resource; a longer one is reported and passed over."""
CHUNK = 1024 * 1024
PACKED = 64 * 1024
RANGE = 8 * 1024 * 1024
"""Bytes of one unit of work."""
BOMB_RATIO = 200
BOMB_BYTES = 256 * 1024 * 1024
"""A gzip file that unpacks to more than both is not read to its end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One resource as sent; ``number`` counts from 1 inside what was read."""

    number: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """Something that could not be read; ``number`` as in `Line`."""

    number: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Task:
    """A unit of work: a byte range of a plain NDJSON file, or a whole file (``end`` -1)."""

    index: int
    path: str
    start: int = 0
    end: int = -1


def tasks(paths: list[Path]) -> Iterator[Task]:
    """Units of work for files, in order."""
    index = 0
    for path in paths:
        if not path.name.endswith(".ndjson"):
            yield Task(index, str(path))
            index += 1
            continue
        size = path.stat().st_size
        for start in range(0, max(size, 1), RANGE):
            yield Task(index, str(path), start, min(start + RANGE, size))
            index += 1


def read(task: Task) -> Iterator[Line | Bad]:
    """The resources of a unit of work; raises OSError when the file cannot be opened."""
    path = Path(task.path)
    if task.end >= 0:
        with path.open("rb") as stream:
            yield from _range(stream, task)
        return
    packed = path.name.endswith(".gz")
    if path.name.removesuffix(".gz").endswith(".json"):
        yield from _whole(path, packed)
        return
    with path.open("rb") as stream:
        source = _unpacked(stream, path.stat().st_size) if packed else _chunks(stream)
        yield from _split(source)


def _range(stream: IO[bytes], task: Task) -> Iterator[Line | Bad]:
    """Lines that begin inside the range; the last one may end behind it."""
    if task.start:
        stream.seek(task.start - 1)
        while True:
            piece = stream.readline(CHUNK)
            if not piece or piece.endswith(b"\n"):
                break
    number = 0
    while stream.tell() < task.end:
        text = stream.readline(MAX_LINE + 1)
        if not text:
            return
        number += 1
        if len(text) > MAX_LINE and not text.endswith(b"\n"):
            while text and not text.endswith(b"\n"):
                text = stream.readline(CHUNK)
            yield _too_long(number)
            continue
        yield Line(number, text.rstrip(b"\r\n"))


def _too_long(number: int) -> Bad:
    limit = MAX_LINE // 1024 // 1024
    return Bad(number, "line-too-long", f"the line is longer than {limit} MiB and was not judged")


def _chunks(stream: IO[bytes]) -> Iterator[bytes | Bad]:
    while piece := stream.read(CHUNK):
        yield piece


def _unpacked(stream: IO[bytes], size: int) -> Iterator[bytes | Bad]:
    """What a gzip file holds, up to the place where it is cut off or damaged."""
    total = 0
    unpacker, begun = zlib.decompressobj(_GZIP), False
    while packed := stream.read(PACKED):
        begun = True
        while packed:
            try:
                piece = unpacker.decompress(packed, CHUNK)
            except zlib.error as why:
                yield Bad(0, "gzip-damaged", f"the gzip file is damaged ({why})")
                return
            total += len(piece)
            if total > BOMB_BYTES and total > BOMB_RATIO * max(size, 1):
                yield Bad(0, "gzip-bomb", "the file unpacks to far more than it should")
                return
            if piece:
                yield piece
            packed = unpacker.unconsumed_tail
            if unpacker.eof:  # another member may follow, or zeros that pad the file
                packed = unpacker.unused_data.lstrip(b"\0")
                unpacker, begun = zlib.decompressobj(_GZIP), bool(packed)
    if tail := unpacker.flush():
        yield tail
    if begun:
        yield Bad(0, "gzip-truncated", "the gzip file ends before its end; the rest is missing")


_GZIP = 31
"""zlib's name for a window of 32 KiB with the header and checksum of gzip."""


def _split(source: Iterator[bytes | Bad]) -> Iterator[Line | Bad]:
    """Lines out of pieces, however long a line or a piece is; empty ones are counted only."""
    rest = bytearray()
    number, skipping = 0, False
    fault: Bad | None = None
    for piece in source:
        if isinstance(piece, Bad):
            fault = piece
            break
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            number += 1
            if skipping:
                skipping = False
            elif rest or end > start:
                rest += piece[start:end]
                yield Line(number, bytes(rest).rstrip(b"\r"))
                rest.clear()
            start = end + 1
        if not skipping:
            rest += piece[start:]
        if len(rest) > MAX_LINE:
            yield _too_long(number + 1)
            rest.clear()
            skipping = True
    if fault is not None:
        yield Bad(number + 1, fault.rule, fault.message)
    elif rest:
        yield Line(number + 1, bytes(rest).rstrip(b"\r"))


def _whole(path: Path, packed: bool) -> Iterator[Line | Bad]:
    """A file that is one resource."""
    buffer = bytearray()
    with path.open("rb") as stream:
        source = _unpacked(stream, path.stat().st_size) if packed else _chunks(stream)
        for piece in source:
            if isinstance(piece, Bad):
                yield Bad(1, piece.rule, piece.message)
                return
            buffer += piece
            if len(buffer) > 4 * MAX_LINE:
                limit = 4 * MAX_LINE // 1024 // 1024
                message = f"the file is longer than {limit} MiB; send NDJSON instead"
                yield Bad(1, "file-too-long", message)
                return
    yield Line(1, bytes(buffer))
