"""Records what a process sends, receives and concludes, redacted, as it happens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from payerproof.model import Evidence, Exchange, Result
from payerproof.record.segment import Segment
from payerproof.record.trail import OPEN, Trail
from payerproof.redact import Redactor

Headers = Iterable[tuple[str, str]]
"""Header fields as they went over the wire, repeated ones included."""


class Recorder:
    """One per process: redacts, numbers and appends to the process's own segment.

    Ids are ``<process>-<n>``, counted through exchanges and evidence alike; a process that finds a
    segment of its name (a resumed run) goes on with the next number. Safe to use from several
    threads. Before a line is written it is searched for known secrets: `SecretInOutput`.
    """

    def __init__(self, segment: Path, redactor: Redactor, process: str) -> None:
        self.redactor = redactor
        self.process = process
        self._segment = Segment(segment)
        self._lock = threading.Lock()
        self._last = max((self._number(line) for line in self._segment.earlier), default=0)

    @property
    def segment(self) -> Path:
        """The file this process writes to."""
        return self._segment.path

    @property
    def earlier(self) -> Sequence[Mapping[str, Any]]:
        """The lines that were in the segment when it was opened: what a resumed run has done."""
        return self._segment.earlier

    @contextmanager
    def during(self, check: str, persona: str = "", app: str = "") -> Iterator[Trail]:
        """Record into `check` until the block ends; nested blocks record into the inner check.

        Every enclosing trail lists the ids too, since they were recorded meanwhile.
        """
        trail = Trail(check, persona, app)
        token = OPEN.set((*OPEN.get(), (self, trail)))
        try:
            yield trail
        finally:
            OPEN.reset(token)

    def exchange(  # noqa: PLR0913 - an exchange has these many parts
        self,
        *,
        started: datetime | str,
        duration_ms: int,
        method: str,
        url: str,
        request_headers: Headers | Mapping[str, str],
        request_body: bytes,
        status: int | None,
        response_headers: Headers | Mapping[str, str],
        response_body: bytes,
        persona: str = "",
        app: str = "",
        attempt: int = 1,
        via: str = "http",
        error: str = "",
        response_bytes: int | None = None,
    ) -> str:
        """Redact and write one exchange; returns its id.

        `started` is a time with zone, or ISO 8601. `response_bytes` is given where the body that
        came was longer than `response_body`.
        """
        sent, came = _pairs(request_headers), _pairs(response_headers)
        trails = self._trails()
        # headers first: cookies are learned from them, and their values may stand anywhere
        shown_sent, shown_came = self.redactor.headers(sent), self.redactor.headers(came)
        response = self.redactor.body(_content_type(came), response_body)
        exchange = Exchange(
            id="",
            started=_moment(started),
            duration_ms=duration_ms,
            method=method,
            url=self.redactor.url(url),
            request_headers=shown_sent,
            request_body=self.redactor.body(_content_type(sent), request_body),
            status=status,
            response_headers=shown_came,
            response_body=response,
            response_bytes=len(response_body) if response_bytes is None else response_bytes,
            persona=persona or _innermost(trails, "persona"),
            app=app or _innermost(trails, "app"),
            check=trails[-1].check if trails else "",
            attempt=attempt,
            via=via,
            error=self.redactor.text(error),
            digest=self.redactor.digest(response_body) if response_body else "",
        )
        with self._lock:
            identifier = self._next()
            self._write("exchange", replace(exchange, id=identifier))
            for trail in trails:
                trail.exchanges.append(identifier)
        return identifier

    def evidence(
        self,
        kind: str,
        caption: str,
        *,
        exchanges: Iterable[str] = (),
        rows: Iterable[Mapping[str, str]] = (),
        text: str = "",
        image: str = "",
    ) -> str:
        """Write one piece of evidence; returns its id. Learned values in it become tags."""
        known = self.redactor.text
        shown = tuple({name: known(cell) for name, cell in row.items()} for row in rows)
        trails = self._trails()
        with self._lock:
            identifier = self._next()
            evidence = Evidence(
                identifier, kind, known(caption), tuple(exchanges), shown, known(text), image
            )
            self._write("evidence", evidence)
            for trail in trails:
                trail.evidence.append(identifier)
        return identifier

    def result(self, result: Result) -> None:
        """Write what came of a check; learned values in its sentences become tags."""
        known = self.redactor.text
        shown = replace(
            result,
            expected=known(result.expected),
            observed=known(result.observed),
            message=known(result.message),
        )
        with self._lock:
            self._write("result", shown)

    def note(self, text: str) -> None:
        """Write something the reader must know about how the run was made."""
        with self._lock:
            self._append({"kind": "note", "text": self.redactor.text(text)})

    def close(self) -> None:
        """Close the segment; a second call does nothing."""
        with self._lock:
            self._segment.close()

    def _trails(self) -> list[Trail]:
        return [trail for owner, trail in OPEN.get() if owner is self]

    def _next(self) -> str:
        self._last += 1
        return f"{self.process}-{self._last}"

    def _number(self, line: Mapping[str, Any]) -> int:
        process, _, number = str(line.get("id", "")).rpartition("-")
        return int(number) if process == self.process and number.isdecimal() else 0

    def _write(self, kind: str, item: Exchange | Evidence | Result) -> None:
        parts = {part.name: getattr(item, part.name) for part in fields(item)}
        if isinstance(item, Evidence):
            # "kind" says what the line is; the run file calls the field so (see runfile.lines)
            parts["evidence_kind"] = parts.pop("kind")
        self._append({"kind": kind, **parts})

    def _append(self, line: Mapping[str, Any]) -> None:
        written = _encoded(line)
        self.redactor.refuse(written, f"a line of {self._segment.path.name}")
        self._segment.append(written)


def _encoded(line: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(line)
    except orjson.JSONEncodeError:
        # lone surrogates, which JSON can escape and UTF-8 cannot encode
        return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _pairs(headers: Headers | Mapping[str, str]) -> list[tuple[str, str]]:
    return list(headers.items() if isinstance(headers, Mapping) else headers)


def _content_type(headers: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _innermost(trails: Sequence[Trail], name: str) -> str:
    return next((found for trail in reversed(trails) if (found := getattr(trail, name))), "")


def _moment(started: datetime | str) -> str:
    """ISO 8601 with milliseconds, UTC."""
    if isinstance(started, str):
        return started
    return started.astimezone(UTC).isoformat(timespec="milliseconds")
