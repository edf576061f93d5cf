"""Exports: kick-off, status, manifest, files, deletion (FHIR Bulk Data Access 2.0.0, Export).

Files go to disk as they come and are read line by line: an export may be larger than memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from payerproof.fhir.client import FhirClient, Params
from payerproof.fhir.reply import Reply
from payerproof.polite.retry_after import seconds_to_wait

NDJSON = "application/fhir+ndjson"
SHORTEST_WAIT = 0.2
FIRST_WAIT = 0.3
"""Seconds before the first look: a small export is over by then, and not asked for twice."""
HURRIED = 3.0
"""Seconds for which further exports are waited for once one did not end: they may all hang."""
LONGEST_WAIT = 30.0
"""Seconds between two looks at an export's status, whatever the payer says."""


@dataclass(frozen=True)
class Output:
    """One file of a manifest."""

    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What a finished export says of itself; missing or odd parts read as empty."""

    document: Mapping[str, Any] = field(repr=False)

    @property
    def output(self) -> tuple[Output, ...]:
        """Files with the data."""
        return self._files("output")

    @property
    def error(self) -> tuple[Output, ...]:
        """Files with OperationOutcomes."""
        return self._files("error")

    @property
    def deleted(self) -> tuple[Output, ...]:
        """Files that say what is gone."""
        return self._files("deleted")

    @property
    def every_file(self) -> tuple[Output, ...]:
        """Files of all kinds."""
        return (*self.output, *self.error, *self.deleted)

    @property
    def needs_token(self) -> bool | None:
        """requiresAccessToken; None where it isn't a boolean."""
        value = self.document.get("requiresAccessToken")
        return value if isinstance(value, bool) else None

    @property
    def at(self) -> str:
        """transactionTime, or an empty string."""
        value = self.document.get("transactionTime")
        return value if isinstance(value, str) else ""

    def _files(self, kind: str) -> tuple[Output, ...]:
        listed = self.document.get(kind)
        return tuple(
            Output(str(one.get("type") or ""), str(one["url"]), _count(one.get("count")))
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, Mapping) and one.get("url")
        )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class File:
    """A file of an export that was fetched; its lines stay on disk."""

    type: str
    url: str
    reply: Reply
    path: str = field(repr=False, default="")
    """Where its lines are; empty where none came."""

    def lines(self) -> Iterator[bytes]:
        """Its lines, one at a time, empty ones left out."""
        if self.path:
            with Path(self.path).open("rb") as file:
                for line in file:
                    if line.strip():
                        yield line.strip()

    def resources(self) -> Iterator[Mapping[str, Any]]:
        """The JSON objects of its lines; what is none is left out."""
        for line in self.lines():
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict):
                yield found


@dataclass(frozen=True)
class Export:
    """One export, from its kick-off on. Its repr shows no content."""

    kick_off: Reply
    status: tuple[Reply, ...] = ()
    """Every look at its status; the last one ended it."""
    seconds: float | None = None
    """From the kick-off until it was complete; None where it was not while the run waited."""
    files: tuple[File, ...] = ()

    @property
    def status_url(self) -> str:
        """Where its status is asked for, or an empty string."""
        return self.kick_off.header("content-location")

    @property
    def last(self) -> Reply:
        """The latest answer about it."""
        return (self.status or (self.kick_off,))[-1]

    @property
    def complete(self) -> bool:
        """True where a manifest came."""
        return self.last.status == 200 and self.seconds is not None

    @property
    def manifest(self) -> Manifest:
        """The manifest; empty where none came."""
        return Manifest(self.last.body if self.complete else {})

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Kick-off, manifest and files."""
        found = (
            self.kick_off.exchange,
            self.last.exchange,
            *(f.reply.exchange for f in self.files),
        )
        return tuple(dict.fromkeys(found))

    def of(self, *types: str) -> Iterator[Mapping[str, Any]]:
        """Resources of these types, whatever file they are in; without types, all of them."""
        for file in self.files:
            for resource in file.resources():
                if not types or resource.get("resourceType") in types:
                    yield resource


@dataclass(frozen=True)
class Exports:
    """Makes exports as one client, and keeps their files in a private folder."""

    client: FhirClient
    folder: Path
    patience: float
    """Seconds for which an export is waited for."""

    def kick_off(
        self,
        path: str,
        params: Params = (),
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for an export: by GET, or by POST where there is a body."""
        wanted = {"Prefer": "respond-async", **(headers or {})}
        method = "GET" if body is None else "POST"
        return self.client.send(method, path, params, json=body, headers=wanted)

    def look(self, export: Export) -> Reply:
        """Look at its status once."""
        return self.client.get(export.status_url, accept="application/json")

    def awaited(self, kick_off: Reply, *, at_once: bool = False) -> Export:
        """The export once it is over, or the time is up; a refused kick-off as it is.

        Looked at `at_once` it may still be seen to run.
        """
        export = Export(kick_off)
        if kick_off.status != 202 or not export.status_url:
            return export
        started, seen = time.monotonic(), list[Reply]()
        if not at_once:
            time.sleep(FIRST_WAIT)
        while True:
            seen.append(self.look(export))
            spent = time.monotonic() - started
            if seen[-1].status not in (202, 429):
                return Export(kick_off, tuple(seen), spent)
            wait = _wait(seen[-1])
            if spent + wait > (HURRIED if self._slow.exists() else self.patience):
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._slow.touch()
                return Export(kick_off, tuple(seen))
            time.sleep(wait)

    @property
    def _slow(self) -> Path:
        """Is there once an export of this run did not end in time."""
        return self.folder / "slow"

    def fetched(self, export: Export, *, only: Iterable[str] = ()) -> Export:
        """The export with the files of its manifest, or of these types only."""
        wanted, manifest = set(only), export.manifest
        files = tuple(
            self.file(one, bearer=manifest.needs_token is not False)
            for one in manifest.every_file
            if not wanted or one.type in wanted
        )
        return Export(export.kick_off, export.status, export.seconds, files)

    def made(
        self,
        path: str,
        params: Params = (),
        *,
        body: Mapping[str, Any] | None = None,
        only: Iterable[str] = (),
    ) -> Export:
        """Ask, wait and fetch."""
        return self.fetched(self.awaited(self.kick_off(path, params, body=body)), only=only)

    def file(self, output: Output, *, bearer: bool = True) -> File:
        """Fetch one file, with the token where the manifest asks for it.

        The token goes to the API's own origin only, whatever address the manifest gives.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        client = self.client if bearer else self.client.with_token("")
        reply, path = client.download(output.url, self.folder, accept=NDJSON)
        return File(output.type, output.url, reply, path if reply.status == 200 else "")

    def delete(self, export: Export) -> Reply:
        """Say that the export is not needed any more."""
        return self.client.send("DELETE", export.status_url)


def _wait(reply: Reply) -> float:
    """Seconds until the next look: what the payer asks for, within reason."""
    asked = seconds_to_wait(reply.header("retry-after") or None, time.time())
    return min(max(SHORTEST_WAIT if asked is None else asked, SHORTEST_WAIT), LONGEST_WAIT)
