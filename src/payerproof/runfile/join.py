"""Join the segments of a run into its run file: canonical order, new numbers, footer."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from payerproof.model import Check, Outcome, Requirement
from payerproof.runfile.lines import (
    SCHEMA_VERSION,
    evidence_from,
    exchange_from,
    result_from,
    to_content,
    to_line,
)
from payerproof.runfile.read import RecordedRun, read_run
from payerproof.runfile.segments import (
    EXCHANGE_MARK,
    Index,
    Names,
    Place,
    index_segments,
    instant,
    natural,
)

_LOST = "an exchange that was not recorded"


class JoinError(Exception):
    """The header cannot head a run file; the sentence names the key."""


@dataclass(slots=True)
class _Totals:
    """What the footer says, gathered while the lines are written."""

    ended: float
    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    unresolved: int = 0

    def count(self, exchange: Mapping[str, Any]) -> None:
        """Add one exchange: its method and host, whether it was throttled, when it ended."""
        self.requests[f"{exchange['method']} {urlsplit(exchange['url']).netloc}"] += 1
        names = {name.lower() for name in exchange["response_headers"]}
        status = exchange["status"]
        self.throttled += status == 429 or (status == 503 and "retry-after" in names)
        self.until(exchange)

    def until(self, timed: Mapping[str, Any]) -> None:
        """Let the run have lasted until this exchange or result was over."""
        if timed.get("started"):
            end = instant(timed["started"]) + timed.get("duration_ms", 0) / 1000
            self.ended = max(self.ended, end)


class _Writer:
    """Appends lines and keeps the digest of everything written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, kind: str, content: Mapping[str, Any]) -> None:
        line = to_line(kind, {name: value for name, value in content.items() if name != "kind"})
        self._digest.update(line)
        self._file.write(line)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def join(
    segments: Sequence[Path],
    header: Mapping[str, Any],
    requirements: Iterable[Requirement],
    checks: Iterable[Check],
    out: Path,
    notes: Sequence[str] = (),
) -> RecordedRun:
    """Write the run file *out* (mode 0600) from *segments* and read it back.

    The same segments, in any order, give the same bytes. Exchanges are numbered x1, x2 … by start,
    evidence e1, e2 … by the results that cite it, and every reference is rewritten. Where a result
    occurs twice, after a resume, the one that started last counts. Torn and damaged lines are left
    out and noted. Raises `JoinError` where the header lacks ``run`` or a readable ``started``.
    """
    began = _began(header)
    index = index_segments(segments)
    results, superseded = _last_of_each(index)
    exchange_ids = {
        place: f"x{number}"
        for number, (_, place) in enumerate(sorted(index.exchanges, key=_exchange_order), start=1)
    }
    evidence_ids = _number_evidence(index, results)
    rewrite = _Rewriter(Names(exchange_ids), Names(evidence_ids))
    totals = _Totals(ended=began)
    part = out.with_name(out.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        writer = _Writer(file)
        writer.write("header", {"schema": SCHEMA_VERSION, **header})
        for requirement in sorted(requirements, key=lambda one: one.id):
            writer.write("requirement", to_content(requirement))
        for check in sorted(checks, key=lambda one: one.id):
            writer.write("check", to_content(check))
        for place, name in exchange_ids.items():
            exchange = index.read(place)
            totals.count(exchange)
            writer.write("exchange", to_content(exchange_from({**exchange, "id": name})))
        for place, name in evidence_ids.items():
            writer.write("evidence", rewrite.evidence(place, index.read(place) | {"id": name}))
        for place, result in results:
            totals.until(result)
            writer.write("result", rewrite.result(place, result))
        for note in _notes(notes, index, superseded, rewrite):
            writer.write("note", {"text": note})
        file.write(to_line("footer", _footer(totals, results, writer.sha256)))
    part.replace(out)
    return read_run(out)


def _began(header: Mapping[str, Any]) -> float:
    try:
        if not header["run"]:
            raise ValueError
        return instant(header["started"])
    except (KeyError, ValueError, TypeError) as error:
        raise JoinError("header: 'run' and 'started' (ISO 8601) must be there") from error


def _exchange_order(entry: tuple[tuple[float, str, int], Place]) -> tuple[Any, ...]:
    order, place = entry
    return (*order, place.segment, place.offset)


def _last_of_each(index: Index) -> tuple[list[tuple[Place, dict[str, Any]]], int]:
    """Results by key in key order, the last of each; and how many were superseded."""
    latest: dict[str, tuple[tuple[float, int, int], Place, dict[str, Any]]] = {}
    for place, content in index.results:
        key = result_from(content).key
        began = instant(content["started"]) if content.get("started") else 0.0
        order = (began, place.segment, place.offset)
        if key not in latest or order > latest[key][0]:
            latest[key] = (order, place, content)
    chosen = [(place, content) for _, (_, place, content) in sorted(latest.items())]
    return chosen, len(index.results) - len(chosen)


def _number_evidence(
    index: Index, results: Sequence[tuple[Place, Mapping[str, Any]]]
) -> dict[Place, str]:
    """Evidence in the order in which the results cite it; uncited evidence last."""
    by_marker = {place: str(number) for number, place in enumerate(index.evidence)}
    old = Names(by_marker)
    cited: dict[int, None] = {}
    for place, result in results:
        for reference in result.get("evidence", ()):
            found = old.of(reference, place)
            if found is not None:
                cited.setdefault(int(found))
    rest = sorted(
        (number for number in range(len(index.evidence)) if number not in cited),
        key=lambda number: (natural(index.evidence[number].id), index.evidence[number].segment),
    )
    order = [*cited, *rest]
    return {index.evidence[number]: f"e{at}" for at, number in enumerate(order, start=1)}


class _Rewriter:
    """Puts the new ids wherever a line refers to an exchange or evidence."""

    def __init__(self, exchanges: Names, evidence: Names) -> None:
        self._exchanges = exchanges
        self._evidence = evidence
        self.unresolved = 0

    def evidence(self, place: Place, content: Mapping[str, Any]) -> dict[str, Any]:
        changed = {
            "caption": self.text(place, content["caption"]),
            "text": self.text(place, content.get("text", "")),
            "rows": [
                {key: self.text(place, value) for key, value in row.items()}
                for row in content.get("rows", ())
            ],
            "exchanges": self._ids(place, content.get("exchanges", ()), self._exchanges),
        }
        return to_content(evidence_from({**content, **changed}))

    def result(self, place: Place, content: Mapping[str, Any]) -> dict[str, Any]:
        texts = {
            name: self.text(place, content.get(name, ""))
            for name in ("expected", "observed", "message")
        }
        proof = self._ids(place, content.get("evidence", ()), self._evidence, self._exchanges)
        sent = self._ids(place, content.get("exchanges", ()), self._exchanges)
        changed = {**texts, "evidence": proof, "exchanges": sent}
        return to_content(result_from({**content, **changed}))

    def text(self, place: Place, text: str) -> str:
        """*text* with ``{x:gw0-12}`` as ``x12``."""

        def new(match: Any) -> str:
            found = self._exchanges.of(match[1], place)
            self.unresolved += found is None
            return found or _LOST

        return EXCHANGE_MARK.sub(new, text)

    def _ids(self, place: Place, old: Iterable[str], *names: Names) -> list[str]:
        new: dict[str, None] = {}
        for one in old:
            found = next((n for n in (named.of(one, place) for named in names) if n), None)
            if found is None:
                self.unresolved += 1
            else:
                new.setdefault(found)
        return list(new)


def _notes(given: Iterable[str], index: Index, superseded: int, rewrite: _Rewriter) -> list[str]:
    """The notes given, then those of the processes, then what the join itself has to say."""
    said = sorted(rewrite.text(place, text) for place, text in index.notes)
    own = []
    if superseded:
        own.append(
            f"The run was resumed: {superseded} earlier "
            f"{'result was' if superseded == 1 else 'results were'} judged again, "
            "and the later judgement counts."
        )
    if rewrite.unresolved:
        own.append(
            f"{rewrite.unresolved} references to evidence could not be followed, because what they "
            "refer to was not recorded or its id was not unique."
        )
    return list(dict.fromkeys([*given, *said, *index.damage, *own]))


def _footer(
    totals: _Totals, results: Sequence[tuple[Place, Mapping[str, Any]]], sha256: str
) -> dict[str, Any]:
    outcomes = Counter(result["outcome"] for _, result in results)
    ended = datetime.fromtimestamp(totals.ended, UTC).isoformat(timespec="milliseconds")
    return {
        "ended": ended.replace("+00:00", "Z"),
        "counts": {outcome.value: outcomes[outcome.value] for outcome in Outcome},
        "requests": dict(sorted(totals.requests.items())),
        "throttled": totals.throttled,
        "sha256": sha256,
    }
