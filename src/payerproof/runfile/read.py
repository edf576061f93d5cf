"""Read a run file back, and say whether it is whole."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payerproof.model import Outcome, Run
from payerproof.runfile.lines import (
    SCHEMA_VERSION,
    check_from,
    evidence_from,
    exchange_from,
    parse_line,
    requirement_from,
    result_from,
)


class RunFileError(Exception):
    """A file that cannot be read as a run at all; the sentence names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class RecordedRun(Run):
    """A `Run` as read from its file, with the notes and whatever is wrong with the file."""

    notes: tuple[str, ...] = ()
    """What the reader must know about how the run was made."""
    problems: tuple[str, ...] = ()
    """Why the file is not whole, one sentence each; empty where it is."""

    @property
    def complete(self) -> bool:
        """True where the footer is there, its digest matches, and every line could be read."""
        whole = self.footer is not None and self.footer.get("sha256") == self.sha256
        return whole and not self.problems


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    header: dict[str, Any] | None = None
    by_kind: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    footer: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)


_KEYED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "requirement": requirement_from,
    "check": check_from,
    "exchange": exchange_from,
    "evidence": evidence_from,
}


def read_run(path: Path) -> RecordedRun:
    """Read ``run.jsonl``, or the one in the run folder *path*.

    A truncated or altered file is read as far as it goes; `RecordedRun.complete` is then False and
    `RecordedRun.problems` says why. Raises `RunFileError` where there is no header, or one of a
    later format, and `OSError` where the file cannot be opened.
    """
    file = path / "run.jsonl" if path.is_dir() else path
    digest = hashlib.sha256()
    reading = _Reading()
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if reading.footer is not None:
                reading.problems.append(f"line {number} follows the footer: the file was altered")
                break
            _take(reading, file, number, line)
            if reading.footer is None:
                digest.update(line)
    return _finish(reading, file, digest.hexdigest())


def _take(reading: _Reading, file: Path, number: int, line: bytes) -> None:
    """Read one line into *reading*; damage becomes a problem, a missing header an error."""
    try:
        if not line.endswith(b"\n"):
            raise ValueError("torn")
        content = parse_line(line)
        kind = content.pop("kind")
        if number == 1:
            reading.header = _header(file, kind, content)
        elif kind in _KEYED:
            item = _KEYED[kind](content)
            reading.by_kind.setdefault(kind, {})[item.id] = item
        elif kind == "result":
            reading.results.append(result_from(content))
        elif kind == "note":
            reading.notes.append(str(content["text"]))
        elif kind == "footer":
            reading.footer = content
        else:
            raise ValueError(f"the kind {kind!r} is not known")
    except (ValueError, TypeError, KeyError) as error:
        if number == 1:
            raise RunFileError(_not_a_run(file)) from error
        torn = "" if line.endswith(b"\n") else ": the file ends in the middle of it"
        reading.problems.append(f"line {number} could not be read{torn}")


def _header(file: Path, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    if kind != "header":
        raise RunFileError(_not_a_run(file))
    version = content.get("schema")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise RunFileError(
            f"{file}: run file format {version!r}, but this payerproof reads up to "
            f"{SCHEMA_VERSION}; read it with the version that wrote it, or a later one"
        )
    return content


def _not_a_run(file: Path) -> str:
    return (
        f"{file}:1: expected the header of a run file (a JSON object with kind 'header'); "
        "give the run.jsonl that `payerproof run` wrote, or its folder"
    )


def _counts(reading: _Reading) -> dict[str, int]:
    """The counts that the footer must state: the digest does not cover the footer itself."""
    seen = Counter(result.outcome for result in reading.results)
    return {outcome.value: seen[outcome] for outcome in Outcome}


def _finish(reading: _Reading, file: Path, digest: str) -> RecordedRun:
    if reading.header is None:
        raise RunFileError(_not_a_run(file))
    problems = reading.problems
    if reading.footer is None:
        problems.append("the footer is missing: the run was stopped early, or the file was cut")
    elif reading.footer.get("sha256") != digest:
        problems.append("the SHA-256 in the footer does not match: the file was altered")
    elif reading.footer.get("counts") != _counts(reading):
        problems.append("the counts in the footer do not match the results: it was altered")
    return RecordedRun(
        header=reading.header,
        requirements=reading.by_kind.get("requirement", {}),
        checks=reading.by_kind.get("check", {}),
        exchanges=reading.by_kind.get("exchange", {}),
        evidence=reading.by_kind.get("evidence", {}),
        results=tuple(reading.results),
        footer=reading.footer,
        sha256=digest,
        notes=tuple(reading.notes),
        problems=tuple(problems),
    )
