"""Writes segments as the processes of a run do, and draws what stands for a screenshot."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

from sample_payer import BUNDLE

from payerproof.model import Evidence, Exchange, Outcome, Result
from payerproof.runfile.lines import to_content, to_line


def png(width: int = 480, height: int = 300) -> str:
    """A small picture of a page with a masked line, as base64 of a PNG."""
    white, grey, black = b"\xff\xff\xff", b"\xd8\xdd\xe6", b"\x1b\x1f\x24"
    rows = []
    for y in range(height):
        line = grey * width if y < 40 else white * width
        if 80 <= y < 100 or 200 <= y < 230:
            inner = black if y < 100 else grey
            line = white * 60 + inner * 220 + white * (width - 280)
        rows.append(b"\0" + line)

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")).decode()


_MARKS = {"«": "\u2039", "»": "\u203a"}
"""The sample writes redacted spots as «id 77ab02»."""


class Segment:
    """Writes a segment the way a process of a run does."""

    def __init__(self, process: str) -> None:
        self.process, self.lines, self.count = process, [], 0

    def _id(self) -> str:
        self.count += 1
        return f"{self.process}-{self.count}"

    def _put(self, kind: str, item: Any) -> None:
        line = to_line(kind, to_content(item))
        for written, mark in _MARKS.items():
            line = line.replace(written.encode(), mark.encode())
        self.lines.append(line)

    def exchange(self, second: float, url: str, **more: Any) -> str:
        minute, rest = divmod(second, 60)
        fields: dict[str, Any] = {
            "duration_ms": 140 + 7 * self.count,
            "method": "GET",
            "request_headers": {
                "Accept": "application/fhir+json",
                "Authorization": "Bearer «access token 3f9ac1»",
            },
            "request_body": "",
            "status": 200,
            "response_headers": {
                "Content-Type": "application/fhir+json",
                "Date": "«text, 29 characters»",
            },
            "response_body": BUNDLE,
            "response_bytes": 18_432,
            "persona": "ada",
            "app": "pocket",
        }
        name = self._id()
        started = f"2026-11-21T14:{2 + int(minute):02d}:{rest:06.3f}Z"
        self._put("exchange", Exchange(id=name, started=started, url=url, **{**fields, **more}))
        return name

    def evidence(self, kind: str, caption: str, **more: Any) -> str:
        name = self._id()
        self._put("evidence", Evidence(id=name, kind=kind, caption=caption, **more))
        return name

    def result(self, check: str, outcome: Outcome, second: float = 30, **more: Any) -> None:
        minute, rest = divmod(second, 60)
        fields: dict[str, Any] = {
            "started": f"2026-11-21T14:{2 + int(minute):02d}:{rest:06.3f}Z",
            "duration_ms": 812,
            "personas": ("ada",),
        }
        made = Result(check, check.partition("/")[0], outcome, **{**fields, **more})
        self._put("result", made)

    def note(self, text: str) -> None:
        self.lines.append(to_line("note", {"text": text}))

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.process}.jsonl"
        path.write_bytes(b"".join(self.lines))
        return path
