"""What a run amounts to, in the words of the end of a command: verdict, counts, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from payerproof.model import Outcome, Result, Run, Severity
from payerproof.runfile import read_run
from payerproof.verdict import assess

_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Finding:
    """A requirement with results that are failed, an error, inconclusive or a warning."""

    requirement: str
    outcome: str
    severity: str
    sentence: str
    """What is wrong, from the requirement; for errors and inconclusive what the check said."""
    checks: tuple[str, ...]
    """Result keys."""


@dataclass(frozen=True)
class Judgement:
    """A run in short."""

    run: str
    target: str
    verdict: str
    counts: Mapping[str, int]
    areas: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    complete: bool
    notes: tuple[str, ...]
    selection: Mapping[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """A mapping for ``--format json``."""
        return asdict(self)


def judge(folder: Path) -> Judgement:
    """Read a run folder and weigh it. Raises `RunFileError` or `OSError` as `read_run` does."""
    run = read_run(folder)
    header = run.header
    selection = header.get("selection")
    weighed = assess(
        run.results,
        run.requirements,
        date.fromisoformat(header["as_of"]),
        programmes=header["target"].get("programmes", ()),
        selection=bool(selection),
        complete=run.complete,
    )
    areas: dict[str, Counter[str]] = {}
    for result in run.results:
        areas.setdefault(_area(run, result), Counter())[result.outcome.value] += 1
    return Judgement(
        run=str(header["run"]),
        target=str(header["target"].get("name", "")),
        verdict=weighed.verdict.value,
        counts=dict(Counter(result.outcome.value for result in run.results)),
        areas={name: dict(counts) for name, counts in sorted(areas.items())},
        findings=findings(run),
        complete=run.complete,
        notes=(*run.notes, *run.problems),
        selection=selection,
    )


def _area(run: Run, result: Result) -> str:
    """Folder of the suite that the check stands in, as ``--area`` takes it."""
    check = run.checks.get(result.check)
    folder = check.module.partition("/")[0] if check else ""
    return folder or result.requirement.partition(".")[0]


def findings(run: Run) -> tuple[Finding, ...]:
    """What somebody has to look at, the worst first."""
    worst = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.WARNING)
    grouped: dict[tuple[Outcome, str], list[Any]] = {}
    for result in run.results:
        if result.outcome in worst:
            grouped.setdefault((result.outcome, result.requirement), []).append(result)
    found = []
    for (outcome, name), results in grouped.items():
        requirement = run.requirements.get(name)
        severity = requirement.severity if requirement else Severity.MEDIUM
        unmet = requirement.unmet if requirement else ""
        ours = outcome in (Outcome.ERROR, Outcome.INCONCLUSIVE)
        said = next((one.message for one in results if one.message), "")
        found.append(
            (
                (worst.index(outcome), _ORDER[severity], name),
                Finding(
                    requirement=name,
                    outcome=outcome.value,
                    severity=severity.value,
                    sentence=(said or unmet) if ours else (unmet or said),
                    checks=tuple(one.key for one in results),
                ),
            )
        )
    return tuple(finding for _, finding in sorted(found, key=lambda pair: pair[0]))
