"""Decompresses a body as it comes, and never holds more than may be read."""

from __future__ import annotations

import zlib

from payerproof.polite.trouble import BadEncoding, BodyTooLarge

ACCEPTED = "gzip, deflate"
"""The codings asked for; a body in another one is kept as it came."""


class Inflater:
    """Undoes one content coding. `limit` is the longest body in bytes, before and after."""

    def __init__(self, coding: str, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._came = 0
        self._coding = coding.strip().lower()
        self._engine = _engine(self._coding)
        self._started = False

    def feed(self, raw: bytes) -> list[bytes]:
        """Decompress one piece. Raises `BodyTooLarge` and `BadEncoding`."""
        self._came += len(raw)
        if self._engine is None or self._came > self._limit:
            return [self._counted(raw)]
        pieces = []
        while raw:
            piece, raw = self._step(raw)
            pieces.append(self._counted(piece))
        return pieces

    def finish(self) -> list[bytes]:
        """What is left at the end of the body. Raises `BadEncoding` where it breaks off."""
        if self._engine is None or not self._started:
            return []
        if not self._engine.eof:
            raise BadEncoding
        return []

    def _step(self, raw: bytes) -> tuple[bytes, bytes]:
        engine = self._engine
        assert engine is not None
        if engine.eof:
            # a gzip body may have several members (RFC 1952 section 2.2)
            self._engine = engine = _engine(self._coding)
            assert engine is not None
        room = self._limit - self._size + 1
        try:
            piece = engine.decompress(raw, room)
        except zlib.error as trouble:
            if self._coding == "deflate" and not self._started:
                # some servers send the bare stream, without the frame of RFC 1950
                self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
                self._started = True
                return b"", raw
            raise BadEncoding from trouble
        self._started = True
        return piece, engine.unconsumed_tail or engine.unused_data

    def _counted(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._size > self._limit:
            raise BodyTooLarge
        return piece


def _engine(coding: str) -> zlib._Decompress | None:
    if coding in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if coding == "deflate":
        return zlib.decompressobj()
    return None
